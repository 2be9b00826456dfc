import {Failure} from '../../core/diagnosis.ts'
import {InputError} from '../../core/errors.ts'
import {collectionPath, objectPath} from '../api/discovery.ts'
import type {Discovery, Resource} from '../api/discovery.ts'
import type {KubeApi} from '../api/kube-api.ts'
import {inParallel} from '../api/parallel.ts'
import {getLive} from '../change/live-state.ts'
import {PART_OF} from '../change/member-label.ts'
import {requirePermissions} from '../change/preflight.ts'
import type {Need} from '../change/preflight.ts'
import type {Wanted} from '../change/wanted.ts'
import {groupOf, title} from '../object.ts'
import type {KubeObject} from '../object.ts'
import {readExtent, setTitle} from './apply-set.ts'
import type {ApplySet, Extent} from './apply-set.ts'

/** A member of the set in the cluster that the manifests do not hold any more. */
export interface Stale {
  readonly resource: Resource
  readonly namespace: string | undefined
  readonly path: string
  readonly live: KubeObject
  /** Why it is left alone all the same; undefined when it is to be deleted. */
  readonly kept?: string
}

/** What pruning a set would do. */
export interface PrunePlan {
  readonly set: ApplySet
  /** As noted on the parent now. */
  readonly before: Extent
  /** Where the objects of the manifests are. */
  readonly wanted: Extent
  readonly stale: readonly Stale[]
}

/** What goes with more than itself: everything inside, all objects of a kind, or data. */
const PROTECTED = ['Namespace', 'CustomResourceDefinition', 'PersistentVolumeClaim', 'PersistentVolume']
/** An object with this annotation and the value `false` is not deleted. */
const KEEP = 'slipway.dev/prune'

/** The objects with the label of the set on each; their pods do not get it. */
export function asMembers(wanted: readonly Wanted[], {id}: ApplySet): Wanted[] {
  return wanted.map((one) => {
    const {metadata} = one.object
    return {...one, object: {...one.object, metadata: {...metadata, labels: {...metadata.labels, [PART_OF]: id}}}}
  })
}

/** @throws {InputError} when the set reaches into a namespace of the cluster itself */
export function refuseSystemNamespaces(set: ApplySet, {namespaces}: Extent): void {
  const system = [set.namespace, ...namespaces].find((name) => name.startsWith('kube-'))
  if (system === undefined) return
  throw new InputError(
    `Input "prune" is "true", but ${setTitle(set)} reaches into namespace ${system}, which belongs to the cluster: prune nothing there.`,
  )
}

/** Where objects are, seen from the parent of their set. */
export function extentOf(objects: readonly Pick<Wanted, 'resource' | 'namespace'>[], set: ApplySet): Extent {
  const others = objects.flatMap(({namespace}) => namespace ?? []).filter((name) => name !== set.namespace)
  return {
    groupKinds: [...new Set(objects.map(({resource}) => groupKind(resource)))].sort(),
    namespaces: [...new Set(others)].sort(),
  }
}

function groupKind({apiVersion, kind}: Pick<Resource, 'apiVersion' | 'kind'>): string {
  const group = groupOf(apiVersion)
  return group === '' ? kind : `${kind}.${group}`
}

/**
 * Finds the members of the set that the manifests do not hold any more.
 * @throws {Failure} for a set of another tool
 * @throws {InputError} when the set reaches into a namespace of the cluster itself
 */
export async function planPrune(
  api: KubeApi,
  discovery: Discovery,
  set: ApplySet,
  wanted: readonly Wanted[],
): Promise<PrunePlan> {
  const now = extentOf(wanted, set)
  refuseSystemNamespaces(set, now)
  await requirePermissions(api, parentNeeds(set))
  const before = await readExtent(api, set)
  refuseSystemNamespaces(set, before)
  const scopes = await scopesOf(discovery, set, before)
  await requirePermissions(api, scopes.map(needing('list')))
  const members = (await inParallel(scopes, (scope) => listMembers(api, set, scope))).flat()
  const held = new Set(wanted.map(keyOf))
  const stale = members.filter((member) => !held.has(keyOf(member)) && !isParent(set, member))
  const plan = {set, before, wanted: now, stale}
  await requirePermissions(api, doomed(plan).map(needing('delete')))
  return plan
}

function parentNeeds({parent, name, namespace}: ApplySet): Need[] {
  return ['get', 'patch'].map((verb) => ({verb, resource: parent, namespace, names: [name]}))
}

const needing =
  (verb: string) =>
  ({resource, namespace}: Placed): Need => ({
    verb,
    resource,
    names: [],
    ...(namespace !== undefined && {namespace}),
  })

interface Placed {
  readonly resource: Resource
  readonly namespace: string | undefined
}

// By group, not by version: an object is the same in all versions of its kind.
function keyOf(one: Placed & {readonly object?: KubeObject; readonly live?: KubeObject}): string {
  const {name} = (one.live ?? one.object)?.metadata ?? {}
  return [groupKind(one.resource), one.namespace ?? '', name ?? ''].join('/')
}

function isParent({parent, name, namespace}: ApplySet, member: Stale): boolean {
  return member.live.kind === parent.kind && member.live.metadata.name === name && member.namespace === namespace
}

async function scopesOf(
  discovery: Discovery,
  set: ApplySet,
  {groupKinds, namespaces}: Extent,
): Promise<readonly Placed[]> {
  const resources = await inParallel(groupKinds, (text) => discovery.findInGroup(kindOf(text), groupIn(text)))
  // A kind whose definition is gone has no objects any more.
  const known = resources.filter((resource) => resource !== undefined)
  return known.flatMap((resource): Placed[] =>
    resource.namespaced
      ? [set.namespace, ...namespaces].map((namespace) => ({resource, namespace}))
      : [{resource, namespace: undefined}],
  )
}

const kindOf = (groupAndKind: string): string => groupAndKind.split('.')[0] ?? ''
const groupIn = (groupAndKind: string): string => groupAndKind.split('.').slice(1).join('.')

async function listMembers(api: KubeApi, set: ApplySet, {resource, namespace}: Placed): Promise<Stale[]> {
  const query = {labelSelector: `${PART_OF}=${set.id}`}
  const path = collectionPath(resource, namespace)
  const {items} = await api.send<{items: readonly KubeObject[]}>({method: 'GET', path, query})
  return items.flatMap((item) => {
    const live = {...item, apiVersion: resource.apiVersion, kind: resource.kind}
    // What a controller made for a member bears its labels at times, and goes when the member goes.
    if (live.metadata.ownerReferences?.some(({controller}) => controller === true)) return []
    const {name = ''} = live.metadata
    const kept = keptBecause(live)
    return [{resource, namespace, path: objectPath(resource, name, namespace), live, ...(kept !== undefined && {kept})}]
  })
}

function keptBecause({kind, metadata}: KubeObject): string | undefined {
  if (metadata.annotations?.[KEEP] === 'false') return `${KEEP}: "false"`
  return PROTECTED.includes(kind) ? `a ${kind} is never deleted here` : undefined
}

/** What is to be deleted of a plan. */
export function doomed({stale}: PrunePlan): Stale[] {
  return stale.filter(({kept}) => kept === undefined)
}

/**
 * An object belongs to one set only.
 * @throws {Failure} with those of the manifests that belong to another one
 */
export function refuseMembersOfOthers(live: readonly (KubeObject | undefined)[], set: ApplySet): void {
  const others = live.filter((one) => one !== undefined).filter(({metadata}) => isElsewhere(metadata.labels, set))
  const [first] = others
  if (first === undefined) return
  const more = others.length === 1 ? '' : ` (and ${String(others.length - 1)} more)`
  throw new Failure({
    reason: 'conflict',
    subject: title(first),
    cause: `it belongs to another ApplySet, ${first.metadata.labels?.[PART_OF] ?? ''}${more}`,
    advice: 'take it out of one of the two sets of manifests, or remove its label; nothing was changed',
  })
}

const isElsewhere = (labels: Readonly<Record<string, string>> | undefined, {id}: ApplySet): boolean =>
  labels?.[PART_OF] !== undefined && labels[PART_OF] !== id

/** The member as it is now, if it is still the one that was announced and nobody has applied it since. */
export async function stillStale(api: KubeApi, {path, live}: Stale): Promise<boolean> {
  const now = (await getLive(api, path))?.metadata
  const then = live.metadata
  return (
    now?.uid === then.uid &&
    now?.labels?.[PART_OF] === then.labels?.[PART_OF] &&
    now?.annotations?.['slipway.dev/run'] === then.annotations?.['slipway.dev/run']
  )
}
