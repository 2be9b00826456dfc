import {humanDuration} from '../../core/clock.ts'
import type {Clock} from '../../core/clock.ts'
import {collectionPath, EVENT, POD, REPLICA_SET} from '../api/discovery.ts'
import type {Resource} from '../api/discovery.ts'
import type {KubeApi} from '../api/kube-api.ts'
import {isForbidden, KubeError} from '../api/kube-error.ts'
import type {KubeObject} from '../object.ts'
import {listWatch} from './list-watch.ts'
import type {ListWatch} from './list-watch.ts'

/** An event as the core API lists it: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
export interface KubeEvent extends KubeObject {
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly count?: number
  readonly series?: {readonly count?: number; readonly lastObservedTime?: string}
  readonly firstTimestamp?: string | null
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
  readonly involvedObject?: {readonly kind?: string; readonly name?: string; readonly uid?: string}
}

/** Collections that are to be seen: a kind in a namespace. */
export interface Scope {
  readonly resource: Resource
  readonly namespace: string | undefined
}

/** What is going on in the cluster, as of now: one list and watch per kind and namespace, whatever is deployed. */
export interface ClusterView {
  /** All objects of a kind in a namespace; empty for what may not be seen. */
  all(scope: Scope): readonly KubeObject[]
  /** The object with this uid, or undefined. */
  byUid(scope: Scope, uid: string): KubeObject | undefined
  /** Since when the server has not answered, in milliseconds since the epoch; undefined while all is well. */
  brokenSince(): number | undefined
  /** When the server last said anything, in milliseconds since the epoch. */
  lastHeard(): number
  /** Resolves at the next change of anything. */
  changed(): Promise<void>
  /** How many collections are watched. */
  readonly watches: number
  /** Ends all watches. */
  close(): Promise<void>
}

/** When opening a view is given up. */
export interface OpenLimits {
  readonly cancel: AbortSignal
  readonly timeoutMs: number
}

/**
 * Opens a view on the scopes, and on the pods, replica sets and events of their namespaces.
 * @throws {KubeError} when one of the scopes themselves cannot be listed, or the server does not answer in time
 */
export async function openView(
  api: KubeApi,
  clock: Clock,
  scopes: readonly Scope[],
  limits: OpenLimits,
): Promise<ClusterView> {
  const stop = new AbortController()
  const bell = makeBell()
  const lists = new Map<string, ListWatch>()
  const open = (scope: Scope): ListWatch => {
    const known = lists.get(keyOf(scope))
    if (known !== undefined) return known
    const made = listWatch(api, clock, collectionPath(scope.resource, scope.namespace), bell.ring, stop.signal)
    lists.set(keyOf(scope), made)
    return made
  }
  const close = async (): Promise<void> => {
    stop.abort()
    await Promise.all([...lists.values()].map(({ended}) => ended))
  }
  try {
    const own = scopes.map((scope) => open(scope).synced)
    const others = besides(scopes).map((scope) => open(scope).synced.catch(tolerateForbidden))
    const trouble = (): Error | undefined =>
      [...lists.values()].map((list) => list.trouble()).find((one) => one !== undefined)
    await inTime(Promise.all([...own, ...others]), trouble, clock, limits)
  } catch (error) {
    await close()
    throw error
  }
  return {
    all: (scope) => [...(lists.get(keyOf(scope))?.objects.values() ?? [])],
    byUid: (scope, uid) => lists.get(keyOf(scope))?.objects.get(uid),
    brokenSince: () => [...lists.values()].map((list) => list.brokenSince()).find((since) => since !== undefined),
    lastHeard: () => Math.max(0, ...[...lists.values()].map((list) => list.lastHeard())),
    changed: bell.rung,
    watches: lists.size,
    close,
  }
}

async function inTime(
  lists: Promise<unknown>,
  trouble: () => Error | undefined,
  clock: Clock,
  {cancel, timeoutMs}: OpenLimits,
): Promise<void> {
  const over = new AbortController()
  const late = clock.sleep(timeoutMs, AbortSignal.any([over.signal, cancel])).then(() => {
    throw trouble() ?? new KubeError(0, `no answer within ${humanDuration(timeoutMs)}`)
  })
  try {
    await Promise.race([lists, late])
  } finally {
    late.catch(() => undefined)
    over.abort()
  }
}

function besides(scopes: readonly Scope[]): Scope[] {
  const namespaces = new Set(scopes.flatMap(({namespace}) => namespace ?? []))
  return [...namespaces].flatMap((namespace) => [POD, REPLICA_SET, EVENT].map((resource) => ({resource, namespace})))
}

// Without pods and events a failure is only explained less well.
function tolerateForbidden(error: unknown): void {
  if (!isForbidden(error)) throw error
}

function keyOf({resource, namespace}: Scope): string {
  return `${resource.apiVersion}/${resource.plural}/${resource.namespaced ? (namespace ?? '') : ''}`
}

function makeBell(): {ring: () => void; rung: () => Promise<void>} {
  let next = Promise.withResolvers<undefined>()
  return {
    ring: () => {
      next.resolve(undefined)
      next = Promise.withResolvers<undefined>()
    },
    rung: () => next.promise,
  }
}
