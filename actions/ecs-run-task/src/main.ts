import type {Failure} from '../../shared/core/diagnosis.ts'
import {causeOfTrouble} from '../../shared/core/outside.ts'
import type {World} from '../../shared/core/world.ts'
import {makeAws} from '../../shared/ecs/aws.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {settling} from '../../shared/ecs/settling.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {isStopped} from '../../shared/ecs/task-groups.ts'
import {follow, isUnhealthy} from './follow.ts'
import type {Followed} from './follow.ts'
import type {Inputs} from './inputs.ts'
import {prepare, register} from './prepare.ts'
import {celebrate, report} from './report.ts'
import type {Job} from './report.ts'
import {startTasks} from './start.ts'
import {stopTasks} from './stop.ts'
import {failureOf} from './verdict.ts'

/** Runs a one-off task on ECS, shows what it writes while it runs, and ends as its container ended. */
export async function run(world: World, inputs: Inputs): Promise<void> {
  const aws = makeAws(world.env, 'ecs-run-task', inputs.region)
  await settling(world, () => runTask(world, aws, inputs))
}

async function runTask(world: World, aws: Aws, inputs: Inputs): Promise<void> {
  const started = world.clock.now()

  // All of this only reads: a mistake found here has started nothing.
  const prepared = await prepare(world, aws, inputs)
  const command = inputs.overrides.command?.join(' ')
  world.log.line(
    `▸ Run ${prepared.definition.family ?? ''} in ${shortName(inputs.cluster)}${command === undefined ? '' : `: ${command}`}`,
  )

  const revision = await register(world, aws, prepared)
  const job = {started, inputs, definition: prepared.definition, revision}
  const tasks = await startTasks(world, aws, inputs, prepared, revision)
  if (inputs.waitFor === 'nothing') {
    const seen: Followed = {tasks, lines: [], timedOut: false, tookMs: world.clock.now() - started}
    report(world, job, seen, 'succeeded', 'started, not waited for')
    celebrate(world, job, seen)
    return
  }

  const followed = await follow(world, aws, inputs, prepared.definition, tasks)
  const failure = failureOf(inputs, prepared.definition, followed)
  if (failure !== undefined) {
    await stopRunning(world, aws, inputs, followed)
    reportFailed(world, job, followed, failure)
    throw failure
  }
  report(world, job, followed, 'succeeded', 'exit 0')
  celebrate(world, job, followed)
}

// Why the task failed is the news, also on a runner whose outputs cannot be written.
function reportFailed(world: World, job: Job, followed: Followed, failure: Failure): void {
  try {
    report(world, job, followed, failure.status, failure.diagnosis.cause)
  } catch (error) {
    world.log.warning(`The outputs of this step could not be written: ${causeOfTrouble(error)}.`)
  }
}

// After the time is up, or an unhealthy end of the wait.
async function stopRunning(world: World, aws: Aws, inputs: Inputs, {tasks, timedOut}: Followed): Promise<void> {
  if (inputs.onTimeout === 'keep' || !(timedOut || (inputs.waitFor === 'healthy' && tasks.some(isUnhealthy)))) return
  const running = tasks.filter((task) => !isStopped(task)).map(({taskArn = ''}) => taskArn)
  await stopTasks(world, aws, inputs.cluster, running, 'The workflow stopped waiting for it.')
}
