import {InputError} from '../../core/errors.ts'
import {collectionPath, REPLICA_SET} from '../api/discovery.ts'
import type {Resource} from '../api/discovery.ts'
import type {KubeApi} from '../api/kube-api.ts'
import {isForbidden} from '../api/kube-error.ts'
import {sameJson, title, valueAt} from '../object.ts'
import type {Json, JsonObject, KubeObject} from '../object.ts'
import {isOwnedBy, workloadSpec} from '../watch/workload.ts'
import {apply} from './apply.ts'
import type {ApplySettings} from './dry-run.ts'
import type {Need} from './preflight.ts'
import {extract, ownedFields} from './managed-fields.ts'
import {deleteBrokenPods, failedRevision} from './undo.ts'

/** One version of a workload's pod template that the cluster still keeps. */
export interface Revision {
  readonly number: number
  /** Of the ReplicaSet or ControllerRevision that keeps it. */
  readonly name: string
  readonly template: JsonObject
}

const CONTROLLER_REVISION: Resource = {
  apiVersion: 'apps/v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  namespaced: true,
}
const NUMBER = 'deployment.kubernetes.io/revision'
const RESTARTED = 'kubectl.kubernetes.io/restartedAt'

/**
 * Restarts all pods of a workload, as `kubectl rollout restart` does.
 * @param now milliseconds since the epoch
 * @throws {InputError} for a paused Deployment: it would not restart anything
 */
export async function restart(api: KubeApi, path: string, live: KubeObject, now: number): Promise<KubeObject> {
  refusePaused(live)
  const annotations = {[RESTARTED]: new Date(now).toISOString().replace(/\.\d+/, '')}
  const body = {spec: {template: {metadata: {annotations}}}}
  const query = {fieldManager: 'kubectl-rollout'}
  return await api.send({method: 'PATCH', path, query, contentType: 'application/merge-patch+json', body})
}

/** @throws {InputError} for a paused Deployment: nothing that is done to it starts a pod */
export function refusePaused(live: KubeObject): void {
  if (workloadSpec(live).paused === true) {
    throw new InputError(`${title(live)} is paused: resume it first (kubectl rollout resume).`)
  }
}

/** What this user has to be allowed for going back: to see the revisions of these workloads. */
export function revisionNeeds(workloads: readonly KubeObject[]): Need[] {
  return workloads.map(({kind, metadata}) => ({
    verb: 'list',
    resource: kind === 'Deployment' ? REPLICA_SET : CONTROLLER_REVISION,
    names: [],
    ...(metadata.namespace !== undefined && {namespace: metadata.namespace}),
  }))
}

/**
 * The revision to go back to; nothing is changed yet.
 * @param wanted its number or name; undefined for the one before the current
 * @throws {InputError} for a paused Deployment, and for a revision that is not kept any more (the kept ones are named)
 */
export async function revisionToRestore(
  api: KubeApi,
  live: KubeObject,
  wanted: number | string | undefined,
): Promise<Revision> {
  refusePaused(live)
  return choose(live, await revisionsOf(api, live), wanted)
}

/** Puts a workload back to an earlier revision of its pod template. Everything else about it stays as it is. */
export async function rollBack(
  api: KubeApi,
  path: string,
  live: KubeObject,
  settings: ApplySettings,
  {template}: Revision,
): Promise<KubeObject> {
  const {apiVersion, kind, metadata} = live
  const owned = extract(live as unknown as Json, ownedFields(live, settings.fieldManager)) as JsonObject
  const ours = Object.keys(ownedFields(live, settings.fieldManager)).length > 0 ? owned : {}
  const name = {name: metadata.name ?? '', namespace: metadata.namespace ?? ''}
  const object = {
    ...ours,
    apiVersion,
    kind,
    metadata: {...(ours['metadata'] as JsonObject | undefined), ...name},
    spec: {...(ours['spec'] as JsonObject | undefined), selector: live.spec?.['selector'], template},
  } as KubeObject
  const failed = kind === 'StatefulSet' ? await failedRevision(api, path) : undefined
  const restored = await exactly(api, path, await apply(api, {path, object}, settings, true), template)
  if (failed !== undefined) await deleteBrokenPods(api, metadata.namespace ?? '', failed)
  return restored
}

// What others brought since (an annotation of a restart) is not ours to leave out of an apply, and goes away here. In
// this order: the apply has taken the fields over, so that the next deployment meets no conflict.
async function exactly(api: KubeApi, path: string, applied: KubeObject, template: JsonObject): Promise<KubeObject> {
  const now = valueAt(applied.spec, ['template']) as JsonObject
  if (sameJson(withoutHash(now), template)) return applied
  const body = [{op: 'replace', path: '/spec/template', value: template}]
  const query = {fieldManager: 'kubectl-rollout'}
  return await api.send({method: 'PATCH', path, query, contentType: 'application/json-patch+json', body})
}

function choose(live: KubeObject, revisions: readonly Revision[], wanted: number | string | undefined): Revision {
  const found =
    wanted === undefined ? revisions[1] : revisions.find(({number, name}) => [number, name].includes(wanted))
  if (found !== undefined) return found
  const kept = revisions.map((one) => String(typeof wanted === 'string' ? one.name : one.number)).join(', ') || 'none'
  if (wanted === undefined)
    throw new InputError(`${title(live)} has no revision before the current one (kept: ${kept}).`)
  throw new InputError(`${title(live)} has no revision ${String(wanted)} any more (kept: ${kept}).`)
}

/**
 * The name of the ControllerRevision that a DaemonSet runs; undefined when this user may not see it. Its own status does
 * not tell it, and its generation counts changes that are no revisions.
 */
export async function daemonRevision(api: KubeApi, live: KubeObject): Promise<string | undefined> {
  try {
    return (await revisionsOf(api, live))[0]?.name
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}

/** The revisions of a workload that the cluster keeps, the newest first. */
export async function revisionsOf(api: KubeApi, live: KubeObject): Promise<Revision[]> {
  const found = live.kind === 'Deployment' ? await replicaSets(api, live) : await controllerRevisions(api, live)
  return found.sort((a, b) => b.number - a.number)
}

interface List {
  readonly items: readonly KubeObject[]
}

async function replicaSets(api: KubeApi, live: KubeObject): Promise<Revision[]> {
  const {items} = await api.send<List>({method: 'GET', path: collectionPath(REPLICA_SET, live.metadata.namespace)})
  const own = items.filter((item) => isOwnedBy(item, live.metadata))
  return own.map((item) => ({
    number: Number(item.metadata.annotations?.[NUMBER] ?? 0),
    name: item.metadata.name ?? '',
    template: withoutHash(valueAt(item.spec, ['template']) as JsonObject),
  }))
}

// The hash is the ReplicaSet's own mark on its pods, not a part of what the author wrote.
function withoutHash(template: JsonObject): JsonObject {
  const labels = Object.entries((valueAt(template, ['metadata', 'labels']) ?? {}) as JsonObject)
  const kept = Object.fromEntries(labels.filter(([name]) => name !== 'pod-template-hash'))
  return {
    ...template,
    metadata: {...(template['metadata'] as JsonObject | undefined), labels: kept, creationTimestamp: undefined},
  }
}

interface ControllerRevision extends KubeObject {
  readonly revision: number
}

async function controllerRevisions(api: KubeApi, live: KubeObject): Promise<Revision[]> {
  const path = collectionPath(CONTROLLER_REVISION, live.metadata.namespace)
  const {items} = await api.send<{items: readonly ControllerRevision[]}>({method: 'GET', path})
  const own = items.filter((item) => isOwnedBy(item, live.metadata))
  return own.map(({revision, metadata, data}) => {
    const template = valueAt(data, ['spec', 'template']) as JsonObject
    const fields = Object.entries(template).filter(([name]) => name !== '$patch')
    return {number: revision, name: metadata.name ?? '', template: withoutHash(Object.fromEntries(fields))}
  })
}
