import type {Clock} from '../../core/clock.ts'
import {Failure} from '../../core/diagnosis.ts'
import {collectionPath, NAMESPACE} from '../api/discovery.ts'
import type {KubeApi} from '../api/kube-api.ts'
import {isNotFound, KubeError} from '../api/kube-error.ts'
import {inParallel} from '../api/parallel.ts'
import {condition, title} from '../object.ts'
import type {KubeObject} from '../object.ts'
import {applyQuery, explainRefusal} from './dry-run.ts'
import {getLive} from './live-state.ts'
import type {ApplySettings, Change} from './dry-run.ts'
import {isClientSideApplied, takenOver} from './managed-fields.ts'
import {inStages, isGroundStage, isWorkloadStage} from './order.ts'
import type {Wanted} from './wanted.ts'

/** An object that is in the cluster now. */
export interface Applied {
  readonly change: Change
  /** As the server stored it. */
  readonly object: KubeObject
  /** The answer was lost: it may be as it was before, or as wanted. */
  readonly unsure?: true
}

/** What is applied, and what happens on the way. */
export interface ApplyPlan {
  readonly api: KubeApi
  readonly clock: Clock
  readonly changes: readonly Change[]
  readonly settings: ApplySettings
  readonly cancel: AbortSignal
  /** Told after each object, so that a cancelled run knows what it has to undo. */
  readonly onApplied: (applied: Applied) => void
  /** Runs when namespaces and definitions are there, and nothing that lives in them has been applied. */
  readonly beforeContents: () => Promise<void>
  /** Runs when everything that workloads build on is in place, service accounts too. */
  readonly beforeWorkloads: () => Promise<void>
}

const ESTABLISH_TIMEOUT_MS = 60_000
const ESTABLISH_PAUSE_MS = 500

/**
 * Applies what differs, stage by stage: what a stage needs is in place before it starts.
 * @throws {Failure} that names the object the server refused after all; what was applied before it stays known
 * through `onApplied`
 */
export async function applyAll(plan: ApplyPlan): Promise<void> {
  const {api, clock, changes, settings, cancel} = plan
  for (const name of settings.newNamespaces) await createNamespace(api, name, changes)
  let grounded = false
  let prepared = false
  for (const stage of inStages(changes, ({wanted}) => wanted.object)) {
    if (!grounded && stage.some(({wanted}) => !isGroundStage(wanted.object))) {
      await plan.beforeContents()
      grounded = true
    }
    if (!prepared && stage.some(({wanted}) => isWorkloadStage(wanted.object))) {
      await plan.beforeWorkloads()
      prepared = true
    }
    const applied = await inParallel(stage, async (change) => {
      cancel.throwIfAborted()
      const result = {change, object: change.action === 'same' ? change.after : await applyOne(plan, change)}
      plan.onApplied(result)
      return result
    })
    await established(api, clock, applied, cancel)
  }
  if (!grounded) await plan.beforeContents()
}

async function createNamespace(api: KubeApi, name: string, changes: readonly Change[]): Promise<void> {
  const inSet = changes.some(({wanted: {object}}) => object.kind === 'Namespace' && object.metadata.name === name)
  if (inSet) return
  try {
    const body = {apiVersion: 'v1', kind: 'Namespace', metadata: {name}}
    await api.send({method: 'POST', path: collectionPath(NAMESPACE), body})
  } catch (error) {
    if (!(error instanceof KubeError && error.reason === 'AlreadyExists')) throw error
  }
}

async function applyOne({api, clock, settings, onApplied}: ApplyPlan, change: Change): Promise<KubeObject> {
  const {wanted} = change
  try {
    if (wanted.object.metadata.name === undefined) {
      const {fieldManager} = settings
      return await api.send({method: 'POST', path: wanted.path, query: {fieldManager}, body: wanted.object})
    }
    if (change.takeOver && change.live !== undefined) await takeOver(api, change, change.live, settings.fieldManager)
    return await untilKnown(clock, () => apply(api, wanted, settings, settings.force))
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    // What went out and was not answered may have been obeyed.
    if (error.status === 0) onApplied({change, object: change.after, unsure: true})
    const {reason, cause, advice} = explainRefusal({wanted, error})
    throw new Failure({reason, subject: title(wanted.object), cause, advice, place: wanted.manifest.place})
  }
}

/** Sends one server-side apply. @param force take fields that others own */
export async function apply(
  api: KubeApi,
  {path, object}: Pick<Wanted, 'path' | 'object'>,
  settings: ApplySettings,
  force: boolean,
): Promise<KubeObject> {
  return await api.send<KubeObject>({
    method: 'PATCH',
    path,
    query: applyQuery(settings, force, false),
    contentType: 'application/apply-patch+yaml',
    body: object,
  })
}

// The API of a definition that was established a moment ago may still be missing on one of the API servers.
async function untilKnown(clock: Clock, call: () => Promise<KubeObject>): Promise<KubeObject> {
  const end = clock.now() + 10_000
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!isNotFound(error) || !/could not find the requested resource/.test((error as Error).message)) throw error
      if (clock.now() >= end) throw error
      await clock.sleep(ESTABLISH_PAUSE_MS)
    }
  }
}

/** A controller that writes the status of a busy object gets in between; so often in a row only one that is broken. */
const TAKE_OVER_TRIES = 10

async function takeOver(api: KubeApi, change: Change, live: KubeObject, manager: string): Promise<void> {
  const {path} = change.wanted
  let seen: KubeObject | undefined = live
  for (let attempt = 1; seen !== undefined && isClientSideApplied(seen); attempt++) {
    const body = [
      {op: 'replace', path: '/metadata/managedFields', value: takenOver(seen, manager)},
      {op: 'replace', path: '/metadata/resourceVersion', value: seen.metadata.resourceVersion},
    ]
    try {
      await api.send({method: 'PATCH', path, contentType: 'application/json-patch+json', body})
      return
    } catch (error) {
      if (!(error instanceof KubeError && error.status === 409) || attempt === TAKE_OVER_TRIES) throw error
      seen = await getLive(api, path)
    }
  }
}

// Objects of a kind can be made once its definition is established: see "API discovery" in
// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
async function established(
  api: KubeApi,
  clock: Clock,
  applied: readonly Applied[],
  cancel: AbortSignal,
): Promise<void> {
  const definitions = applied.filter(({object}) => object.kind === 'CustomResourceDefinition')
  const end = clock.now() + ESTABLISH_TIMEOUT_MS
  for (const {change, object} of definitions) {
    let current: KubeObject | undefined = object
    while (current === undefined || condition(current, 'Established')?.status !== 'True') {
      if (clock.now() > end) throw notEstablished(current ?? object)
      await clock.sleep(ESTABLISH_PAUSE_MS, cancel)
      current = await getLive(api, change.wanted.path)
    }
  }
}

function notEstablished(object: KubeObject): Failure {
  const names = condition(object, 'NamesAccepted')
  return new Failure({
    reason: 'rejected',
    subject: title(object),
    cause: `the API server does not serve it after 60 s: ${names?.message ?? 'it gives no reason'}`,
    advice: 'look for another definition with the same names',
  })
}
