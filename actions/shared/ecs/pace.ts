const USUAL_MS = 2000
const SLOWEST_MS = 20_000
// Calls that may run ahead of one per 2 s: for looks at tasks while all is calm, when something has changed, and when
// tasks fail, which must be seen at any price that can be paid back.
const AHEAD = {calm: 4, changed: 12, failing: 40} as const

/** How much a look behind the services is worth. */
export type Urgency = keyof typeof AHEAD

/**
 * What the watch waits for: tasks that are still on their way, an end that may come any moment, the cause of tasks that
 * fail, or only that a complete deployment stays so.
 */
export type Haste = 'starting' | 'any-moment' | 'failing' | 'complete'

// When calls are paid back by slower looks: from how many ahead of one per 2 s on, and how much slower. The end of a good
// deployment is never seen late for that: where it may come any moment, nothing is paid back.
const PAID_BACK: Readonly<Record<Exclude<Haste, 'any-moment'>, {readonly from: number; readonly slower: number}>> = {
  starting: {from: -1, slower: 2},
  failing: {from: 8, slower: 2.5},
  complete: {from: 0, slower: 2.5},
}
// The first tasks of a small service may be up, and its deployment over, within seconds.
const EARLY_MS = 15_000

/**
 * How fast to look again: every 2 s, which is one call per 2 s; slower when AWS throttles. What was called beyond that
 * is limited, and paid back while no end can come.
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
    return this.#ahead(calls, now) > AHEAD[urgency]
  }

  /** Milliseconds until the next look. */
  next(calls: number, now: number, haste: Haste): number {
    return Math.min(SLOWEST_MS, USUAL_MS * 2 ** this.#throttles * this.#slower(calls, now, haste))
  }

  #slower(calls: number, now: number, haste: Haste): number {
    if (haste === 'any-moment' || (haste === 'starting' && now - this.#started < EARLY_MS)) return 1
    const {from, slower} = PAID_BACK[haste]
    return this.#ahead(calls, now) > from ? slower : 1
  }

  #ahead(calls: number, now: number): number {
    return calls - (now - this.#started) / USUAL_MS
  }
}
