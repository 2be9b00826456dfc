import {Pace} from '../../actions/shared/ecs/pace.ts'

/** A quota of AWS, as a token bucket for an account in a region. */
export interface Quota {
  readonly size: number
  /** Tokens per second. */
  readonly refill: number
}

/**
 * The quotas of the ECS API that a deployment uses
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html#throttling-quotas).
 */
export const ECS_QUOTAS = {
  register: {size: 20, refill: 1},
  update: {size: 50, refill: 5},
  services: {size: 100, refill: 20},
  tasks: {size: 100, refill: 20},
} as const satisfies Readonly<Record<string, Quota>>

/** One of {@link ECS_QUOTAS}. */
export type QuotaName = keyof typeof ECS_QUOTAS

/** What is simulated: one region of one account. */
export interface Fleet {
  readonly services: number
  /** How many jobs deploy at the same time. */
  readonly atOnce: number
  /** How long ECS takes for one deployment, in seconds. */
  readonly takes: number
}

/** What came out of it. */
export interface Outcome {
  /** Seconds until the last deployment was seen to be done. */
  readonly wholeSeconds: number
  /** Calls per second on average, over the busiest minute. */
  readonly busiest: Readonly<Record<QuotaName, number>>
  /** Calls that AWS refused, as a share of all. */
  readonly throttled: number
  /** The longest time between the end of a deployment and the moment its job saw it, in seconds. */
  readonly seenLate: number
}

/** Waits before a write is tried again, in seconds: doubling, as the actions have it. */
const FIRST_RETRY = 1
const LONGEST_RETRY = 20

/**
 * Plays the deployments of a region in simulated time: each job registers, updates, and then looks at the pace that ecs-deploy
 * itself has ({@link Pace}), slower when AWS throttles. Tasks are looked at when something changes.
 * The same input gives the same outcome.
 */
export function simulate(fleet: Fleet): Outcome {
  const region = new Region()
  const events = new Events()
  const late: number[] = []
  let waiting = fleet.services
  let last = 0
  const next = (at: number): void => {
    if (waiting === 0) return
    waiting -= 1
    new Job(region, events, fleet.takes, (ended, seen) => {
      late.push(seen - ended)
      last = Math.max(last, seen)
      next(seen)
    }).begin(at)
  }
  // Runners do not start in one moment: GitHub hands the jobs out over some seconds.
  for (let job = 0; job < Math.min(fleet.atOnce, fleet.services); job += 1) next(job * 0.2)
  events.run()
  return {wholeSeconds: Math.round(last), ...region.told(), seenLate: Math.round(Math.max(...late))}
}

class Events {
  readonly #queue: {at: number; run: (at: number) => void}[] = []

  at(at: number, run: (at: number) => void): void {
    const place = this.#queue.findLastIndex((event) => event.at <= at) + 1
    this.#queue.splice(place, 0, {at, run})
  }

  run(): void {
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) event.run(event.at)
  }
}

class Region {
  readonly #tokens = new Map<QuotaName, {left: number; at: number}>()
  readonly #minutes = new Map<string, number>()
  #calls = 0
  #refused = 0

  /** Whether AWS answers a call at this second. */
  call(name: QuotaName, at: number): boolean {
    const {size, refill} = ECS_QUOTAS[name]
    const bucket = this.#tokens.get(name) ?? {left: size, at: 0}
    const left = Math.min(size, bucket.left + (at - bucket.at) * refill)
    const answered = left >= 1
    this.#tokens.set(name, {left: answered ? left - 1 : left, at})
    this.#calls += 1
    if (!answered) this.#refused += 1
    const minute = `${name} ${String(Math.floor(at / 60))}`
    this.#minutes.set(minute, (this.#minutes.get(minute) ?? 0) + 1)
    return answered
  }

  told(): Pick<Outcome, 'busiest' | 'throttled'> {
    const most = (name: string): number => {
      const counts = [...this.#minutes].filter(([key]) => key.startsWith(`${name} `)).map(([, count]) => count)
      return Math.round((Math.max(0, ...counts) / 60) * 10) / 10
    }
    const busiest = {
      register: most('register'),
      update: most('update'),
      services: most('services'),
      tasks: most('tasks'),
    }
    return {busiest, throttled: this.#refused / this.#calls}
  }
}

class Job {
  readonly #region: Region
  readonly #events: Events
  readonly #takes: number
  readonly #done: (ended: number, seen: number) => void
  #pace = new Pace(0)
  #calls = 0
  #looks = 0

  constructor(region: Region, events: Events, takes: number, done: (ended: number, seen: number) => void) {
    this.#region = region
    this.#events = events
    this.#takes = takes
    this.#done = done
  }

  begin(at: number): void {
    this.#write('register', at, FIRST_RETRY, (registered) => {
      this.#write('update', registered, FIRST_RETRY, (updated) => {
        this.#pace = new Pace(updated * 1000)
        this.#look(updated, updated + this.#takes)
      })
    })
  }

  #write(name: QuotaName, at: number, wait: number, then: (at: number) => void): void {
    if (this.#region.call(name, at)) {
      then(at + 0.2)
      return
    }
    this.#events.at(at + wait, (again) => {
      this.#write(name, again, Math.min(LONGEST_RETRY, wait * 2), then)
    })
  }

  #look(at: number, ends: number): void {
    this.#calls += 1
    this.#looks += 1
    const answered = this.#region.call('services', at)
    if (!answered) this.#pace.throttled()
    else {
      this.#pace.answered()
      if (at >= ends) {
        this.#done(ends, at)
        return
      }
      if (this.#looks % 4 === 0 && !this.#pace.inDebt(this.#calls, at * 1000)) this.#lookAtTasks(at)
    }
    this.#events.at(at + this.#pace.next(this.#calls, at * 1000, 'any-moment') / 1000, (next) => {
      this.#look(next, ends)
    })
  }

  #lookAtTasks(at: number): void {
    for (let call = 0; call < 2; call += 1) {
      this.#calls += 1
      if (!this.#region.call('tasks', at)) this.#pace.throttled()
    }
  }
}
