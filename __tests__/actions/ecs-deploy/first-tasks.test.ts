import {compare} from '../../../actions/ecs-deploy/src/change.ts'
import type {UpdateWish} from '../../../actions/ecs-deploy/src/inputs.ts'
import {beforeOf} from '../../../actions/ecs-deploy/src/memory.ts'

const definition = {family: 'streaming-api', containerDefinitions: [{name: 'api', image: 'x@sha256:1'}]}
const arn = 'arn:aws:ecs:us-east-1:111122223333:task-definition/streaming-api:7'
const wish = (change: Partial<UpdateWish>): UpdateWish => ({
  desiredCount: undefined,
  initialDesiredCount: undefined,
  forceNewDeployment: false,
  enableECSManagedTags: undefined,
  enableExecuteCommand: undefined,
  propagateTags: undefined,
  ...change,
})

const cases: [string, number, Partial<UpdateWish>, number | undefined, string[]][] = [
  [
    'a service that Terraform made with no tasks gets its first ones',
    0,
    {initialDesiredCount: 2},
    2,
    ['desired count 0 → 2'],
  ],
  ['a busy service is not pulled back to its first count', 6, {initialDesiredCount: 2}, undefined, []],
  ['a count that is asked for outright wins', 0, {initialDesiredCount: 2, desiredCount: 5}, 5, ['desired count 0 → 5']],
  ['nothing asked, nothing sent', 0, {}, undefined, []],
]

test.each(cases)('%s', async (_name, running, change, sent, told) => {
  const target = {name: 'APIService', service: {desiredCount: running}, running: {arn, definition, isActive: true}}
  const base = {definition, arn}
  const result = await compare(undefined as never, [target], base, wish(change))
  const [item] = result.perTarget
  expect([item?.update.desiredCount, item?.service]).toEqual([sent, told])
  expect(item && beforeOf(item, 'revision').desiredCount).toBe(sent === undefined ? undefined : running)
})
