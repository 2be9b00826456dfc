import type {Task} from '@aws-sdk/client-ecs'
import {stopwatch} from '../core/clock.ts'
import type {Diagnosis, Evidence, FailureReason, Link} from '../core/diagnosis.ts'
import type {World} from '../core/world.ts'
import type {Aws} from './aws.ts'
import type {Cause} from './cause.ts'
import {causeOfEvent, stoppedFacts} from './causes.ts'
import type {Definition} from './definition.ts'
import {differenceSummary} from './diff.ts'
import type {Difference} from './diff.ts'
import type {Verdict} from './verdict.ts'
import {Eyes} from './look.ts'
import {codeDeployLink, logLink, serviceLink, taskLink} from './links.ts'
import {revisionOf, shortTask} from './names.ts'
import {essentialContainers} from './task-groups.ts'
import type {TaskGroup} from './task-groups.ts'
import {lookAtTasks} from './task-look.ts'
import {tailLog, tellingLine} from './task-logs.ts'
import type {LogTail} from './task-logs.ts'
import {sharper, sickTargets, targetEvidence, withTargets} from './diagnose-targets.ts'
import {explainTargets} from './target-health.ts'
import {eventLine} from './tell.ts'
import type {Outcome} from './watch.ts'

/** What a diagnosis is made from, besides what the watch saw. */
export interface Case {
  readonly outcome: Outcome
  readonly cluster: string
  readonly logLines: number
  /** What the change was. */
  readonly differences: readonly Difference[]
  /** Where the task definition came from, as advice names it: `task-definition.json`. */
  readonly origin: string
}

type Why = Omit<Cause, 'key'>

// The logs of more tasks that failed alike say the same once more.
const TASKS_WITH_LOGS = 2

/** Why a deployment did not succeed: the cause, what shows it, the part of the change that explains it, what to do. */
export async function diagnose(world: World, aws: Aws, facts: Case): Promise<Diagnosis> {
  const {outcome, differences} = facts
  const {track, verdict} = outcome
  await lookOnceMore(world, aws, facts)
  const failures = track.failures
  const main = failures[0]
  const targets = await sickTargets(world, aws, outcome, main)
  const unfit = explainTargets(targets)
  const logs = main === undefined ? [] : await readLogs(world, aws, facts, main)
  const said = tellingLine(logs.flatMap(({tail}) => tail.lines))
  const missing = blamedChange(
    differences,
    logs.flatMap(({tail}) => tail.lines),
  )
  const why = main?.cause ?? blockedBy(outcome, unfit)
  const cause = sentence(verdict, unfit === undefined ? main : sharper(main, unfit), said, track.tasks.length)
  return {
    reason: unfit !== undefined && main === undefined ? 'health-check-failed' : reasonOf(verdict, why),
    subject: track.watched.service,
    cause: main === undefined ? withTargets(withBlock(cause, why), unfit) : cause,
    evidence: [
      ...logEvidence(logs),
      ...taskEvidence(facts, failures, logs),
      ...targetEvidence(targets),
      ...eventEvidence(track.events),
    ],
    ...(differences.length > 0 && {changed: changedLine(facts, missing)}),
    advice: missing === undefined && unfit !== undefined ? unfit.advice : advice(facts, why, missing),
    links: links(facts, main, logs),
  }
}

// Where no task ever came to be, the service's events alone say why.
function blockedBy({track, verdict}: Outcome, unfit: object | undefined): Why | undefined {
  const isFailed = ['failed', 'rolled-back', 'timed-out'].includes(verdict.kind)
  if (!isFailed || unfit !== undefined || track.failures.length > 0) return undefined
  return track.events.map((message) => causeOfEvent(eventLine(message))).findLast((cause) => cause !== undefined)
}

function withBlock(cause: string, blocked: Why | undefined): string {
  return blocked === undefined ? cause : `${cause}; ${blocked.sentence}`
}

const LAST_LOOKS = 3
const LAST_LOOK_PAUSE_MS = 1500

// ECS may give a deployment up a moment before it shows the tasks that made it do so.
async function lookOnceMore(world: World, aws: Aws, {outcome, cluster}: Case): Promise<void> {
  const {track, verdict} = outcome
  if (verdict.kind !== 'failed' && verdict.kind !== 'rolled-back') return
  const eyes = new Eyes(aws.ecs, cluster)
  for (let look = 0; look < LAST_LOOKS && track.failures.length === 0; look += 1) {
    if (look > 0) await world.clock.sleep(LAST_LOOK_PAUSE_MS)
    // What cannot be looked at now was said during the watch; the verdict stands without it.
    await lookAtTasks(eyes, [track], world.clock.now()).catch(() => undefined)
  }
}

interface TaskLog {
  readonly task: Task
  readonly tail: LogTail
}

async function readLogs(world: World, aws: Aws, {outcome, logLines}: Case, group: TaskGroup): Promise<TaskLog[]> {
  if (logLines === 0) return []
  const {definition} = outcome.track
  const found: TaskLog[] = []
  for (const task of group.tasks.slice(-TASKS_WITH_LOGS)) {
    for (const container of failedContainers(task, definition)) {
      found.push({task, tail: await tailLog(aws, world.clock, definition, task, container, logLines)})
    }
  }
  return found
}

/** The containers of a task whose logs tell why it stopped: those that failed, else the essential ones that ran. */
export function failedContainers(task: Task, definition: Definition): string[] {
  const ran = (task.containers ?? []).filter(({exitCode}) => exitCode !== undefined)
  const failed = ran.filter(({exitCode}) => exitCode !== 0 && exitCode !== 143)
  const essential = ran.filter(({name = ''}) => essentialContainers(definition).includes(name))
  return (failed.length > 0 ? failed : essential).map(({name}) => name ?? '')
}

function sentence(verdict: Verdict, main: TaskGroup | undefined, said: string | undefined, seen: number): string {
  const detail = 'detail' in verdict ? verdict.detail : ''
  if (main === undefined) return detail === '' ? `the deployment ${verdict.kind}` : detail
  const line = said === undefined ? '' : `: ${said.replace(/\.$/, '')}`
  const share = ` (${String(main.tasks.length)} of ${String(Math.max(seen, main.tasks.length))} tasks)`
  const reason = `${main.cause.sentence}${line}${share}`
  return verdict.kind === 'failed' || verdict.kind === 'rolled-back' ? reason : `${detail}; ${reason}`
}

function reasonOf(verdict: Verdict, cause: Why | undefined): FailureReason {
  if (verdict.kind === 'failed' || verdict.kind === 'rolled-back') {
    return verdict.reason === 'alarm' ? 'alarm' : (cause?.reason ?? verdict.reason)
  }
  if (verdict.kind === 'timed-out') return cause?.reason ?? 'timeout'
  return verdict.kind === 'superseded' ? 'superseded' : 'rejected'
}

// A variable that was taken away or changed and that the container speaks of when it fails is the change to blame.
function blamedChange(differences: readonly Difference[], lines: readonly string[]): Difference | undefined {
  const text = lines.join('\n')
  return differences.find(({name}) => name !== undefined && name.length > 3 && text.includes(name))
}

function changedLine({differences, outcome}: Case, missing: Difference | undefined): string {
  const {previous, taskDefinition} = outcome.track.watched
  const ranked = missing === undefined ? differences : [missing, ...differences.filter((item) => item !== missing)]
  const revisions = previous === undefined ? '' : ` (${revisionOf(previous)} → ${revisionOf(taskDefinition)})`
  return `${differenceSummary(ranked)}${revisions}`
}

function advice({origin, outcome}: Case, cause: Why | undefined, missing: Difference | undefined): string {
  if (missing?.kind === 'removed') {
    const other = missing.field === 'environment' ? ', or as a secret' : ''
    return `add ${missing.name ?? ''} back to ${origin}${other}; then re-run this job`
  }
  if (missing !== undefined) return `look at the new value of ${missing.name ?? ''} in ${origin}; then re-run this job`
  return cause?.advice ?? verdictAdvice(outcome.verdict)
}

function verdictAdvice(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'timed-out':
      return 'look at the events above; raise wait-for-minutes when the service simply needs longer'
    case 'superseded':
      return 'nothing is wrong with this deployment; give the workflow a concurrency group so that deploys do not overtake each other'
    case 'deleted':
      return 'create the service again, or correct the inputs cluster and service'
    case 'scaled-to-zero':
      return 'set the input desired-count, or find who scales the service'
    case 'stopped':
      return 'ask who stopped the deployment, then re-run this job'
    default:
      return 'look at the events above; then re-run this job'
  }
}

function taskEvidence({outcome}: Case, groups: readonly TaskGroup[], logs: readonly TaskLog[]): Evidence[] {
  const tasks = groups.flatMap((group) => group.tasks).slice(-10)
  if (tasks.length === 0) return []
  const started = outcome.track.snapshot.service?.deployments?.find(({id}) => id === outcome.track.watched.deploymentId)
  const rows = tasks.map((task) => taskRow(task, started?.createdAt, outcome.track.definition, logs))
  return [
    {title: 'stopped tasks', table: {columns: ['task', 'stopped', 'container', 'exit', 'reason', 'last line'], rows}},
  ]
}

function taskRow(
  task: Task,
  since: Date | undefined,
  definition: Definition,
  logs: readonly TaskLog[],
): readonly string[] {
  const {container, text} = stoppedFacts(task, essentialContainers(definition))
  const stopped = task.stoppedAt ?? task.stoppingAt
  const at = stopped === undefined || since === undefined ? '' : stopwatch(stopped.getTime() - since.getTime())
  const tail = logs.find((log) => log.task === task)?.tail
  const exit = container?.exitCode === undefined ? '' : String(container.exitCode)
  return [shortTask(task.taskArn), at, container?.name ?? '', exit, text, tellingLine(tail?.lines ?? []) ?? '']
}

function logEvidence(logs: readonly TaskLog[]): Evidence[] {
  // Tasks that failed alike wrote alike; saying it twice only pushes the rest out of sight.
  const told = new Set<string>()
  const fresh = logs.filter(({tail}) => {
    const text = `${tail.container}\n${tail.lines.join('\n')}`
    return !told.has(text) && told.add(text).size > 0
  })
  return fresh.map(({task, tail}) => {
    const title = `last lines of ${tail.container} (task ${shortTask(task.taskArn)})`
    return {title, lines: tail.missing === undefined ? tail.lines : [`(${tail.missing})`]}
  })
}

function eventEvidence(events: readonly string[]): Evidence[] {
  if (events.length === 0) return []
  return [{title: `events (${String(events.length)})`, lines: events.slice(-20).map(eventLine), folded: true}]
}

function links({outcome, cluster}: Case, main: TaskGroup | undefined, logs: readonly TaskLog[]): Link[] {
  const serviceArn = outcome.track.snapshot.service?.serviceArn ?? ''
  const task = main?.tasks.at(-1)?.taskArn
  const place = logs.at(-1)?.tail.place
  const {codeDeployId} = outcome.track.watched
  return [
    ...serviceLink(serviceArn, cluster),
    ...(codeDeployId === undefined ? [] : codeDeployLink(serviceArn, codeDeployId)),
    ...(task === undefined ? [] : taskLink(task, cluster)),
    ...(place?.kind === 'awslogs' ? logLink(serviceArn, place.group, place.stream) : []),
  ]
}
