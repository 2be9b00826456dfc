import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {afterCancel} from '../../../actions/ecs-deploy/src/after-cancel.ts'
import {deploy as run} from '../../support/ecs-actions.ts'
import {CancelledError} from '../../../actions/shared/core/errors.ts'
import {runAgainst} from '../../support/ecs-run.ts'
import type {History} from '../../support/scripted-ecs-state.ts'

const IMAGE =
  '111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api@sha256:51ab000000000000000000000000000000000000000000000000000000000000'
const usual = {cluster: 'StreamingCluster', service: 'APIService', 'task-definition': 'service', image: IMAGE}
const good: History = {
  frames: [
    {at: 0, ours: {pending: 2}, old: {running: 2}},
    {at: 6, ours: {running: 2, pending: 0, rollout: 'COMPLETED'}, old: {gone: true}},
  ],
}
const slow: History = {frames: [{at: 0, ours: {pending: 2}, old: {running: 2}}]}

describe('only what the user set is sent', () => {
  test('nothing but the task definition', async () => {
    const {ecs} = await runAgainst(run, good, usual)
    expect(Object.keys(ecs.inputsOf('UpdateService')[0] ?? {}).sort()).toEqual(['cluster', 'service', 'taskDefinition'])
  })

  test('each setting that was given', async () => {
    const given = {
      'desired-count': '3',
      'enable-ecs-managed-tags': 'true',
      'propagate-tags': 'SERVICE',
      'force-new-deployment': 'true',
    }
    const {ecs} = await runAgainst(
      run,
      {frames: [{at: 0, ours: {running: 3, rollout: 'COMPLETED'}}]},
      {...usual, ...given},
    )
    expect(ecs.inputsOf('UpdateService')).toEqual([
      expect.objectContaining({
        desiredCount: 3,
        enableECSManagedTags: true,
        propagateTags: 'SERVICE',
        forceNewDeployment: true,
      }),
    ])
  })

  test('an undo restores the count only when the deploy had set it', async () => {
    const crash: History = {
      frames: [
        {at: 0, ours: {pending: 2}, old: {running: 2}},
        {at: 3, ours: {failed: 1}, tasks: [{id: 't1', status: 'STOPPED', exit: 127}]},
      ],
    }
    const left = await runAgainst(run, crash, usual)
    expect(left.ecs.inputsOf('UpdateService').map(({desiredCount}) => desiredCount)).toEqual([undefined, undefined])
    const set = await runAgainst(run, crash, {...usual, 'desired-count': '4'})
    expect(set.ecs.inputsOf('UpdateService').map(({desiredCount}) => desiredCount)).toEqual([4, 2])
  })
})

describe('several services', () => {
  const both = {...usual, service: 'APIService, WorkerService'}

  test('get one revision, at once, watched by one call', async () => {
    const {world, ecs, failure} = await runAgainst(run, good, both)
    expect(failure).toBeUndefined()
    expect(ecs.inputsOf('RegisterTaskDefinition')).toHaveLength(1)
    expect(ecs.inputsOf('UpdateService').map(({service}) => service)).toEqual(['APIService', 'WorkerService'])
    const looks = ecs.inputsOf('DescribeServices').map(({services}) => services)
    expect(looks).toContainEqual(['APIService', 'WorkerService'])
    expect(world.logged()).toMatch(/00:06 {2}WorkerService {2}2\/2 running/)
    expect(JSON.parse(world.outputsSet['receipt'] ?? '{}')).toMatchObject({subject: 'APIService, WorkerService'})
  })
})

describe('verify-url', () => {
  async function serving(status: number, body: string, inputs: Record<string, string>): ReturnType<typeof runAgainst> {
    const server = createServer((_request, response) => response.writeHead(status).end(body))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/version`
    try {
      return await runAgainst(run, good, {...usual, 'verify-url': url, ...inputs})
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }

  test('the expected answer is green', async () => {
    const {world, failure} = await serving(200, '{"commit":"4c1f2e9"}', {'verify-body': '4c1f2e9'})
    expect(failure).toBeUndefined()
    expect(world.logged()).toMatch(/answers 200/)
  })

  test.each<[string, number, string, Record<string, string>, RegExp]>([
    ['another status', 503, '', {}, /answers 503, not 200/],
    ['another body', 200, 'old', {'verify-body': '4c1f2e9'}, /answers without "4c1f2e9"/],
  ])('%s is red and undone', async (_name, status, body, inputs, sentence) => {
    const {world, failure} = await serving(status, body, inputs)
    expect(failure?.diagnosis.cause).toMatch(sentence)
    expect(failure?.diagnosis.undo).toMatch(/back on streaming-api:41/)
    expect(world.outputsSet).toMatchObject({status: 'rolled-back', 'failure-reason': 'health-check-failed'})
  })
})

describe('cancelled on the way', () => {
  test('is never green, and the post step goes back', async () => {
    const {world, failure} = await runAgainst(run, slow, usual, (made) => {
      made.clock.at(5000, () => {
        made.stop(new CancelledError())
      })
    })
    expect([failure?.status, world.stateSaved['settled']]).toEqual(['cancelled', undefined])
    const memory = world.stateSaved['memory'] ?? ''
    expect(JSON.parse(memory)).toEqual({
      region: 'eu-central-1',
      cluster: 'StreamingCluster',
      onCancel: 'rollback',
      services: [
        {name: 'APIService', taskDefinition: 'arn:aws:ecs:eu-central-1:111122223333:task-definition/streaming-api:41'},
      ],
    })
    const changed: History = {
      before: {primary: 'other', other: {running: 1}, old: {running: 2}},
      frames: [
        {at: 0, primary: 'old', old: {running: 1, rollout: 'IN_PROGRESS'}},
        {at: 3, old: {running: 2, rollout: 'COMPLETED'}},
      ],
    }
    const post = await runAgainst(afterCancel, changed, {}, undefined, {STATE_memory: memory})
    expect(post.ecs.inputsOf('UpdateService')).toEqual([
      {
        cluster: 'StreamingCluster',
        service: 'APIService',
        taskDefinition: expect.stringMatching(/streaming-api:41$/) as string,
      },
    ])
  })

  test('on-cancel keep leaves it and says so', async () => {
    const memory = JSON.stringify({
      region: 'eu-central-1',
      cluster: 'c',
      onCancel: 'keep',
      services: [{name: 'APIService', taskDefinition: 'x'}],
    })
    const {world, ecs} = await runAgainst(afterCancel, {}, {}, undefined, {STATE_memory: memory})
    expect(ecs.calls).toEqual([])
    expect(world.annotations).toEqual([
      'warning: The deploy of c/APIService did not come to its end and is left as it is (on-cancel: keep).',
    ])
  })
})

describe('mistakes change nothing', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    ['no service', {service: ''}, /"service" is required/],
    ['no task definition', {'task-definition': ''}, /"task-definition" is required/],
    ['two sources', {'task-definition-family': 'x'}, /only one of the inputs/],
    ['an ARN that is none', {'task-definition': '', 'task-definition-arn': 'x'}, /which is no ARN/],
    ['a family that is not there', {'task-definition': 'streaming-apo'}, /no task definition "streaming-apo"/],
    ['an address that is none', {'verify-url': 'example.org'}, /starts with http/],
    ['a count that is none', {'desired-count': 'two'}, /whole number from 0 to 5000/],
    ['a patch that cannot be read', {patch: '{a: ['}, /"patch" is neither JSON nor YAML/],
    ['a wait of zero', {'wait-for-minutes': '0'}, /whole number from 1 to 360/],
  ])('%s', async (_name, inputs, sentence) => {
    const {ecs, failure} = await runAgainst(run, {}, {...usual, ...inputs})
    expect(failure?.diagnosis).toMatchObject({reason: 'invalid-input'})
    expect(failure?.diagnosis.cause).toMatch(sentence)
    expect(ecs.calls.filter(({operation}) => /^(Register|Update|Stop)/.test(operation))).toEqual([])
  })
})
