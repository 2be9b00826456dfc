import type {Patience} from './causes.ts'
import type {Problem} from './problem.ts'

/** How many grace times each kind of patience lasts. */
const GRACES: Readonly<Record<Patience, number>> = {none: 0, short: 1, double: 2, long: 4}

/** Remembers since when each trouble is there, so that what heals itself is given time and nothing else is. */
export class Grace {
  readonly #graceMs: number
  readonly #since = new Map<string, number>()

  /** @param graceMs one grace time, in milliseconds */
  constructor(graceMs: number) {
    this.#graceMs = graceMs
  }

  /**
   * Whether the trouble has lasted longer than it is given. A trouble that comes and goes (a container that runs for a
   * moment between two crashes) counts from its first appearance.
   * @param owner who has the trouble: a pod's or a workload's uid
   * @param now milliseconds since the epoch
   */
  isOver(owner: string, problem: Problem, now: number): boolean {
    const key = `${owner} ${problem.group}`
    const since = this.#since.get(key) ?? now
    this.#since.set(key, since)
    return now - since >= GRACES[problem.patience] * this.#graceMs
  }

  /** Forgets the troubles of a pod that became ready. */
  forget(owner: string): void {
    for (const key of this.#since.keys()) if (key.startsWith(`${owner} `)) this.#since.delete(key)
  }
}
