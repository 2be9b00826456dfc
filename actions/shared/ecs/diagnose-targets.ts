import {isAccessDenied} from '../aws/errors.ts'
import type {Evidence} from '../core/diagnosis.ts'
import {errorMessage} from '../core/errors.ts'
import type {World} from '../core/world.ts'
import type {Aws} from './aws.ts'
import {healthCheckLine, lookAtTargets, targetGroupsOf} from './target-health.ts'
import type {SickTargets} from './target-health.ts'
import type {TaskGroup} from './task-groups.ts'
import type {Outcome} from './watch.ts'

// Whether the targets are to blame: ECS stopped tasks for them, or all tasks run and it is not complete.
function blamesTargets({verdict}: Outcome, main: TaskGroup | undefined): boolean {
  if (main !== undefined) return main.cause.key.startsWith('load-balancer-health/')
  const {kind} = verdict
  return kind === 'failed' || kind === 'rolled-back' || kind === 'timed-out'
}

/** What the load balancers say, where the targets may be to blame. Never throws: the verdict stands without it. */
export async function sickTargets(
  world: World,
  aws: Aws,
  outcome: Outcome,
  main: TaskGroup | undefined,
): Promise<readonly SickTargets[]> {
  const {track} = outcome
  const {service} = track.snapshot
  if (service === undefined || targetGroupsOf(service).length === 0 || !blamesTargets(outcome, main)) return []
  try {
    track.seeTargets(await lookAtTargets(aws, service, track.tasks), world.clock.now())
  } catch (error) {
    const why = isAccessDenied(error)
      ? 'allow elasticloadbalancing:DescribeTargetHealth to this job'
      : errorMessage(error)
    world.log.line(`  (what the load balancer says of its targets was not looked up: ${why})`)
  }
  return track.targets
}

/** The group with the reason of the target itself: it says more than the event of ECS that passes it on. */
export function sharper(main: TaskGroup | undefined, unfit: {readonly sentence: string}): TaskGroup | undefined {
  if (main === undefined) return undefined
  const sentence = `the load balancer finds the task unhealthy: ${unfit.sentence}`
  return {...main, cause: {...main.cause, sentence}}
}

/** A cause that no stopped task gives, with what the load balancer says. */
export function withTargets(cause: string, unfit: {readonly sentence: string} | undefined): string {
  if (unfit === undefined || cause.includes(unfit.sentence)) return cause
  return `${cause}; not fit for the load balancer: ${unfit.sentence}`
}

/** The targets that get no requests, a table for each group. */
export function targetEvidence(sick: readonly SickTargets[]): Evidence[] {
  return sick.map(({group, targets}) => ({
    title: group === undefined ? 'targets' : healthCheckLine(group),
    table: {
      columns: ['target', 'state', 'reason', 'the load balancer says'],
      rows: targets
        .slice(0, 10)
        .map(({id, port, state, reason, description}) => [`${id}:${port}`, state, reason, description]),
    },
  }))
}
