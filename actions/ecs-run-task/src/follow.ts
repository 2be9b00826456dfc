import type {Task} from '@aws-sdk/client-ecs'
import {explainAwsError, isAccessDenied, isThrottled, isTransient, transientWords} from '../../shared/aws/errors.ts'
import {stopwatch} from '../../shared/core/clock.ts'
import type {World} from '../../shared/core/world.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import {LiveLogs} from '../../shared/ecs/live-logs.ts'
import type {LogLine} from '../../shared/ecs/live-logs.ts'
import {Eyes} from '../../shared/ecs/look.ts'
import {shortTask} from '../../shared/ecs/names.ts'
import {Pace} from '../../shared/ecs/pace.ts'
import {isStopped} from '../../shared/ecs/task-groups.ts'
import {waitingFor} from '../../shared/ecs/tell.ts'
import type {Inputs} from './inputs.ts'

/** What was seen of the tasks while they ran. */
export interface Followed {
  readonly tasks: readonly Task[]
  /** The lines that were shown, oldest first. */
  readonly lines: readonly LogLine[]
  readonly timedOut: boolean
  readonly tookMs: number
}

const HEARTBEAT_MS = 30_000
const UNREACHABLE_MS = 180_000
// CloudWatch shows the last lines of a task some seconds after it has stopped.
const LAST_LINES_TRIES = 3
const KEPT_LINES = 5000

/**
 * Shows what the tasks do and write, until they have come as far as was asked or the time is up.
 * The whole time is fenced: what a container writes cannot speak to the runner.
 * @throws the reason of `world.cancel` as soon as it is aborted
 */
export async function follow(
  world: World,
  aws: Aws,
  inputs: Inputs,
  definition: Definition,
  tasks: readonly Task[],
): Promise<Followed> {
  const follower = new Follower(world, aws, inputs, definition, tasks)
  const followed = await world.log.fenced(() => follower.run())
  for (const problem of follower.problems) world.log.warning(`${problem}.`)
  return followed
}

/** Whether the health check of a task that runs has failed as often as it may. */
export function isUnhealthy(task: Task): boolean {
  return !isStopped(task) && task.healthStatus === 'UNHEALTHY'
}

class Follower {
  readonly #world: World
  readonly #inputs: Inputs
  readonly #definition: Definition
  readonly #eyes: Eyes
  readonly #logs: LiveLogs
  readonly #pace: Pace
  readonly #started: number
  readonly #told = new Map<string, string>()
  readonly #lines: LogLine[] = []
  #tasks: readonly Task[]
  #lastLine: number
  #lastAnswer: number

  constructor(world: World, aws: Aws, inputs: Inputs, definition: Definition, tasks: readonly Task[]) {
    this.#world = world
    this.#inputs = inputs
    this.#definition = definition
    this.#eyes = new Eyes(aws.poll, inputs.cluster)
    this.#logs = new LiveLogs(aws, definition, tasks)
    this.#started = world.clock.now()
    this.#pace = new Pace(this.#started)
    this.#lastLine = this.#started
    this.#lastAnswer = this.#started
    this.#tasks = tasks
  }

  get problems(): ReadonlySet<string> {
    return this.#logs.problems
  }

  async run(): Promise<Followed> {
    const {clock, cancel} = this.#world
    let timedOut = false
    await clock.sleep(500, cancel)
    while (!timedOut) {
      // Who gives no answer to one question is not kept waiting for with another.
      if (await this.#look()) await this.#showLogs()
      if (this.#done()) break
      this.#heartbeat()
      timedOut = clock.now() - this.#started >= this.#inputs.timeoutMs
      if (!timedOut) await clock.sleep(this.#pace.next(this.#eyes.calls, clock.now(), 'any-moment'), cancel)
    }
    const tookMs = clock.now() - this.#started
    if (this.#tasks.every(isStopped)) await this.#lastLines()
    return {tasks: this.#tasks, lines: this.#lines, timedOut, tookMs}
  }

  /** Whether AWS answered. */
  async #look(): Promise<boolean> {
    try {
      const seen = await this.#eyes.describe(this.#tasks.map(({taskArn = ''}) => taskArn))
      this.#tasks = this.#tasks.map((task) => seen.find(({taskArn}) => taskArn === task.taskArn) ?? task)
      this.#lastAnswer = this.#world.clock.now()
      this.#pace.answered()
      this.#tellStates()
      return true
    } catch (error) {
      if (isAccessDenied(error)) throw explainAwsError(error, 'ecs:DescribeTasks')
      if (isThrottled(error)) this.#pace.throttled()
      if (!isTransient(error) || this.#world.clock.now() - this.#lastAnswer > UNREACHABLE_MS) {
        throw explainAwsError(error, 'ecs:DescribeTasks')
      }
      this.#say(`AWS did not answer (${transientWords(error)}); looking again`)
      return false
    }
  }

  #done(): boolean {
    if (this.#tasks.every(isStopped)) return true
    const {waitFor} = this.#inputs
    if (waitFor === 'running') return this.#tasks.every((task) => isStopped(task) || task.lastStatus === 'RUNNING')
    if (waitFor !== 'healthy') return false
    return (
      this.#tasks.some(isUnhealthy) || this.#tasks.every((task) => isStopped(task) || task.healthStatus === 'HEALTHY')
    )
  }

  async #showLogs(): Promise<number> {
    const lines = await this.#logs.next()
    for (const line of lines) this.#world.log.line(`    │ ${this.#prefix(line)}${line.text}`)
    this.#lines.push(...lines)
    this.#lines.splice(0, Math.max(0, this.#lines.length - KEPT_LINES))
    if (lines.length > 0) this.#lastLine = this.#world.clock.now()
    return lines.length
  }

  async #lastLines(): Promise<void> {
    for (let tries = 0; tries < LAST_LINES_TRIES; tries += 1) {
      const fresh = await this.#showLogs()
      if (fresh === 0 && this.#lines.length > 0 && tries > 0) return
      await this.#world.clock.sleep(1000, this.#world.cancel)
    }
    await this.#showLogs()
  }

  #prefix({task, container}: LogLine): string {
    const several = (this.#definition.containerDefinitions ?? []).length > 1
    const words = [...(this.#tasks.length > 1 ? [shortTask(task)] : []), ...(several ? [container] : [])]
    return words.length === 0 ? '' : `${words.join(' ')}: `
  }

  #tellStates(): void {
    for (const task of this.#tasks) {
      const wait = waitingFor(task, this.#definition)
      const state = (task.lastStatus ?? 'unknown').toLowerCase()
      const text = `task ${shortTask(task.taskArn)} ${state}${wait === undefined ? '' : `: ${wait}`}`
      if (this.#told.get(task.taskArn ?? '') === text) continue
      this.#told.set(task.taskArn ?? '', text)
      this.#say(text)
    }
  }

  #heartbeat(): void {
    if (this.#world.clock.now() - this.#lastLine < HEARTBEAT_MS) return
    this.#say(`still waiting: ${[...this.#told.values()].join(', ')}`)
  }

  #say(text: string): void {
    const now = this.#world.clock.now()
    this.#lastLine = now
    this.#world.log.line(`  ${stopwatch(now - this.#started)}  ${text}`)
  }
}
