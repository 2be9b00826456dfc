import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {parse} from 'yaml'
import {OLD_DEFINITION} from '../../__tests__/support/scripted-ecs-answers.ts'
import type {History} from '../../__tests__/support/scripted-ecs-state.ts'

const ROOT = join(import.meta.dirname, '../..')
/** What every deploy here brings. */
export const IMAGE =
  '111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api@sha256:51ab000000000000000000000000000000000000000000000000000000000000'
const [CONTAINER] = OLD_DEFINITION.containerDefinitions
/** What stands in the workspace of every step. */
export const FILES = {
  'task-definition.json': JSON.stringify({...OLD_DEFINITION, containerDefinitions: [{...CONTAINER, image: IMAGE}]}),
  'appspec.yaml':
    'version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service\n      Properties:\n        TaskDefinition: "<TASK_DEFINITION>"\n        LoadBalancerInfo: {ContainerName: api, ContainerPort: 3000}\n',
}
type Inputs = Readonly<Record<string, string>>

const DEPLOY: Inputs = {
  cluster: 'StreamingCluster',
  service: 'APIService',
  'task-definition': 'task-definition.json',
  'wait-for-service-stability': 'true',
  'wait-for-minutes': '3',
}

/** One failure, and the step of each side that meets it. */
export interface Failing {
  readonly title: string
  readonly history: History
  readonly action: 'ecs-deploy' | 'ecs-run-task'
  readonly ours: Inputs
  readonly theirs: Inputs
  /** The exit code of ours, where it is no failure to us. */
  readonly ourExit?: number
}

/** Both deploy one service, with three minutes of patience. */
export const deploying = (title: string, history: History, inputs: Inputs = {}): Failing => {
  const given = {...DEPLOY, ...inputs}
  return {title, history, action: 'ecs-deploy', ours: given, theirs: given}
}

/** A history of the tests, by the name of its file. */
export function recorded(name: string): History {
  const file = join(ROOT, '__tests__/support/scripted-ecs-histories', `${name}.yml`)
  return (parse(readFileSync(file, 'utf8')) as {readonly history: History}).history
}

/** Both run one task to its end. */
export const running = (title: string, history: History): Failing => ({
  title,
  history,
  action: 'ecs-run-task',
  ours: {cluster: 'StreamingCluster', 'from-service': 'APIService', 'task-definition': 'task-definition.json'},
  theirs: {
    cluster: 'StreamingCluster',
    'task-definition': 'task-definition.json',
    'run-task': 'true',
    'wait-for-task-stopped': 'true',
    'run-task-subnets': 'subnet-1',
    'wait-for-minutes': '3',
  },
})

/** Its tasks exit at once, and ECS starts them again and again. */
export const CRASH = deploying('The container exits with code 3 right after its start', recorded('crash-no-breaker'))
/** Nothing fails and nothing comes up. */
export const NEVER_UP = deploying('The tasks never come up', {
  frames: [{at: 0, ours: {pending: 2}, old: {running: 2}}],
})
/** The failed deployment stays where it is. */
export const GAVE_UP = deploying(
  'The circuit breaker gives up, without a rollback',
  recorded('breaker-without-rollback'),
)
const rolledBack = recorded('breaker-with-rollback')
const OLD_TASKS = ['o1aa', 'o2bb'].map((id) => ({id, of: 'old' as const, status: 'RUNNING'}))
/** ECS itself goes back. */
export const ROLLED_BACK = deploying('The circuit breaker rolls back', {
  ...rolledBack,
  // They run on all the while, and some tools count them.
  frames: [{at: 0, tasks: OLD_TASKS}, ...(rolledBack.frames ?? [])],
})
/** RunTask answers that it started nothing. */
export const NO_CAPACITY = running('There is no capacity for a one-off task', {
  frames: [{at: 0, record: {failures: [{reason: 'Capacity is unavailable at this time. Please try again later.'}]}}],
})
/** The task stops before it has run. */
export const UNPULLABLE = running('The image of a one-off task cannot be pulled', {
  frames: [
    {at: 0, tasks: [{id: 't1aa', status: 'PENDING'}]},
    {
      at: 3,
      tasks: [
        {
          id: 't1aa',
          status: 'STOPPED',
          ran: -1,
          stopCode: 'TaskFailedToStart',
          stoppedReason: `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${IMAGE}: not found`,
        },
      ],
    },
  ],
})
