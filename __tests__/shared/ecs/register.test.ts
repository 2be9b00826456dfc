import {fakeWorld} from '../../support/world.ts'
import {makeAws} from '../../../actions/shared/ecs/aws.ts'
import {registerOnce} from '../../../actions/shared/ecs/register.ts'
import {scriptedEcs} from '../../support/scripted-ecs.ts'
import {faultProxy} from '../../faults/core/proxy.ts'
import type {FaultProxy, Harm} from '../../faults/core/proxy.ts'

const DEFINITION = {family: 'api', containerDefinitions: [{name: 'api', image: 'app:1'}]}
let proxy: FaultProxy
let close: () => Promise<void>
const saved = {...process.env}

beforeEach(async () => {
  const ecs = await scriptedEcs({}, fakeWorld().clock)
  proxy = await faultProxy({port: Number(new URL(ecs.endpoint).port)})
  close = async () => {
    await proxy.close()
    await ecs.close()
  }
  const env = {AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y', AWS_ENDPOINT_URL: `http://${proxy.host}`}
  Object.assign(process.env, env)
})
afterEach(async () => {
  process.env = saved
  await close()
})

const registrations = (): number => proxy.seen.filter(({name}) => name === 'RegisterTaskDefinition').length
const once = (harm: Harm) => {
  proxy.harm = ({name, count}) => (name === 'RegisterTaskDefinition' && count === 1 ? harm : undefined)
}
const register = (): Promise<string> =>
  registerOnce(fakeWorld(), makeAws({...process.env, AWS_REGION: 'eu-central-1'}, 'test'), DEFINITION)

test('two revisions were registered when the answer to the first was lost: it is looked for before the next try', async () => {
  once({kind: 'answer-lost'})
  expect(await register()).toMatch(/api:42$/)
  expect(registrations()).toBe(1)
})

test('a try that never arrived is made again', async () => {
  once({kind: 'reset'})
  expect(await register()).toMatch(/api:42$/)
  expect(registrations()).toBe(2)
})
