import type {Task} from '@aws-sdk/client-ecs'
import {isAccessDenied} from '../aws/errors.ts'
import type {Clock} from '../core/clock.ts'
import {errorMessage} from '../core/errors.ts'
import type {Aws} from './aws.ts'
import type {Container, Definition} from './definition.ts'
import {taskId} from './names.ts'

/** Where a container's output goes. */
export type LogPlace =
  | {readonly kind: 'awslogs'; readonly group: string; readonly stream: string; readonly region: string | undefined}
  /** Somewhere we cannot read; `where` says where to look. */
  | {readonly kind: 'elsewhere'; readonly where: string}

/** The last lines of a container's log, or why there are none. */
export interface LogTail {
  readonly container: string
  readonly place: LogPlace
  readonly lines: readonly string[]
  /** Why there are no lines; undefined when there are. */
  readonly missing: string | undefined
}

/**
 * Where the output of `container` in `task` is found. With a stream prefix the stream's name is
 * `prefix/container/task-id`, without one it is the id of the Docker container
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html).
 */
export function logPlace(container: Container, task: Task): LogPlace {
  const {logDriver, options = {}} = container.logConfiguration ?? {}
  if (logDriver === undefined) return elsewhere('the container has no logConfiguration')
  if (logDriver !== 'awslogs') return elsewhere(`the log driver "${logDriver}" sends the output elsewhere`)
  const group = options['awslogs-group']
  if (group === undefined) return elsewhere('the log option "awslogs-group" is not set')
  const name = container.name ?? ''
  const prefix = options['awslogs-stream-prefix']
  const runtimeId = task.containers?.find((one) => one.name === name)?.runtimeId
  const stream = prefix === undefined ? runtimeId : `${prefix}/${name}/${taskId(task.taskArn)}`
  if (stream === undefined) return elsewhere('without "awslogs-stream-prefix" the log stream cannot be told')
  return {kind: 'awslogs', group, stream, region: options['awslogs-region']}
}

function elsewhere(where: string): LogPlace {
  return {kind: 'elsewhere', where}
}

// CloudWatch shows a line some seconds after it was written; a container that crashed at once wrote very recently.
const TRIES = 4
const PAUSE_MS = 1500

/**
 * The last lines that a container of a task wrote. Never throws: a log that cannot be read is told, and does not
 * stand in the way of the diagnosis.
 * @param limit how many lines
 */
export async function tailLog(
  aws: Aws,
  clock: Clock,
  definition: Definition,
  task: Task,
  name: string,
  limit: number,
): Promise<LogTail> {
  const container = definition.containerDefinitions?.find((one) => one.name === name) ?? {name}
  const place = logPlace(container, task)
  const tail = {container: name, place, lines: [], missing: undefined}
  if (place.kind === 'elsewhere') return {...tail, missing: place.where}
  for (let tries = 1; ; tries += 1) {
    const {lines, missing} = await readTail(aws, place, limit)
    if (lines.length > 0 || tries === TRIES) return {...tail, lines, missing}
    await clock.sleep(PAUSE_MS)
  }
}

async function readTail(
  aws: Aws,
  place: LogPlace & {kind: 'awslogs'},
  limit: number,
): Promise<{lines: string[]; missing: string | undefined}> {
  try {
    const {GetLogEventsCommand} = await import('@aws-sdk/client-cloudwatch-logs')
    const client = await aws.logs(place.region)
    const {events = []} = await client.send(
      new GetLogEventsCommand({
        logGroupName: place.group,
        logStreamName: place.stream,
        limit: Math.max(1, limit),
        startFromHead: false,
      }),
    )
    const lines = events.map(({message = ''}) => message.trimEnd())
    return {lines, missing: lines.length === 0 ? 'the container wrote nothing' : undefined}
  } catch (error) {
    return {lines: [], missing: whyUnreadable(error, place)}
  }
}

function whyUnreadable(error: unknown, place: LogPlace & {kind: 'awslogs'}): string {
  if (isAccessDenied(error)) return 'this job may not read the log: allow logs:GetLogEvents'
  if (error instanceof Error && error.name === 'ResourceNotFoundException') {
    return `no log stream ${place.group} ${place.stream}: the container wrote nothing`
  }
  return `the log cannot be read: ${errorMessage(error)}`
}

/** The message of a log line: of a JSON line the field that holds it, otherwise the line itself. */
export function logMessage(line: string): string {
  if (!line.startsWith('{')) return line
  try {
    const fields = JSON.parse(line) as Record<string, unknown>
    const message = fields['msg'] ?? fields['message'] ?? fields['error']
    return typeof message === 'string' ? message : line
  } catch {
    return line
  }
}

// Not the very last line: a runtime often adds its version or a closing brace below the error.
const TELLING = /error|fatal|exception|panic|not set|missing|required|refused|denied|cannot|can't|failed|invalid/i

/** The line that says most about a failure: the last one that speaks of trouble, else the last one. */
export function tellingLine(lines: readonly string[]): string | undefined {
  const spoken = lines.filter((line) => line.trim() !== '')
  const line = spoken.findLast((text) => TELLING.test(text) && !/^\s+at /.test(text)) ?? spoken.at(-1)
  return line === undefined ? undefined : logMessage(line).trim().slice(0, 200)
}
