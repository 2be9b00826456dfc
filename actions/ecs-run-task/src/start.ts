import {randomUUID} from 'node:crypto'
import {RunTaskCommand} from '@aws-sdk/client-ecs'
import type {Failure as RunFailure, RunTaskCommandOutput, Task} from '@aws-sdk/client-ecs'
import {Failure} from '../../shared/core/diagnosis.ts'
import type {FailureReason} from '../../shared/core/diagnosis.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import {causeOfTrouble} from '../../shared/core/outside.ts'
import {countRetry} from '../../shared/core/retried.ts'
import type {World} from '../../shared/core/world.ts'
import {ask} from '../../shared/ecs/aws.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {shortName, shortTask} from '../../shared/ecs/names.ts'
import {persist} from '../../shared/ecs/persist.ts'
import {explainRefusal} from '../../shared/ecs/refusals.ts'
import type {Inputs} from './inputs.ts'
import {rememberForPost} from './memory.ts'
import type {Prepared} from './prepare.ts'

const CAPACITY = /RESOURCE:|capacity is unavailable|insufficient capacity|AGENT/i
const CAPACITY_TRIES = 6
const CAPACITY_PAUSE_MS = 10_000

/**
 * Starts the tasks. A lack of capacity is waited out for about a minute; a broken connection is tried again under the
 * same client token, so that no task runs twice.
 * @throws {Failure} that says why ECS started nothing
 */
export async function startTasks(
  world: World,
  aws: Aws,
  inputs: Inputs,
  prepared: Prepared,
  taskDefinition: string,
): Promise<Task[]> {
  // A step that is killed before the answer arrives knows its tasks by this only.
  const mark = prepared.call.startedBy === undefined ? markOf(world.env) : undefined
  const call = {...prepared.call, ...(mark !== undefined && {startedBy: mark})}
  rememberForPost(world, aws, inputs, [], mark)
  for (let tries = 1; ; tries += 1) {
    world.cancel.throwIfAborted()
    const command = new RunTaskCommand({...call, taskDefinition, clientToken: randomUUID()})
    const {tasks = [], failures = []} = await refusalExplained(taskDefinition, () =>
      ask('ecs:RunTask', () => persist(world.clock, world.cancel, () => aws.ecs.send(command))),
    )
    if (tasks.length > 0) {
      noteStarted(world, aws, inputs, tasks, mark)
      warnOfFewer(world, inputs.count, tasks, failures)
      return tasks
    }
    const why = whyNothing(failures)
    if (!CAPACITY.test(why) || tries === CAPACITY_TRIES) throw notStarted(taskDefinition, why)
    world.log.line(`  no capacity (${why}); trying again`)
    countRetry('ECS for capacity')
    await world.clock.sleep(CAPACITY_PAUSE_MS, world.cancel)
  }
}

// A task that runs is followed to its end, also on a runner that cannot write any more: nobody else waits for it.
function noteStarted(world: World, aws: Aws, inputs: Inputs, tasks: readonly Task[], mark: string | undefined): void {
  try {
    rememberForPost(world, aws, inputs, tasks, mark)
  } catch (error) {
    const names = tasks.map(({taskArn}) => shortTask(taskArn)).join(', ')
    const why = causeOfTrouble(error)
    world.log.warning(
      `The post step could not be told of task ${names} (the runner: ${why}): should this run be cancelled, see that it is stopped.`,
    )
  }
}

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html: letters, digits, - / _, up to 128.
function markOf(env: Environment): string {
  const run = (env['GITHUB_RUN_ID'] ?? '').replace(/\D/g, '')
  return ['slipway', run, randomUUID()].filter(Boolean).join('/')
}

async function refusalExplained(
  taskDefinition: string,
  call: () => Promise<RunTaskCommandOutput>,
): Promise<RunTaskCommandOutput> {
  try {
    return await call()
  } catch (error) {
    throw explainRefusal(error, {
      subject: shortName(taskDefinition),
      what: 'ECS did not start the task',
      advice: 'correct the inputs of this step; nothing was started',
    })
  }
}

// RunTask answers 200 with a list of failures; an ARN is not always in it
// (https://github.com/aws-actions/amazon-ecs-deploy-task-definition/issues/757).
function whyNothing(failures: readonly RunFailure[]): string {
  const reasons = failures.map(({reason, detail, arn}) =>
    [reason ?? 'no reason given', detail, arn && shortName(arn)].filter(Boolean).join(', '),
  )
  return [...new Set(reasons)].join('; ') || 'ECS gave no reason'
}

function notStarted(taskDefinition: string, why: string): Failure {
  const [reason, advice] = REFUSALS.find(([pattern]) => pattern.test(why))?.slice(1) as [FailureReason, string]
  return new Failure({reason, subject: shortName(taskDefinition), cause: `ECS did not start the task: ${why}`, advice})
}

const REFUSALS: readonly (readonly [RegExp, FailureReason, string])[] = [
  [CAPACITY, 'capacity', 'try again later, give subnets in other zones, or use FARGATE beside FARGATE_SPOT'],
  [/limit|quota/i, 'quota', 'ask for a higher quota of "Fargate On-Demand vCPU resource count", or stop other tasks'],
  [/MISSING/, 'not-found', 'check that the cluster has container instances, or use launch-type FARGATE'],
  [/ATTRIBUTE|attribute/, 'unschedulable', 'no container instance has what the task definition asks for'],
  [
    /role/i,
    'access-denied',
    'check the roles of the task definition, their trust policies, and iam:PassRole of this job',
  ],
  [/./s, 'rejected', 'correct the inputs of this step; nothing was started'],
]

function warnOfFewer(world: World, count: number, tasks: readonly Task[], failures: readonly RunFailure[]): void {
  if (tasks.length >= count) return
  world.log.warning(`Only ${String(tasks.length)} of ${String(count)} tasks were started: ${whyNothing(failures)}.`)
}
