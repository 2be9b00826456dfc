const USUAL_MS = 2000
const SLOWEST_MS = 20_000
// Looks at tasks come in bursts when something happens; this many calls may run ahead of the average.
const BURST = 8
// A look takes two calls where ECS does not know all by itself: slower than one per 2 s, so that a debt is paid off.
const IN_DEBT = 2.5

/** How fast to look again: every 2 s, slower when AWS throttles or when more calls were made than one per 2 s. */
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

  /**
   * Whether more calls were made than one per 2 s and a burst.
   * @param urgent something has just changed: a second burst is allowed for that
   */
  inDebt(calls: number, now: number, urgent = false): boolean {
    return calls > BURST * (urgent ? 2 : 1) + (now - this.#started) / USUAL_MS
  }

  /** Milliseconds until the next look. */
  next(calls: number, now: number): number {
    const slowed = USUAL_MS * 2 ** this.#throttles
    return Math.min(SLOWEST_MS, this.inDebt(calls, now) ? slowed * IN_DEBT : slowed)
  }
}
