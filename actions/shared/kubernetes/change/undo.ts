import {errorMessage} from '../../core/errors.ts'
import type {KubeApi} from '../api/kube-api.ts'
import {getLive} from './live-state.ts'
import type {ApplySettings} from './dry-run.ts'
import {apply} from './apply.ts'
import type {Applied} from './apply.ts'
import {extract, mergeFields, ownedFields} from './managed-fields.ts'
import {inStages} from './order.ts'
import {title} from '../object.ts'
import type {Json, JsonObject, KubeObject} from '../object.ts'

/** What was put back, and what could not be. */
export interface Undone {
  readonly restored: readonly Applied[]
  /** New objects: there is nothing to go back to, and nothing is deleted. */
  readonly left: readonly Applied[]
  readonly problems: readonly string[]
}

/**
 * Puts back what this run changed, and nothing else: every field that we own gets the value it had before, fields
 * that we brought are taken away again, and fields of others are not touched. An object that the run did not change
 * is not touched either: a healthy version must never be rolled back.
 */
export async function undo(api: KubeApi, applied: readonly Applied[], settings: ApplySettings): Promise<Undone> {
  const changed = applied.filter(({change}) => change.action === 'change')
  const restored: Applied[] = []
  const problems: string[] = []
  for (const stage of inStages(changed, ({object}) => object)) {
    for (const one of stage) {
      try {
        restored.push({change: one.change, object: await restore(api, one, settings)})
      } catch (error) {
        problems.push(`${title(one.object)} could not be put back: ${errorMessage(error)}`)
      }
    }
  }
  return {restored, left: applied.filter(({change}) => change.action === 'create'), problems}
}

async function restore(api: KubeApi, {change, object}: Applied, settings: ApplySettings): Promise<KubeObject> {
  const {live, wanted} = change
  if (live === undefined) return object
  const failed = wanted.object.kind === 'StatefulSet' ? await failedRevision(api, wanted.path) : undefined
  const restorable = {path: wanted.path, object: configurationBefore(live, object, settings.fieldManager)}
  const restored = await apply(api, restorable, settings, true)
  if (failed !== undefined) await deleteBrokenPods(api, object.metadata.namespace ?? '', failed)
  return restored
}

/** What our manager has to apply so that an object is as it was before, as far as the fields are ours. */
export function configurationBefore(before: KubeObject, after: KubeObject, manager: string): KubeObject {
  const fields = mergeFields(ownedFields(before, manager), ownedFields(after, manager))
  const values = extract(before as unknown as Json, fields) as JsonObject
  const {apiVersion, kind, metadata} = before
  const name = {name: metadata.name ?? '', ...(metadata.namespace !== undefined && {namespace: metadata.namespace})}
  return {...values, apiVersion, kind, metadata: {...(values['metadata'] as JsonObject | undefined), ...name}}
}

interface PodList {
  readonly items: readonly {
    readonly metadata: {readonly name: string}
    readonly status?: {readonly conditions?: readonly {readonly type: string; readonly status: string}[]}
  }[]
}

/** The revision that a StatefulSet is rolling out and has not finished; undefined when it has. */
export async function failedRevision(api: KubeApi, path: string): Promise<string | undefined> {
  const status = (await getLive(api, path))?.status
  const [current, update] = [status?.['currentRevision'], status?.['updateRevision']]
  return typeof update === 'string' && update !== current ? update : undefined
}

/**
 * Deletes the pods of a failed revision. A StatefulSet waits for a broken pod for ever, also after its template was
 * put back (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback).
 */
export async function deleteBrokenPods(api: KubeApi, namespace: string, revision: string): Promise<void> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`
  const query = {labelSelector: `controller-revision-hash=${revision}`}
  const {items} = await api.send<PodList>({method: 'GET', path, query})
  for (const {metadata, status} of items) {
    const ready = status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false
    if (!ready) await api.send({method: 'DELETE', path: `${path}/${metadata.name}`})
  }
}
