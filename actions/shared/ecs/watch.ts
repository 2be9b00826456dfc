import type {Service} from '@aws-sdk/client-ecs'
import {explainAwsError, isAccessDenied, isThrottled, isTransient, transientWords} from '../aws/errors.ts'
import {humanDuration, stopwatch} from '../core/clock.ts'
import {Failure} from '../core/diagnosis.ts'
import type {World} from '../core/world.ts'
import type {Definition} from './definition.ts'
import {judge} from './judge.ts'
import type {Verdict, Watched} from './judge.ts'
import {Eyes} from './look.ts'
import {Pace} from './pace.ts'
import type {Aws} from './aws.ts'
import {CloserLook} from './closer-look.ts'
import {explainRefusal} from './refusals.ts'
import {isStopped} from './task-groups.ts'
import {eventLine, stateLine, stopLine} from './tell.ts'
import {Track} from './track.ts'
import {turnOf} from './turns.ts'

/** How long to wait, and what to put up with. */
export interface Patience {
  readonly timeoutMs: number
  /** How long the tasks must keep running after ECS calls the deployment complete; 0 for not at all. */
  readonly stableForMs: number
  /** Fail after this many tasks stopped for the same cause; 0 leaves that to ECS. */
  readonly failAfter: number
  /** Whether a pause of the deployment is ended by us, or by a person. */
  readonly onPause?: 'wait' | 'continue'
}

/** A deployment to watch. */
export interface Subject {
  readonly watched: Watched
  readonly definition: Definition
  /** The service as the change answered it. */
  readonly service: Service | undefined
}

/** How a watched deployment ended, with all that was seen of it. */
export interface Outcome {
  readonly track: Track
  readonly verdict: Verdict
  /** Milliseconds from the start of the watch. */
  readonly tookMs: number
}

const FIRST_LOOK_MS = 500
const HEARTBEAT_MS = 30_000
// Between the last failure that counts and the verdict: time for a task that heals itself, and for its log to arrive.
const GRACE_MS = {never: 4000, soon: 4000, slowly: 60_000} as const
const UNREACHABLE_MS = 180_000
// A container that starts and dies again and again is caught running now and then, and looks complete at that moment.
const CALM_MS = 10_000

/**
 * Watches deployments of one cluster until the truth about each is known. Looks within half a second, then every
 * 2 s; prints a line per change and a heartbeat every 30 s.
 * @throws {Failure} when AWS refuses to show the services; the reason of `world.cancel` as soon as it is aborted
 */
export async function watch(
  world: World,
  aws: Aws,
  cluster: string,
  subjects: readonly Subject[],
  patience: Patience,
): Promise<Outcome[]> {
  return await new Watch(world, aws, cluster, subjects, patience).run()
}

class Watch {
  readonly #world: World
  readonly #eyes: Eyes
  readonly #patience: Patience
  readonly #started: number
  readonly #pace: Pace
  readonly #tracks: readonly Track[]
  readonly #outcomes = new Map<Track, Outcome>()
  readonly #told = new Map<Track, string>()
  readonly #toldTasks = new Set<string>()
  readonly #closer: CloserLook
  #lastLine: number
  #lastAnswer: number
  #looks = 0

  constructor(world: World, aws: Aws, cluster: string, subjects: readonly Subject[], patience: Patience) {
    this.#world = world
    this.#eyes = new Eyes(aws.poll, cluster)
    this.#patience = patience
    this.#started = world.clock.now()
    this.#lastLine = this.#started
    this.#lastAnswer = this.#started
    this.#pace = new Pace(this.#started)
    const {onPause = 'wait'} = patience
    const say = (track: Track, text: string): void => {
      this.#say(track, text)
    }
    this.#closer = new CloserLook({world, aws, cluster, eyes: this.#eyes, pace: this.#pace, onPause, say})
    this.#tracks = subjects.map(({watched, definition, service}) => new Track(watched, definition, service))
  }

  async run(): Promise<Outcome[]> {
    const {clock, cancel} = this.#world
    await clock.sleep(FIRST_LOOK_MS, cancel)
    for (;;) {
      const open = this.#tracks.filter((track) => !this.#outcomes.has(track))
      await this.#look(open)
      for (const track of open) this.#conclude(track)
      if (this.#outcomes.size === this.#tracks.length) break
      this.#heartbeat(open)
      const left = open.filter((track) => !this.#outcomes.has(track))
      const maySlow = left.some((track) => track.isFailing) || left.every((track) => track.completedAt !== undefined)
      await clock.sleep(this.#pace.next(this.#eyes.calls, clock.now(), maySlow), cancel)
    }
    return this.#tracks.map((track) => this.#outcomes.get(track)).filter((outcome) => outcome !== undefined)
  }

  async #look(open: readonly Track[]): Promise<void> {
    try {
      const now = this.#world.clock.now()
      const turn = turnOf(open, this.#looks, !this.#pace.inDebt(this.#eyes.calls, now))
      this.#looks += 1
      if (turn.services) await this.#seeServices(open)
      await this.#closer.decide(open, turn)
      for (const track of open) {
        await this.#closer.at(track)
        this.#tellTasks(track)
        this.#tellState(track)
      }
      this.#lastAnswer = this.#world.clock.now()
      this.#pace.answered()
    } catch (error) {
      this.#bear(error)
    }
  }

  async #seeServices(open: readonly Track[]): Promise<void> {
    const services = await this.#eyes.services(open.map(({watched}) => watched.service))
    for (const track of open) this.#tellEvents(track, track.see(services.get(track.watched.service)))
  }

  // The next look is the retry; only what no retry can mend ends the watch.
  #bear(error: unknown): void {
    if (error instanceof Failure && !isTransient(error)) throw error
    if (isAccessDenied(error)) throw explainAwsError(error, 'ecs:DescribeServices')
    if (isThrottled(error)) this.#pace.throttled()
    const silent = this.#world.clock.now() - this.#lastAnswer
    if (!isTransient(error) || silent > UNREACHABLE_MS) {
      const subject = this.#tracks.map(({watched}) => watched.service).join(', ')
      throw explainRefusal(explainAwsError(error, 'ecs:DescribeServices'), {subject, what: 'ECS does not show it'})
    }
    this.#say(undefined, `AWS did not answer (${transientWords(error)}); looking again`)
  }

  #conclude(track: Track): void {
    const now = this.#world.clock.now()
    const verdict = this.#verdict(track, now)
    if (verdict === undefined) return
    track.verdict = verdict
    this.#outcomes.set(track, {track, verdict, tookMs: now - this.#started})
  }

  #verdict(track: Track, now: number): Verdict | undefined {
    const verdict = judge(track.watched, track.snapshot)
    if (verdict?.kind === 'completed' && this.#isRestless(track, now)) {
      return this.#givenUp(track, now) ?? this.#timedOut(track, now)
    }
    const wasComplete = verdict === undefined && track.completedAt !== undefined
    if (verdict?.kind === 'completed' || wasComplete) return this.#stable(track, now) ?? this.#timedOut(track, now)
    return verdict ?? this.#givenUp(track, now) ?? this.#timedOut(track, now)
  }

  #isRestless(track: Track, now: number): boolean {
    const {failAfter} = this.#patience
    const again = failAfter > 0 && track.failures.some(({tasks}) => tasks.length >= failAfter)
    return again && now - track.lastFailureAt < CALM_MS
  }

  #stable(track: Track, now: number): Verdict | undefined {
    if (this.#patience.stableForMs === 0) return {kind: 'completed'}
    if (track.completedAt === undefined) {
      track.completedAt = now
      track.failedAtCompletion = track.failedTasks
      this.#say(track, `complete; watching on for ${humanDuration(this.#patience.stableForMs)}`)
    }
    const failure = track.failures[0]
    // ECS starts a task that died again at once: all may be running, and it is broken all the same.
    if (failure !== undefined && (!track.allRunning || track.failedTasks > track.failedAtCompletion)) {
      const detail = `a task stopped after the deployment was complete: ${failure.cause.sentence}`
      return {kind: 'failed', reason: failure.cause.reason, detail}
    }
    const over = now - track.completedAt >= this.#patience.stableForMs
    return over && track.allRunning ? {kind: 'completed'} : undefined
  }

  // Tasks that stop again and again for one cause will go on doing so, and the breaker of ECS counts to ten at times.
  #givenUp(track: Track, now: number): Verdict | undefined {
    const {failAfter} = this.#patience
    if (failAfter === 0) return undefined
    const failure = track.failures.find(({cause, tasks}) => tasks.length >= (cause.heals === 'never' ? 1 : failAfter))
    if (failure === undefined) return undefined
    track.failingSince ??= now
    // Every task has had its turn and some had a second one: nothing heals here.
    const {heals} = failure.cause
    const hopeless =
      heals !== 'slowly' && failure.tasks.length >= failAfter + Math.max(failAfter, track.watched.desired)
    if (!hopeless && (track.allRunning || now - track.failingSince < GRACE_MS[heals])) return undefined
    return {kind: 'failed', reason: failure.cause.reason, detail: failure.cause.sentence}
  }

  #timedOut(track: Track, now: number): Verdict | undefined {
    if (now - this.#started < this.#patience.timeoutMs) return undefined
    const waited = humanDuration(this.#patience.timeoutMs)
    return {kind: 'timed-out', detail: `not complete after ${waited}: ${stateLine(track)}`}
  }

  #tellEvents(track: Track, messages: readonly string[]): void {
    for (const message of messages) this.#say(track, `ECS: ${eventLine(message)}`)
  }

  #tellTasks(track: Track): void {
    for (const task of track.tasks.filter(isStopped)) {
      const arn = task.taskArn ?? ''
      const line = this.#toldTasks.has(arn) ? undefined : stopLine(task, track.definition)
      this.#toldTasks.add(arn)
      if (line !== undefined) this.#say(track, line)
    }
  }

  #tellState(track: Track): void {
    const line = stateLine(track)
    if (this.#told.get(track) === line) return
    this.#told.set(track, line)
    this.#say(track, line)
  }

  #heartbeat(open: readonly Track[]): void {
    if (this.#world.clock.now() - this.#lastLine < HEARTBEAT_MS) return
    for (const track of open) this.#say(track, `still waiting: ${stateLine(track)}`)
  }

  #say(track: Track | undefined, text: string): void {
    const now = this.#world.clock.now()
    this.#lastLine = now
    const name = track === undefined || this.#tracks.length === 1 ? '' : `${track.watched.service}  `
    this.#world.log.line(`  ${stopwatch(now - this.#started)}  ${name}${text.replace(/\s*[\r\n]+\s*/g, ' ')}`)
  }
}
