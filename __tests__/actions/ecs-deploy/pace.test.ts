import {run} from '../../../actions/ecs-deploy/src/main.ts'
import {runAgainst} from '../../support/ecs-run.ts'
import type {Frame, History} from '../../support/scripted-ecs-state.ts'

// Bounds of the watch: the end is seen at most 2 s after AWS calls it the end, with one call per 2 s on average,
// however long it takes and however many services there are.

const IMAGE =
  '111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api@sha256:51ab000000000000000000000000000000000000000000000000000000000000'
const usual = {cluster: 'StreamingCluster', 'task-definition': 'service', image: IMAGE, 'wait-for-minutes': '180'}
const TEN = Array.from({length: 10}, (_, at) => `S${String(at)}Service`).join(',')

// What may be called besides: a look at tasks when something changes, and what is asked once before and after.
const ONCE = {one: 32, ten: 90} as const

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
      const {world, ecs, seconds} = await runAgainst(run, history(end), {...usual, service})
      expect(world.outputsSet['status']).toBe('succeeded')
      expect(seconds).toBeGreaterThanOrEqual(end)
      expect(seconds).toBeLessThanOrEqual(end + 2)
      expect(ecs.calls.length).toBeLessThanOrEqual(ONCE[service === TEN ? 'ten' : 'one'] + seconds / 2)
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
