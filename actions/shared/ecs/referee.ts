import {humanDuration} from '../core/clock.ts'
import {judge} from './judge.ts'
import type {Verdict} from './verdict.ts'
import {stateLine} from './tell.ts'
import type {Track} from './track.ts'

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

// Between the last failure that counts and the verdict: time for a task that heals itself, and for its log to arrive.
const GRACE_MS = {never: 4000, soon: 4000, slowly: 60_000} as const
// A container that starts and dies again and again is caught running now and then, and looks complete at that moment.
const CALM_MS = 10_000

/** Decides when a watched deployment has ended: what ECS says of it, and what the user puts up with. */
export class Referee {
  readonly #patience: Patience
  readonly #started: number
  readonly #say: (track: Track, text: string) => void

  /**
   * @param started milliseconds since the epoch
   * @param say puts a line about a deployment into the log
   */
  constructor(patience: Patience, started: number, say: (track: Track, text: string) => void) {
    this.#patience = patience
    this.#started = started
    this.#say = say
  }

  /** The verdict at a moment; undefined while the deployment is under way. @param now milliseconds since the epoch */
  verdict(track: Track, now: number): Verdict | undefined {
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
}
