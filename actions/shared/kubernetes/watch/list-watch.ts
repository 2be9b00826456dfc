import type {Clock} from '../../core/clock.ts'
import type {KubeApi} from '../api/kube-api.ts'
import {isForbidden, isNotFound, KubeError} from '../api/kube-error.ts'
import type {KubeObject} from '../object.ts'

/** One collection, kept up to date. */
export interface ListWatch {
  /** All objects as of the last event, by uid. */
  readonly objects: ReadonlyMap<string, KubeObject>
  /** Resolves when the first list is in. @throws {KubeError} when the list is refused */
  readonly synced: Promise<void>
  /** Since when the server has not answered, in milliseconds since the epoch; undefined while all is well. */
  readonly brokenSince: () => number | undefined
  /** Why it does not answer; undefined while all is well. */
  readonly trouble: () => Error | undefined
  /** When the server last said anything about it, in milliseconds since the epoch. */
  readonly lastHeard: () => number
  /** Ends when the signal it was made with is aborted. Never rejects. */
  readonly ended: Promise<void>
}

interface List {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {readonly resourceVersion: string; readonly continue?: string}
  readonly items: readonly KubeObject[]
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: KubeObject & {readonly code?: number; readonly message?: string}
}

const PAGE = '500'
/**
 * The server is asked to end a watch after this many seconds. One that is still there a little later died in silence,
 * as does a connection whose network address translation has forgotten it: the next one starts where it was.
 */
const WATCH_SECONDS = 60
const WATCH_LEEWAY_SECONDS = 5
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 5_000

/**
 * Lists a collection and follows it from there, for ever: after a reset or a refresh of credentials from where it
 * was, after 410 Gone from a new list
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes).
 * @param path of the collection
 * @param onChange called after every change of `objects`
 */
export function listWatch(
  api: KubeApi,
  clock: Clock,
  path: string,
  onChange: () => void,
  signal: AbortSignal,
): ListWatch {
  const follower = new Follower(api, clock, path, onChange, signal)
  return {
    objects: follower.objects,
    synced: follower.synced.promise,
    brokenSince: () => follower.brokenSince,
    trouble: () => follower.trouble,
    lastHeard: () => follower.lastHeard,
    ended: follower.run(),
  }
}

class Follower {
  readonly objects = new Map<string, KubeObject>()
  readonly synced = Promise.withResolvers<undefined>()
  brokenSince: number | undefined
  trouble: Error | undefined
  lastHeard: number
  readonly #api: KubeApi
  readonly #clock: Clock
  readonly #path: string
  readonly #onChange: () => void
  readonly #signal: AbortSignal
  /** From where to follow; undefined when a new list is needed. */
  #version: string | undefined
  #pause = FIRST_PAUSE_MS

  constructor(api: KubeApi, clock: Clock, path: string, onChange: () => void, signal: AbortSignal) {
    this.#api = api
    this.#clock = clock
    this.lastHeard = clock.now()
    this.#path = path
    this.#onChange = onChange
    this.#signal = signal
    // A refused list is reported by whoever awaits `synced`, and must not end the process when nobody does.
    this.synced.promise.catch(() => undefined)
  }

  async run(): Promise<void> {
    for (;;) {
      try {
        if (this.#version === undefined) await this.#list()
        await this.#follow()
        // A server that ends every watch at once must not be asked in a tight circle.
        await this.#clock.sleep(FIRST_PAUSE_MS, this.#signal)
      } catch (error) {
        if (this.#signal.aborted) return
        if (!(await this.#recover(error))) return
      }
    }
  }

  async #list(): Promise<void> {
    const fresh = new Map<string, KubeObject>()
    let next: string | undefined
    let version: string
    do {
      const query = {limit: PAGE, continue: next}
      const list: List = await this.#api.send<List>({method: 'GET', path: this.#path, query})
      // The items of a list do not repeat what the list says already.
      const type = {apiVersion: list.apiVersion, kind: list.kind.replace(/List$/, '')}
      for (const item of list.items) fresh.set(keyOf(item), slim({...item, ...type}))
      version = list.metadata.resourceVersion
      next = list.metadata.continue === '' ? undefined : list.metadata.continue
    } while (next !== undefined)
    this.objects.clear()
    for (const [key, item] of fresh) this.objects.set(key, item)
    this.#version = version
    this.#well()
    this.synced.resolve(undefined)
    this.#onChange()
  }

  async #follow(): Promise<void> {
    const query = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(WATCH_SECONDS),
      resourceVersion: this.#version,
    }
    const silence = AbortSignal.timeout((WATCH_SECONDS + WATCH_LEEWAY_SECONDS) * 1000)
    for await (const line of this.#api.lines(this.#path, query, AbortSignal.any([this.#signal, silence]))) {
      if (line !== '') this.#take(JSON.parse(line) as WatchEvent)
    }
  }

  #take({type, object}: WatchEvent): void {
    if (type === 'ERROR') throw new KubeError(object.code ?? 500, JSON.stringify(object))
    this.#version = object.metadata.resourceVersion
    this.#well()
    if (type === 'BOOKMARK') return
    if (type === 'DELETED') this.objects.delete(keyOf(object))
    else this.objects.set(keyOf(object), slim(object))
    this.#onChange()
  }

  #well(): void {
    this.lastHeard = this.#clock.now()
    this.brokenSince = undefined
    this.trouble = undefined
    this.#pause = FIRST_PAUSE_MS
  }

  // 401 in the middle is a token that was just renewed; a kind that cannot be listed at all will not heal.
  async #recover(error: unknown): Promise<boolean> {
    const refused = isForbidden(error) || isNotFound(error)
    if (refused && this.#version === undefined && !(error instanceof KubeError && error.status === 401)) {
      this.synced.reject(error)
      return false
    }
    if (!(error instanceof KubeError) || error.status === 410 || error.status === 400) this.#version = undefined
    this.brokenSince ??= this.#clock.now()
    this.trouble = error as Error
    const wait = error instanceof KubeError && error.retryAfter !== undefined ? error.retryAfter * 1000 : this.#pause
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS)
    await this.#clock.sleep(wait, this.#signal).catch(() => undefined)
    return true
  }
}

function keyOf({metadata}: KubeObject): string {
  return metadata.uid ?? `${metadata.namespace ?? ''}/${metadata.name ?? ''}`
}

// Managed fields are half of an object and say nothing about a rollout.
function slim(object: KubeObject): KubeObject {
  return {...object, metadata: {...object.metadata, managedFields: []}}
}
