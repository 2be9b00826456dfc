import type {Task} from '@aws-sdk/client-ecs'
import {isAccessDenied} from '../aws/errors.ts'
import type {Aws} from './aws.ts'
import type {Definition} from './definition.ts'
import {logPlace} from './task-logs.ts'

/** One line that a container wrote. */
export interface LogLine {
  readonly task: string
  readonly container: string
  readonly text: string
}

interface Stream {
  readonly task: string
  readonly container: string
  readonly group: string
  readonly stream: string
  readonly region: string | undefined
  token: string | undefined
}

// One answer holds up to 10,000 lines; a task that writes more than this between two looks is read on at the next.
const MOST_PAGES = 5

/** Follows what the containers of some tasks write to CloudWatch Logs, from their first line on. */
export class LiveLogs {
  readonly #aws: Aws
  readonly #streams: Stream[] = []
  /** Why some lines cannot be followed; each reason once. */
  readonly problems = new Set<string>()

  /** @param tasks as RunTask answered them */
  constructor(aws: Aws, definition: Definition, tasks: readonly Task[]) {
    this.#aws = aws
    for (const task of tasks) {
      for (const container of definition.containerDefinitions ?? []) {
        const place = logPlace(container, task)
        const name = container.name ?? ''
        if (place.kind === 'elsewhere') this.problems.add(`the log of ${name} is not shown: ${place.where}`)
        else this.#streams.push({task: task.taskArn ?? '', container: name, ...place, token: undefined})
      }
    }
  }

  /** The lines that are new since the last call. Never throws: a log is not what decides about the task. */
  async next(): Promise<LogLine[]> {
    const lines = await Promise.all(this.#streams.map((stream) => this.#read(stream)))
    return lines.flat()
  }

  async #read(stream: Stream): Promise<LogLine[]> {
    const found: LogLine[] = []
    try {
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const before = stream.token
        const texts = await this.#page(stream)
        found.push(...texts.map((text) => ({task: stream.task, container: stream.container, text})))
        // The same token twice is how CloudWatch says that this was all for now.
        if (stream.token === before || texts.length === 0) break
      }
    } catch (error) {
      if (isAccessDenied(error)) this.problems.add('the log is not shown: allow logs:GetLogEvents to this job')
      // Anything else is asked again at the next look; a stream does not exist before its first line.
    }
    return found
  }

  async #page(stream: Stream): Promise<string[]> {
    const {GetLogEventsCommand} = await import('@aws-sdk/client-cloudwatch-logs')
    const client = await this.#aws.logs(stream.region)
    const answer = await client.send(
      new GetLogEventsCommand({
        logGroupName: stream.group,
        logStreamName: stream.stream,
        startFromHead: true,
        ...(stream.token !== undefined && {nextToken: stream.token}),
      }),
    )
    stream.token = answer.nextForwardToken ?? stream.token
    return (answer.events ?? []).map(({message = ''}) => message.trimEnd())
  }
}
