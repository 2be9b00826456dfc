import type {ChildProcess} from 'node:child_process'
import {systemClock} from '../../actions/shared/core/clock.ts'
import {scriptedEcs} from '../support/scripted-ecs.ts'
import type {History} from '../support/scripted-ecs-state.ts'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionResult} from '../support/spawn-action.ts'

// The runner cancels by SIGINT, SIGTERM 7.5 s later and SIGKILL 2.5 s after that; whatever the step was at, and
// whichever of them ended it, its post step finds what was left and nothing is half done.

const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'AKIATEST',
  AWS_SECRET_ACCESS_KEY: 'very-secret-key',
  AWS_REGION: 'eu-central-1',
}
const IMAGE =
  '111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api@sha256:51ab000000000000000000000000000000000000000000000000000000000000'
const DEPLOY = {cluster: 'StreamingCluster', service: 'APIService', 'task-definition': 'service', image: IMAGE}
const RUN = {cluster: 'StreamingCluster', 'from-service': 'APIService', image: IMAGE, command: 'node migrate.js'}
const UNDO: NonNullable<History['undo']> = [
  {at: 0, primary: 'old', ours: {gone: true}, old: {running: 1, rollout: 'IN_PROGRESS', gone: false}},
  {at: 1, old: {running: 2, rollout: 'COMPLETED'}},
]
const slow: History = {frames: [{at: 0, ours: {pending: 2}, old: {running: 2}}], undo: UNDO}
const crash: History = {
  frames: [
    {
      at: 0,
      ours: {pending: 2},
      old: {running: 2},
      tasks: ['t1', 't2'].map((id) => ({id, status: 'STOPPED', exit: 127})),
    },
  ],
  undo: UNDO,
}
const forever: History = {frames: [{at: 0, tasks: [{id: 't1aa', status: 'RUNNING'}]}]}

interface Cancelled {
  readonly main: ActionResult
  readonly post: ActionResult
  /** The calls that change something, in order, those of the post step behind a `|`. */
  readonly changes: string
}

/** Runs a step, sends it a signal while a call is being answered, and then runs its post step. */
async function cancelled(
  action: string,
  inputs: Readonly<Record<string, string>>,
  history: History,
  signal: NodeJS.Signals,
  phase: {readonly operation: string; readonly times?: number},
  files: Readonly<Record<string, string>> = {},
): Promise<Cancelled> {
  let child: ChildProcess | undefined
  let answered: Promise<void> | undefined
  const ecs = await scriptedEcs(history, systemClock, async (operation, times) => {
    if (operation !== phase.operation || times !== (phase.times ?? 1)) return
    child?.kill(signal)
    // The signal is there before the answer.
    answered = systemClock.sleep(200)
    await answered
  })
  const env = {...CREDENTIALS, AWS_ENDPOINT_URL: ecs.endpoint}
  try {
    const main = await spawnAction(action, {
      inputs,
      env,
      files,
      onStart: (started) => {
        child = started
      },
    })
    await answered // what was asked for is done, whether or not somebody is left to hear of it
    const before = ecs.calls.length
    const post = await spawnAction(action, {entry: 'post', state: main.state, env})
    const named = ecs.calls.map(({operation, input}) => nameOf(operation, input))
    const kept = (from: number, to?: number): string => named.slice(from, to).filter(Boolean).join(' ')
    return {main, post, changes: `${kept(0, before)} | ${kept(before)}`.trim()}
  } finally {
    await ecs.close()
  }
}

// `Update:42`, `StopTask`; empty for a call that only reads.
function nameOf(operation: string, {taskDefinition}: Readonly<Record<string, unknown>>): string {
  if (!/^(Register|Update|Run|Stop|CreateService|DeleteService)/.test(operation)) return ''
  const revision = typeof taskDefinition === 'string' ? `:${taskDefinition.split(':').at(-1) ?? ''}` : ''
  return `${operation.replace(/TaskDefinition|Service/, '')}${revision}`
}

const POLITE: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM']

describe.each(POLITE)('ecs-deploy, %s', (signal) => {
  test.each<[string, {operation: string; times?: number}, string, RegExp]>([
    ['in preflight: nothing was changed', {operation: 'DescribeTaskDefinition'}, '|', /^$/],
    [
      'while registering: a revision that nobody runs, and nothing else',
      {operation: 'RegisterTaskDefinition'},
      'Register |',
      /^$/,
    ],
    [
      'while updating: what ran before is back',
      {operation: 'UpdateService'},
      'Register Update:42 | Update:41',
      /APIService is back on streaming-api:41, 2\/2 running/,
    ],
    [
      'while watching: what ran before is back',
      {operation: 'DescribeServices', times: 3},
      'Register Update:42 | Update:41',
      /APIService is back on streaming-api:41, 2\/2 running/,
    ],
  ])(
    '%s',
    async (_name, phase, changes, warned) => {
      const seen = await cancelled('ecs-deploy', DEPLOY, slow, signal, phase)
      expect([seen.main.code, seen.main.outputs['status']]).toEqual([1, 'cancelled'])
      expect([seen.post.code, seen.changes]).toEqual([0, changes])
      expect(seen.post.warnings.join()).toMatch(warned)
    },
    60_000,
  )

  test('while going back: it goes on, says how that went, and the post step has nothing left to do', async () => {
    const phase = {operation: 'UpdateService', times: 2}
    const seen = await cancelled('ecs-deploy', DEPLOY, crash, signal, phase)
    expect([seen.main.code, seen.main.outputs['status']]).toEqual([1, 'rolled-back'])
    expect(seen.main.errors[0]).toMatch(/is back on streaming-api:41, 2\/2 running/)
    expect([seen.post.code, seen.post.warnings, seen.changes]).toEqual([0, [], 'Register Update:42 Update:41 |'])
  }, 60_000)
})

const inProgress = {status: 'IN_PROGRESS', lifecycleStage: 'BAKE_TIME'}
const complete: History = {frames: [{at: 0, ours: {running: 2, rollout: 'COMPLETED'}, old: {gone: true}}], undo: UNDO}
const staged: History = {
  service: {strategy: 'BLUE_GREEN', record: true},
  frames: [{at: 0, ours: {running: 2}, old: {running: 2}, record: inProgress}],
  undo: UNDO,
}
const byCodeDeploy: History = {
  service: {controller: 'CODE_DEPLOY', balancer: {containerName: 'api', containerPort: 3000}},
  frames: [{at: 0, old: {running: 2}, codeDeploy: {status: 'InProgress', events: [['Install', 'InProgress']]}}],
  undo: [{at: 0, old: {running: 2}, codeDeploy: {status: 'Stopped', back: 'Succeeded'}}],
}

test.each<[string, History, Readonly<Record<string, string>>, {operation: string; times?: number}, string, RegExp]>([
  [
    'while a blue/green deployment is baked: ECS is told to go back',
    staged,
    {},
    {operation: 'DescribeServiceDeployments', times: 2},
    'Register Update:42 | StopDeployment',
    /APIService is back on streaming-api:41, 2\/2 running/,
  ],
  [
    'while CodeDeploy is at work: its deployment is stopped',
    byCodeDeploy,
    {},
    {operation: 'GetDeployment', times: 2},
    'Register | StopDeployment',
    /APIService (still runs|is back on) streaming-api:41/,
  ],
  [
    'while a complete deployment is watched on: what ran before is back',
    complete,
    {'stable-for': '600'},
    {operation: 'DescribeServices', times: 4},
    'Register Update:42 | Update:41',
    /APIService is back on streaming-api:41, 2\/2 running/,
  ],
  [
    'while an address is asked for its answer: what ran before is back',
    complete,
    {'verify-url': 'http://127.0.0.1:9/version'},
    {operation: 'ListTasks', times: 2},
    'Register Update:42 | Update:41',
    /APIService is back on streaming-api:41, 2\/2 running/,
  ],
])(
  'ecs-deploy, SIGINT %s',
  async (_name, history, inputs, phase, changes, warned) => {
    const seen = await cancelled('ecs-deploy', {...DEPLOY, ...inputs}, history, 'SIGINT', phase)
    expect([seen.main.code, seen.main.outputs['status']]).toEqual([1, 'cancelled'])
    expect([seen.post.code, seen.changes]).toEqual([0, changes])
    expect(seen.post.warnings.join()).toMatch(warned)
  },
  60_000,
)

const CREATE = {...DEPLOY, service: 'NewService', 'task-definition': 'streaming-api', 'create-service': 'service.json'}
const SERVICE_FILE = {
  'service.json': JSON.stringify({
    desiredCount: 2,
    launchType: 'FARGATE',
    networkConfiguration: {awsvpcConfiguration: {subnets: ['subnet-1'], securityGroups: ['sg-1']}},
  }),
}
const comingUp: History = {frames: [{at: 0, ours: {pending: 2}}]}
const shownLate: History = {
  frames: [
    {at: 0, ours: {pending: 2}, missing: true},
    {at: 2, missing: false},
  ],
}
const ACROSS: readonly NodeJS.Signals[] = [...POLITE, 'SIGKILL']

test.each(
  ACROSS.flatMap((signal) => [
    [signal, 'while a service is made', comingUp, {operation: 'CreateService'}] as const,
    [signal, 'while a service is made that ECS shows late', shownLate, {operation: 'CreateService'}] as const,
    [
      signal,
      'while the first tasks of a service come up',
      comingUp,
      {operation: 'DescribeServices', times: 3},
    ] as const,
  ]),
)(
  'ecs-deploy, %s %s: what was made is taken away',
  async (signal, _name, history, phase) => {
    const seen = await cancelled('ecs-deploy', CREATE, history, signal, phase, SERVICE_FILE)
    expect([seen.main.code, seen.main.signal]).toEqual(signal === 'SIGKILL' ? [null, 'SIGKILL'] : [1, null])
    expect([seen.post.code, seen.changes]).toEqual([0, 'Register Create:42 | Delete'])
    expect(seen.post.warnings.join()).toMatch(/NewService, which did not exist before, is removed again, after/)
  },
  60_000,
)

test.each(ACROSS)(
  'ecs-deploy, %s while registering for a service that does not exist: it still does not',
  async (signal) => {
    const phase = {operation: 'RegisterTaskDefinition'}
    const seen = await cancelled('ecs-deploy', CREATE, comingUp, signal, phase, SERVICE_FILE)
    expect([seen.post.code, seen.changes, seen.post.warnings]).toEqual([0, 'Register |', []])
  },
  60_000,
)

test.each(ACROSS)(
  'ecs-deploy, %s while CodeDeploy is given the deployment: it is found and stopped',
  async (signal) => {
    const seen = await cancelled('ecs-deploy', DEPLOY, byCodeDeploy, signal, {operation: 'CreateDeployment'})
    expect([seen.main.code, seen.main.signal]).toEqual(signal === 'SIGKILL' ? [null, 'SIGKILL'] : [1, null])
    expect([seen.post.code, seen.changes]).toEqual([0, 'Register | StopDeployment'])
    expect(seen.post.warnings.join()).toMatch(/APIService (still runs|is back on) streaming-api:41/)
  },
  60_000,
)

test.each<[string, History, {operation: string; times?: number}, RegExp]>([
  ['while updating', slow, {operation: 'UpdateService'}, /back on streaming-api:41|runs streaming-api:41 as before/],
  ['while watching', slow, {operation: 'DescribeServices', times: 3}, /is back on streaming-api:41, 2\/2 running/],
  ['while going back', crash, {operation: 'UpdateService', times: 2}, /streaming-api:41/],
])(
  'ecs-deploy, killed %s: its post step brings back what ran',
  async (_name, history, phase, warned) => {
    const seen = await cancelled('ecs-deploy', DEPLOY, history, 'SIGKILL', phase)
    expect(seen.main.signal).toBe('SIGKILL')
    expect(seen.post.code).toBe(0)
    expect(seen.post.warnings.join()).toMatch(warned)
  },
  60_000,
)

describe.each(POLITE)('ecs-run-task, %s', (signal) => {
  test.each<[string, {operation: string; times?: number}, string]>([
    ['in preflight: nothing was started', {operation: 'DescribeTaskDefinition'}, '|'],
    ['while registering: nothing was started', {operation: 'RegisterTaskDefinition'}, 'Register |'],
    ['while starting: the task is stopped', {operation: 'RunTask'}, 'Register RunTask:42 | StopTask'],
    ['while it runs: the task is stopped', {operation: 'DescribeTasks'}, 'Register RunTask:42 | StopTask'],
  ])(
    '%s',
    async (_name, phase, changes) => {
      const seen = await cancelled('ecs-run-task', RUN, forever, signal, phase)
      expect([seen.main.code, seen.main.outputs['status']]).toEqual([1, 'cancelled'])
      expect([seen.post.code, seen.post.warnings, seen.changes]).toEqual([0, [], changes])
    },
    60_000,
  )
})

test.each<[string, {operation: string}]>([
  ['while starting', {operation: 'RunTask'}],
  ['while it runs', {operation: 'DescribeTasks'}],
])(
  'ecs-run-task, killed %s: its post step finds the task and stops it',
  async (_name, phase) => {
    const seen = await cancelled('ecs-run-task', RUN, forever, 'SIGKILL', phase)
    expect(seen.main.signal).toBe('SIGKILL')
    expect([seen.post.code, seen.changes]).toEqual([0, 'Register RunTask:42 | StopTask'])
  },
  60_000,
)
