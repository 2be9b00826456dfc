import type {Task} from '@aws-sdk/client-ecs'
import {humanDuration} from '../../shared/core/clock.ts'
import {Failure} from '../../shared/core/diagnosis.ts'
import type {Evidence} from '../../shared/core/diagnosis.ts'
import {stoppedFacts, causeOf} from '../../shared/ecs/causes.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import {failingCheck} from '../../shared/ecs/health-check.ts'
import {logLink, taskLink} from '../../shared/ecs/links.ts'
import {shortName, shortTask} from '../../shared/ecs/names.ts'
import {essentialContainers, isStopped} from '../../shared/ecs/task-groups.ts'
import {logPlace, tellingLine} from '../../shared/ecs/task-logs.ts'
import {isUnhealthy} from './follow.ts'
import type {Followed} from './follow.ts'
import type {Inputs} from './inputs.ts'

/** The containers whose exit codes decide: the named one, else the essential ones. A sidecar never decides. */
export function deciders({container}: Pick<Inputs, 'container'>, definition: Definition): string[] {
  return container === undefined ? essentialContainers(definition) : [container]
}

/**
 * The exit code of a stopped task: the first deciding container that did not exit with 0, else 0. Undefined when a
 * deciding container has no exit code: it never ran.
 */
export function exitCodeOf(task: Task, names: readonly string[]): number | undefined {
  const codes = names.map((name) => task.containers?.find((one) => one.name === name)?.exitCode)
  const failed = codes.find((code) => code !== undefined && code !== 0)
  if (failed !== undefined) return failed
  return codes.some((code) => code === undefined) ? undefined : 0
}

/** The task that decides the step's end: one that failed before one that did not. */
export function worst(tasks: readonly Task[], names: readonly string[]): Task | undefined {
  return tasks.find((task) => exitCodeOf(task, names) !== 0) ?? tasks[0]
}

/** Why the run is not green; undefined when it is. */
export function failureOf(inputs: Inputs, definition: Definition, followed: Followed): Failure | undefined {
  const names = deciders(inputs, definition)
  const stopped = followed.tasks.filter(isStopped)
  const staysUp = inputs.waitFor === 'running' || inputs.waitFor === 'healthy'
  const failed = stopped.find((task) => staysUp || exitCodeOf(task, names) !== 0)
  if (failed !== undefined) return taskFailure(inputs, definition, followed, failed, names)
  const unhealthy = inputs.waitFor === 'healthy' ? followed.tasks.find(isUnhealthy) : undefined
  if (unhealthy !== undefined) return unhealthyFailure(inputs, definition, followed, unhealthy)
  return followed.timedOut ? timeoutFailure(inputs, followed) : undefined
}

function taskFailure(
  inputs: Inputs,
  definition: Definition,
  followed: Followed,
  task: Task,
  names: readonly string[],
): Failure {
  const {reason, sentence, advice} = causeFor(task, names)
  const lines = linesOf(followed, task)
  const said = tellingLine(lines)
  return new Failure({
    reason,
    subject: shortName(task.taskDefinitionArn),
    cause: said === undefined ? sentence : `${sentence}: ${said.replace(/\.$/, '')}`,
    evidence: [
      ...(lines.length === 0
        ? []
        : [{title: `last lines of task ${shortTask(task.taskArn)}`, lines: lines.slice(-inputs.logLines)}]),
      containerTable(task),
    ],
    advice,
    links: linksOf(inputs, definition, task),
  })
}

function unhealthyFailure(inputs: Inputs, definition: Definition, followed: Followed, task: Task): Failure {
  const lines = linesOf(followed, task)
  const names = (task.containers ?? []).filter(({healthStatus}) => healthStatus === 'UNHEALTHY').map(({name}) => name)
  const {sentence, advice} = failingCheck(definition, names[0])
  return new Failure({
    reason: 'health-check-failed',
    subject: shortName(task.taskDefinitionArn),
    cause: sentence,
    ...(lines.length > 0 && {
      evidence: [{title: `last lines of task ${shortTask(task.taskArn)}`, lines: lines.slice(-inputs.logLines)}],
    }),
    advice,
    undo: inputs.onTimeout === 'stop' ? 'the task was stopped' : 'the task was left running (on-timeout: keep)',
    links: linksOf(inputs, definition, task),
  })
}

function causeFor(
  task: Task,
  names: readonly string[],
): Pick<Failure['diagnosis'], 'reason' | 'advice'> & {sentence: string} {
  const deciding = {...task, containers: task.containers?.filter(({name = ''}) => names.includes(name))}
  const {container, ranMs} = stoppedFacts(deciding, names)
  if (container?.exitCode === 0 && exitCodeOf(task, names) === 0) {
    const after = ranMs === undefined ? '' : ` after ${humanDuration(ranMs)}`
    const sentence = `the task stopped${after} before it was up, with exit code 0`
    return {reason: 'container-exited', sentence, advice: 'wait for "stopped" when the task is meant to end by itself'}
  }
  const cause = causeOf(deciding, names) ?? causeOf({...deciding, stopCode: 'EssentialContainerExited'}, names)
  if (task.stopCode === 'UserInitiated') {
    const sentence = `somebody stopped the task: ${task.stoppedReason ?? ''}`
    return {reason: 'cancelled', sentence, advice: 'ask who stopped it, then re-run this job'}
  }
  return (
    cause ?? {
      reason: 'container-exited',
      sentence: `the task stopped: ${task.stoppedReason ?? ''}`,
      advice: 'look at the task in the console',
    }
  )
}

function timeoutFailure({timeoutMs, onTimeout}: Inputs, {tasks}: Followed): Failure {
  const states = tasks.map((task) => `task ${shortTask(task.taskArn)} is ${task.lastStatus ?? 'unknown'}`).join(', ')
  const cause = `not finished after ${humanDuration(timeoutMs)}: ${states}`
  const advice = 'raise wait-for-minutes, or find in its log what it waits for'
  const undo = onTimeout === 'stop' ? 'the task was stopped' : 'the task was left running (on-timeout: keep)'
  return new Failure(
    {reason: 'timeout', subject: shortName(tasks[0]?.taskDefinitionArn), cause, advice, undo},
    'timed-out',
  )
}

function linesOf({lines}: Followed, task: Task): string[] {
  return lines.filter((line) => line.task === task.taskArn).map(({text}) => text)
}

function containerTable(task: Task): Evidence {
  const rows = (task.containers ?? []).map(({name = '', exitCode, reason}) => [
    name,
    exitCode === undefined ? '' : String(exitCode),
    reason ?? '',
  ])
  const why = [task.stopCode, task.stoppedReason].filter(Boolean).join(': ')
  return {title: `containers (${why})`, table: {columns: ['container', 'exit', 'reason'], rows}}
}

function linksOf({cluster}: Inputs, definition: Definition, task: Task): ReturnType<typeof taskLink> {
  const arn = task.taskArn ?? ''
  const place = definition.containerDefinitions?.[0] && logPlace(definition.containerDefinitions[0], task)
  return [...taskLink(arn, cluster), ...(place?.kind === 'awslogs' ? logLink(arn, place.group, place.stream) : [])]
}
