import {deploy as run} from '../../support/ecs-actions.ts'
import {runTask} from '../../support/ecs-actions.ts'
import {runAgainst} from '../../support/ecs-run.ts'
import type {EcsRun} from '../../support/ecs-run.ts'
import type {History} from '../../support/scripted-ecs-state.ts'

// What AWS has against a change: one sentence with its own words, what to do, and the state that things are in.

const IMAGE =
  '111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api@sha256:51ab000000000000000000000000000000000000000000000000000000000000'
const usual = {cluster: 'StreamingCluster', service: 'APIService', 'task-definition': 'service', image: IMAGE}
const both = {service: 'APIService, WorkerService'}
const three = {service: 'APIService, WorkerService, JobsService'}
const good: History = {
  frames: [
    {at: 0, ours: {pending: 2}, old: {running: 2}},
    {at: 6, ours: {running: 2, pending: 0, rollout: 'COMPLETED'}, old: {gone: true}},
  ],
}
const PLATFORM = [
  'PlatformTaskDefinitionIncompatibilityException',
  'The specified platform does not satisfy the task definition’s required capabilities.',
] as const

const deploy = (history: History, inputs: Readonly<Record<string, string>> = {}): Promise<EcsRun> =>
  runAgainst(run, history, {...usual, ...inputs})

/** The changes that were made, in order: `Register`, `UpdateService APIService :41`. */
function changes({ecs}: EcsRun): string[] {
  return ecs.calls
    .filter(({operation}) => /^(Register|Update|Create|Delete|Stop)/.test(operation))
    .map(({operation, input: {service, taskDefinition}}) =>
      [operation, service, /:\d+$/.exec(typeof taskDefinition === 'string' ? taskDefinition : '')?.[0]]
        .filter(Boolean)
        .join(' '),
    )
}

test('"Unexpected error" for an update that ECS refuses: the cause, and what still runs', async () => {
  const {failure, world} = await deploy({...good, refusals: {UpdateService: PLATFORM}})
  expect(failure?.diagnosis).toMatchObject({
    reason: 'rejected',
    subject: 'APIService',
    cause:
      'ECS refuses the update: the platform version of the service lacks what the task definition asks for (The specified platform does not satisfy the task definition’s required capabilities)',
    undo: 'APIService still runs streaming-api:41; streaming-api:42 was registered',
  })
  expect(world.outputsSet).toMatchObject({status: 'failed', 'failure-reason': 'rejected'})
  expect(JSON.parse(world.outputsSet['receipt'] ?? '{}')).toMatchObject({status: 'failed'})
})

test('a call that nobody thought of: AWS is named, not a defect of ours', async () => {
  const {failure} = await deploy({...good, refusals: {DescribeTaskDefinition: ['InvalidParameterException', 'Odd.']}})
  expect(failure?.diagnosis).toMatchObject({reason: 'rejected', cause: 'AWS refuses a call of this step: Odd'})
})

test('the cluster is deleted while it is watched: said so', async () => {
  const frames = [...(good.frames ?? []).slice(0, 1), {at: 3, errors: {DescribeServices: 'ClusterNotFoundException'}}]
  const {failure} = await deploy({frames})
  expect(failure?.diagnosis).toMatchObject({reason: 'not-found', subject: 'APIService'})
  expect(failure?.diagnosis.cause).toMatch(/ECS does not show it: the cluster is not there any more/)
})

test('CodeDeploy refuses the deployment: the count that was set for it goes back', async () => {
  const service = {controller: 'CODE_DEPLOY', balancer: {containerName: 'api', containerPort: 3000}}
  const refusals = {CreateDeployment: ['DeploymentConfigDoesNotExistException', 'No such configuration: x'] as const}
  const seen = await deploy({service, refusals}, {'desired-count': '4'})
  expect(seen.failure?.diagnosis.cause).toMatch(
    /^CodeDeploy refuses the deployment: CodeDeploy has no such deployment configuration/,
  )
  expect(seen.ecs.inputsOf('UpdateService').map(({desiredCount}) => desiredCount)).toEqual([4, 2])
})

test('RunTask refuses: the same table', async () => {
  const inputs = {cluster: 'StreamingCluster', 'from-service': 'APIService'}
  const {failure} = await runAgainst(runTask, {refusals: {RunTask: PLATFORM}}, inputs)
  expect(failure?.diagnosis.cause).toMatch(/^ECS did not start the task: the platform version/)
})

describe('several services, one of them refused', () => {
  const history: History = {...good, refusals: {'UpdateService WorkerService': PLATFORM}}

  test('the other is brought back', async () => {
    const seen = await deploy(history, both)
    expect(changes(seen)).toEqual([
      'RegisterTaskDefinition',
      'UpdateService APIService :42',
      'UpdateService WorkerService :42',
      'UpdateService APIService :41',
    ])
    expect(seen.failure?.diagnosis).toMatchObject({subject: 'WorkerService', reason: 'rejected'})
    expect(seen.failure?.diagnosis.undo).toMatch(
      /^WorkerService still runs streaming-api:41; APIService is back on streaming-api:41, 2\/2 running, after [\d.]+ s; streaming-api:42 was registered$/,
    )
    expect(seen.world.outputsSet['status']).toBe('rolled-back')
    expect(seen.world.stateSaved['settled']).toBe('true')
  })

  test('on-failure keep leaves the other where it is going, and says so', async () => {
    const seen = await deploy(history, {...both, 'on-failure': 'keep'})
    expect(seen.ecs.inputsOf('UpdateService')).toHaveLength(2)
    expect(seen.failure?.diagnosis.undo).toMatch(
      /WorkerService still runs streaming-api:41; APIService was taken and is left on its way to streaming-api:42 \(on-failure: keep\)/,
    )
    expect(seen.world.outputsSet['status']).toBe('failed')
  })

  test('two are refused: both are told, the third is brought back', async () => {
    const refusals = {
      ...history.refusals,
      'UpdateService JobsService': ['ClientException', 'Role is not valid'] as const,
    }
    const seen = await deploy({...good, refusals}, three)
    expect(seen.failure?.diagnosis.evidence).toContainEqual({
      title: 'also refused',
      lines: ['JobsService: ECS refuses the update: a role cannot be used (Role is not valid)'],
    })
    expect(seen.failure?.diagnosis.undo).toMatch(/APIService is back on streaming-api:41/)
  })

  test('no permission for one of them: the other is brought back', async () => {
    const denied = ['AccessDeniedException', 'not authorized to perform: ecs:UpdateService'] as const
    const seen = await deploy({...good, refusals: {'UpdateService WorkerService': denied}}, both)
    expect(seen.failure?.diagnosis).toMatchObject({subject: 'WorkerService', reason: 'access-denied'})
    expect(seen.failure?.diagnosis.advice).toMatch(/ecs:UpdateService/)
    expect(seen.failure?.diagnosis.undo).toMatch(/APIService is back on streaming-api:41/)
  })
})

describe('what would be refused is found before anything is registered', () => {
  test.each<[string, History, Readonly<Record<string, string>>, RegExp]>([
    [
      'a count for a daemon',
      {service: {scheduling: 'DAEMON'}},
      {'desired-count': '3'},
      /"APIService" runs a task on each instance \(DAEMON\).*leave "desired-count" out/,
    ],
    ['awsvpc without subnets', {service: {noSubnets: true}}, {}, /has no subnets, and the network mode awsvpc/],
    [
      'subnets for another network mode',
      {},
      {patch: 'networkMode: bridge\nrequiresCompatibilities: [EC2]'},
      /has subnets, and the task definition has the network mode bridge/,
    ],
    ['ECS Exec without a task role', {}, {'enable-execute-command': 'true'}, /needs a task role: set the input/],
  ])('%s', async (_name, history, inputs, cause) => {
    const seen = await deploy(history, {...inputs, ...both})
    expect(seen.failure?.diagnosis).toMatchObject({reason: 'invalid-input'})
    expect(seen.failure?.diagnosis.cause).toMatch(cause)
    expect(seen.failure?.diagnosis.cause).toMatch(/Nothing was registered\.$/)
    expect(changes(seen)).toEqual([])
  })
})

describe('a revision that was deregistered', () => {
  const history: History = {...good, inactiveRevision: true}

  test('and is asked for: an equal one is registered', async () => {
    const inputs = {image: '', 'task-definition': 'streaming-api:41', 'force-new-deployment': 'true'}
    const seen = await deploy(history, inputs)
    expect(seen.failure).toBeUndefined()
    expect(changes(seen)).toEqual(['RegisterTaskDefinition', 'UpdateService APIService :42'])
  })

  test('and runs unchanged: nothing is done', async () => {
    const seen = await deploy(history, {image: ''})
    expect([seen.world.outputsSet['status'], changes(seen)]).toEqual(['unchanged', []])
  })
})
