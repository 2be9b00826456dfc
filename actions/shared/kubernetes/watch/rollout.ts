import type {Clock} from '../../core/clock.ts'
import {humanDuration, stopwatch} from '../../core/clock.ts'
import type {Log} from '../../core/log.ts'
import {answers} from '../api/answers.ts'
import type {KubeApi} from '../api/kube-api.ts'
import {Calm} from './calm.ts'
import {Grace} from './grace.ts'
import {standing, standingTitle} from './standing.ts'
import type {Standing, Tracked} from './standing.ts'
import {openView} from './view.ts'
import type {ClusterView} from './view.ts'

/** How long is waited, and for what. */
export interface Patience {
  /** For everything together, in milliseconds. */
  readonly timeoutMs: number
  /** One grace time, in milliseconds. */
  readonly graceMs: number
  /** False: only what the controllers themselves call failed ends the wait early. */
  readonly failFast: boolean
  /** How long all must go on running once all is rolled out, in milliseconds; 0 for not at all. */
  readonly stableForMs: number
}

/** How a rollout ended. */
export interface Outcome {
  readonly state: 'succeeded' | 'failed' | 'timed-out'
  readonly standings: readonly Standing[]
  /** Those whose time was over. */
  readonly late?: readonly Standing[]
  /** When the server was last heard of, in milliseconds since the epoch, when it does not answer at the end. */
  readonly silentSince?: number
  /** Milliseconds from the start of the wait. */
  readonly tookMs: number
}

/** What the wait needs from the outside. */
export interface Watcher {
  readonly api: KubeApi
  readonly clock: Clock
  readonly log: Log
  readonly cancel: AbortSignal
}

const LOOK_MS = 1_000
/** Changes that arrive together are judged together. */
const SETTLE_MS = 150
const HEARTBEAT_MS = 30_000

/**
 * Waits until everything is rolled out, or until one thing has failed for good; all are watched at once.
 * @param explain called while the view is still open, to gather evidence for what failed
 * @throws {CancelledError} when the run is cancelled
 */
export async function watchRollout<T>(
  watcher: Watcher,
  tracked: readonly Tracked[],
  patience: Patience,
  explain: (outcome: Outcome, view: ClusterView) => Promise<T>,
): Promise<T> {
  const view = await openView(watcher.api, watcher.clock, tracked, {
    cancel: watcher.cancel,
    timeoutMs: patience.timeoutMs,
  })
  try {
    return await explain(await untilDecided(watcher, view, tracked, patience), view)
  } finally {
    await view.close()
  }
}

async function untilDecided(
  {api, clock, log, cancel}: Watcher,
  view: ClusterView,
  tracked: readonly Tracked[],
  patience: Patience,
): Promise<Outcome> {
  const started = clock.now()
  const grace = new Grace(patience.graceMs)
  const calm = new Calm(patience.stableForMs)
  const diary = new Diary(log, started, calm)
  for (;;) {
    cancel.throwIfAborted()
    const changed = view.changed()
    const now = clock.now()
    const judgement = {view, grace, failFast: patience.failFast, now, since: started}
    const seen = tracked.map((one) => standing(one, judgement))
    const standings = calm.judge(seen, view, now)
    const late = standings.filter((one) => isLate(one, now - started, patience))
    const state = watchedOn(verdict(standings, late), calm, view, {now, timeIsUp: now - started >= patience.timeoutMs})
    diary.note(standings, now, view.brokenSince())
    if (state === 'timed-out')
      return {state, standings, late, tookMs: now - started, ...(await silence(api, clock, view))}
    if (state !== undefined) return {state, standings, tookMs: now - started}
    await nextLook(clock, changed, cancel)
  }
}

function verdict(standings: readonly Standing[], late: readonly Standing[]): Outcome['state'] | undefined {
  if (standings.some(({state}) => state === 'failed')) return 'failed'
  if (standings.every(({state}) => state === 'done')) return 'succeeded'
  return late.length > 0 ? 'timed-out' : undefined
}

// A success counts once the calm after it is over, and only when the server was there to tell of a crash in it.
function watchedOn(
  state: Outcome['state'] | undefined,
  calm: Calm,
  view: ClusterView,
  {now, timeIsUp}: {now: number; timeIsUp: boolean},
): Outcome['state'] | undefined {
  if (state !== 'succeeded' || !calm.isWatching) return state
  if (calm.leftMs(now) > 0) return undefined
  if (view.brokenSince() === undefined) return 'succeeded'
  return timeIsUp ? 'timed-out' : undefined
}

function isLate({state, tracked}: Standing, tookMs: number, patience: Patience): boolean {
  return state === 'waiting' && tookMs >= (tracked.timeoutMs ?? patience.timeoutMs)
}

/** What an API server that is well needs at most for its version. */
const ANSWER_MS = 5_000

// A connection that died in silence looks like a cluster in which nothing happens: only a question tells them apart.
async function silence(api: KubeApi, clock: Clock, view: ClusterView): Promise<Pick<Outcome, 'silentSince'>> {
  return (await answers(api, clock, ANSWER_MS)) ? {} : {silentSince: view.lastHeard()}
}

async function nextLook(clock: Clock, changed: Promise<void>, cancel: AbortSignal): Promise<void> {
  const over = new AbortController()
  const wait = clock.sleep(LOOK_MS, AbortSignal.any([over.signal, cancel])).catch(() => undefined)
  await Promise.race([changed.then(() => clock.sleep(SETTLE_MS)), wait])
  over.abort()
}

/** Writes a line when something changed, and one from time to time when nothing did. */
class Diary {
  readonly #log: Log
  readonly #started: number
  readonly #calm: Calm
  readonly #said = new Map<string, string>()
  #lastLine: number
  #toldCalm = false

  constructor(log: Log, started: number, calm: Calm) {
    this.#log = log
    this.#started = started
    this.#calm = calm
    this.#lastLine = started
  }

  note(standings: readonly Standing[], now: number, brokenSince: number | undefined): void {
    for (const one of standings) {
      const name = standingTitle(one, standings)
      if (this.#said.get(name) === one.says) continue
      this.#said.set(name, one.says)
      this.#write(`${MARKS[one.state]} ${name}  ${one.says}`, now)
    }
    if (this.#calm.isWatching && !this.#toldCalm) {
      this.#toldCalm = true
      this.#write(`all rolled out; watching on for ${humanDuration(this.#calm.leftMs(now))}`, now)
    }
    if (now - this.#lastLine >= HEARTBEAT_MS) this.#write(this.#heartbeat(standings, now, brokenSince), now)
  }

  #heartbeat(standings: readonly Standing[], now: number, brokenSince: number | undefined): string {
    if (brokenSince !== undefined) {
      return `still waiting: the API server has not answered for ${humanDuration(now - brokenSince)}; trying on`
    }
    const open = standings.filter(({state}) => state === 'waiting')
    if (open.length > 0) return stillWaiting(open, standings)
    return `all rolled out; ${humanDuration(this.#calm.leftMs(now))} more to watch`
  }

  #write(text: string, now: number): void {
    this.#lastLine = now
    this.#log.line(`  ${stopwatch(now - this.#started)}  ${text.replaceAll('\n', ' ')}`)
  }
}

const MARKS: Readonly<Record<Standing['state'], string>> = {done: '✓', waiting: '·', failed: '✗'}

function stillWaiting(open: readonly Standing[], standings: readonly Standing[]): string {
  const shown = open.slice(0, 3).map((one) => `${standingTitle(one, standings)} ${one.says}`)
  const more = open.length > 3 ? `, and ${String(open.length - 3)} more` : ''
  return `still waiting for ${String(open.length)} of ${String(standings.length)}: ${shown.join('; ')}${more}`
}
