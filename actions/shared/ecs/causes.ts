import type {Container, Task} from '@aws-sdk/client-ecs'
import {parseImage} from './names.ts'
import type {Cause, CauseRule, Stopped} from './cause.ts'
import {PULL_CAUSES} from './causes-pull.ts'
import {START_CAUSES} from './causes-start.ts'
import {RUN_CAUSES} from './causes-run.ts'

/**
 * Everything we know about why tasks stop. Texts are those of
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html and of user threads.
 */
export const CAUSES: readonly CauseRule[] = [...PULL_CAUSES, ...START_CAUSES, ...RUN_CAUSES]

/** Why `task` stopped; undefined when nobody has to worry: the scheduler replaced it or scaled it in. */
export function causeOf(task: Task, essential: readonly string[] = []): Cause | undefined {
  if (isOrderlyStop(task)) return undefined
  const stopped = stoppedFacts(task, essential)
  const rule = CAUSES.find(({match}) => match(stopped))
  const cause = rule?.explain(stopped) ?? unknownCause(stopped)
  return {...cause, key: `${rule?.name ?? 'unknown'}/${stopped.container?.name ?? ''}/${exitOf(stopped)}`}
}

/**
 * What an event of the service, without the name of the service, says that ECS could not do; undefined for any other
 * event. Where no task came to be, this is all that tells why:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
 */
export function causeOfEvent(line: string): Omit<Cause, 'key'> | undefined {
  if (!/\bunable to\b/.test(line)) return undefined
  const said: Stopped = {stopCode: '', text: line, container: undefined, ranMs: undefined}
  const known = START_CAUSES.find(({match}) => match(said))?.explain(said)
  const advice = 'look at the event; correct what it names, then re-run this job'
  return {reason: 'capacity', heals: 'slowly', advice, ...known, sentence: `ECS ${line.replace(/\.$/, '')}`}
}

function exitOf({container}: Stopped): string {
  return container?.exitCode === undefined ? '' : String(container.exitCode)
}

// A rolling deployment, scaling in and a person's StopTask all stop tasks on purpose.
function isOrderlyStop(task: Task): boolean {
  const reason = task.stoppedReason ?? ''
  if (task.stopCode === 'UserInitiated') return true
  return task.stopCode === 'ServiceSchedulerInitiated' && !/health check|unhealthy|failed/i.test(reason)
}

/** The facts of a stopped task. @param essential names of the containers whose end is the task's end */
export function stoppedFacts(task: Task, essential: readonly string[] = []): Stopped {
  const containers = task.containers ?? []
  const reasons = [task.stoppedReason, ...containers.map(({reason}) => reason)].filter(Boolean)
  const started = task.startedAt?.getTime()
  const ended = (task.executionStoppedAt ?? task.stoppingAt ?? task.stoppedAt)?.getTime()
  return {
    stopCode: task.stopCode ?? '',
    text: reasons.join(' · '),
    container: blamed(containers, essential, reasons.join(' ')),
    ranMs: started === undefined || ended === undefined ? undefined : Math.max(0, ended - started),
  }
}

// The container with a reason of its own, else an essential one that failed, else any that failed, else one that
// ended with 0. 143 is last: that one was told to stop because another had failed. When none has run, the one whose
// image the reason speaks of, or the only one.
function blamed(containers: readonly Container[], essential: readonly string[], said: string): Container | undefined {
  const exited = containers.filter(({exitCode}) => exitCode !== undefined)
  const failed = exited.filter(({exitCode}) => exitCode !== 0)
  const first = failed.filter(({exitCode}) => exitCode !== 143)
  const isEssential = ({name = ''}: Container): boolean => essential.includes(name)
  return (
    containers.find(({reason}) => reason !== undefined && reason !== '') ??
    first.find(isEssential) ??
    first[0] ??
    exited.find((container) => container.exitCode === 0 && isEssential(container)) ??
    failed[0] ??
    exited[0] ??
    containers.find(({image}) => image !== undefined && said.includes(parseImage(image).repository)) ??
    (containers.length === 1 ? containers[0] : undefined)
  )
}

function unknownCause({text, stopCode, container}: Stopped): Omit<Cause, 'key'> {
  const said = text === '' ? stopCode || 'without a reason' : text
  return {
    reason: 'container-exited',
    sentence: container === undefined ? `tasks stop: ${said}` : `container "${container.name ?? ''}" stops: ${said}`,
    advice: 'look at the stopped task in the console; ECS keeps it for about an hour',
    heals: 'soon',
  }
}
