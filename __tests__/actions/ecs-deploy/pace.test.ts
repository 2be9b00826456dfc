import {deploy as run} from '../../support/ecs-actions.ts'
import {runAgainst} from '../../support/ecs-run.ts'
import type {EcsRun} from '../../support/ecs-run.ts'
import type {Frame, History} from '../../support/scripted-ecs-state.ts'

// Bounds of the watch: the end is seen at most 2 s after AWS calls it the end, with one call per 2 s on average,
// however long it takes and however many services there are.

const IMAGE =
  '111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api@sha256:51ab000000000000000000000000000000000000000000000000000000000000'
const usual = {cluster: 'StreamingCluster', 'task-definition': 'service', image: IMAGE, 'wait-for-minutes': '180'}
const TEN = Array.from({length: 10}, (_, at) => `S${String(at)}Service`).join(',')

// What may be called ahead of one call per 2 s, at any length of a run: the first look, looks at tasks when something
// changes, and one at what runs in the end. It is the same for ten services as for one.
const AHEAD = 16

/** The calls from the last change on: what watching takes. */
function watching({ecs}: EcsRun): EcsRun['ecs']['calls'] {
  const last = ecs.calls.findLastIndex(({operation}) => /^(Update|Create)/.test(operation))
  return ecs.calls.slice(last + 1)
}

const stage = (at: number, lifecycleStage: string, weight: number, more: Partial<Frame> = {}): Frame => ({
  at,
  record: {
    status: 'IN_PROGRESS',
    lifecycleStage,
    targetServiceRevision: {arn: 'x', runningTaskCount: 2, requestedProductionTrafficWeight: weight},
  },
  ...more,
})

/** A canary that is over after `end` seconds, most of them with the traffic moved already. */
const canary = (end: number): History => ({
  service: {strategy: 'CANARY', record: true},
  frames: [
    stage(0, 'SCALE_UP', 0, {ours: {pending: 2}, old: {running: 2}}),
    stage(20, 'PRODUCTION_TRAFFIC_SHIFT', 10, {ours: {running: 2, pending: 0, rollout: 'COMPLETED'}}),
    stage(end / 2, 'BAKE_TIME', 100),
    {at: end, record: {status: 'SUCCESSFUL', lifecycleStage: 'CLEAN_UP'}, old: {gone: true}},
  ],
})

/** One that jumps from its first stage to its end, which no look has seen coming. */
const sudden = (end: number): History => ({
  service: {strategy: 'BLUE_GREEN', record: true},
  frames: [
    stage(0, 'SCALE_UP', 0, {ours: {running: 2}, old: {running: 2}}),
    {at: end, record: {status: 'SUCCESSFUL', lifecycleStage: 'CLEAN_UP'}, old: {gone: true}},
  ],
})

const rolling = (end: number): History => ({
  frames: [
    {at: 0, ours: {pending: 2}, old: {running: 2}},
    {
      at: 10,
      ours: {running: 1, pending: 1},
      tasks: [
        {id: 't1', status: 'RUNNING'},
        {id: 't2', status: 'PENDING'},
      ],
    },
    {at: end, ours: {running: 2, pending: 0, rollout: 'COMPLETED'}, old: {gone: true}},
  ],
})

/** CodeDeploy, which moves the traffic in steps. */
const codeDeploy = (end: number): History => ({
  service: {controller: 'CODE_DEPLOY', balancer: {containerName: 'api', containerPort: 3000}},
  frames: [
    {at: 0, old: {running: 2}, codeDeploy: {status: 'InProgress', events: [['Install', 'InProgress']], weight: 0}},
    {at: 10, ours: {running: 2}, codeDeploy: {events: [['AllowTraffic', 'InProgress']], weight: 10}},
    {at: end / 2, primary: 'ours', codeDeploy: {events: [['AllowTraffic', 'Succeeded']], weight: 100}},
    {at: end, old: {gone: true}, codeDeploy: {status: 'Succeeded'}},
  ],
})

const ENDS = [40, 63.3, 602.7, 1199.9]

describe.each<[string, (end: number) => History, string]>([
  ['a canary', canary, 'APIService'],
  ['a blue/green deployment that is over at once', sudden, 'APIService'],
  ['a rolling deployment', rolling, 'APIService'],
  ['a deployment of CodeDeploy', codeDeploy, 'APIService'],
  ['ten canaries', canary, TEN],
  ['ten rolling deployments', rolling, TEN],
])('%s', (_name, history, service) => {
  test.each(ENDS)(
    'over after %d s: seen within 2 s, one call per 2 s on average',
    async (end) => {
      const seen = await runAgainst(run, history(end), {...usual, service})
      const {world, ecs, seconds} = seen
      expect(world.outputsSet['status']).toBe('succeeded')
      expect(seconds).toBeGreaterThanOrEqual(end)
      expect(seconds).toBeLessThanOrEqual(end + 2)
      expect(watching(seen).length).toBeLessThanOrEqual(AHEAD + seconds / 2)
      expect(ecs.inputsOf('RegisterTaskDefinition')).toHaveLength(1)
    },
    60_000,
  )
})

test('the record of a canary is asked for ten services in one call', async () => {
  const {ecs} = await runAgainst(run, canary(300), {...usual, service: TEN})
  const asked = ecs.inputsOf('DescribeServiceDeployments').map(({serviceDeploymentArns}) => serviceDeploymentArns)
  expect(new Set(asked.map((arns) => (arns as string[]).length))).toEqual(new Set([10]))
})

// As the row of the bench counts it: 55 s from the change on, of a deployment that does not come up.
test.each([
  ['one service', 'APIService'],
  ['ten services', TEN],
])('a minute of waiting for %s takes 30 calls at most', async (_name, service) => {
  const slow: History = {frames: [{at: 0, ours: {pending: 2}, old: {running: 2}}]}
  const seen = await runAgainst(run, slow, {...usual, service, 'wait-for-minutes': '1'})
  const calls = seen.ecs.calls.filter(({operation}) => !/^Update/.test(operation))
  const start = seen.ecs.calls.find(({operation}) => operation === 'UpdateService')?.at ?? 0
  const counted = calls.filter(({at}) => at > start && at <= start + 55_000).length
  expect((counted / 55) * 60).toBeLessThanOrEqual(30)
})

const crash: History = {
  frames: [
    {at: 0, ours: {pending: 2}, old: {running: 2}},
    {at: 5, ours: {failed: 2}, tasks: ['t1', 't2'].map((id) => ({id, status: 'STOPPED', exit: 3}))},
  ],
}

test('ten services that fail at once: found out and brought back with the calls of one', async () => {
  const looks = async (service: string): Promise<number> => {
    const {ecs, failure} = await runAgainst(run, crash, {...usual, service})
    expect(failure?.status).toBe('rolled-back')
    return ecs.calls.filter(({operation}) => /^Describe(Services|ServiceDeployments)/.test(operation)).length
  }
  expect(await looks(TEN)).toBe(await looks('APIService'))
})
