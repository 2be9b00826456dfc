const USUAL_MS = 2000
const SLOWEST_MS = 20_000
// Calls that may run ahead of one per 2 s: for looks at tasks while all is calm, when something has changed, and when
// tasks fail, which must be seen at any price that can be paid back.
const AHEAD = {calm: 8, changed: 16, failing: 40} as const
// How much slower a look is while calls are paid back.
const IN_DEBT = 2.5

/** How much a look behind the services is worth. */
export type Urgency = keyof typeof AHEAD

/**
 * How fast to look again: every 2 s, which is one call per 2 s; slower when AWS throttles. What was called beyond that
 * is limited, and paid back by slower looks only where the end of no good deployment is waited for: that is never seen
 * late.
 */
export class Pace {
  readonly #started: number
  #throttles = 0

  /** @param started milliseconds since the epoch */
  constructor(started: number) {
    this.#started = started
  }

  /** AWS asked for fewer calls. */
  throttled(): void {
    this.#throttles += 1
  }

  /** AWS answered. */
  answered(): void {
    this.#throttles = Math.max(0, this.#throttles - 1)
  }

  /** Whether more calls were made than one per 2 s and what may run ahead. */
  inDebt(calls: number, now: number, urgency: Urgency = 'calm'): boolean {
    return calls > AHEAD[urgency] + (now - this.#started) / USUAL_MS
  }

  /**
   * Milliseconds until the next look.
   * @param maySlow whether calls may be paid back: tasks fail, or only complete deployments are watched on
   */
  next(calls: number, now: number, maySlow: boolean): number {
    const slowed = USUAL_MS * 2 ** this.#throttles
    return Math.min(SLOWEST_MS, maySlow && this.inDebt(calls, now) ? slowed * IN_DEBT : slowed)
  }
}
