import {Failure} from '../../core/diagnosis.ts'
import type {Diagnosis} from '../../core/diagnosis.ts'
import {collectionPath} from '../api/discovery.ts'
import type {KubeApi} from '../api/kube-api.ts'
import {KubeError} from '../api/kube-error.ts'
import {inParallel} from '../api/parallel.ts'
import {title} from '../object.ts'
import type {KubeObject} from '../object.ts'
import {keepConfigMark} from './config-mark.ts'
import {fieldChanges} from './diff.ts'
import type {FieldChange} from './diff.ts'
import {PART_OF} from './member-label.ts'
import {liveState} from './live-state.ts'
import type {LiveState} from './live-state.ts'
import {conflictsOf, isClientSideApplied, isClientSideOnly} from './managed-fields.ts'
import {withoutNotes} from './wanted.ts'
import type {Wanted} from './wanted.ts'

/** What applying one object would do. */
export interface Change {
  readonly wanted: Wanted
  readonly action: 'create' | 'change' | 'same'
  /** The object as it is now; undefined when it is new. */
  readonly live: KubeObject | undefined
  /** The object as it would be, after defaulting and admission. */
  readonly after: KubeObject
  readonly fields: readonly FieldChange[]
  /** The fields of plain `kubectl apply` are to be taken over first. */
  readonly takeOver: boolean
  /** Set when the server takes the object only without what we note on it about the run. */
  readonly unnoted?: boolean
  /** Why the server could not check the object beforehand, when it could not. */
  readonly unchecked?: string
}

/** How objects are applied. */
export interface ApplySettings {
  readonly fieldManager: string
  /** Take fields that others own. */
  readonly force: boolean
  /** Namespaces that are created by this run. */
  readonly newNamespaces: readonly string[]
}

/** The query of a server-side apply: https://kubernetes.io/docs/reference/using-api/server-side-apply/ */
export function applyQuery({fieldManager}: ApplySettings, force: boolean, dryRun: boolean): Record<string, string> {
  return {
    fieldManager,
    force: String(force),
    fieldValidation: 'Strict',
    ...(dryRun && {dryRun: 'All'}),
  }
}

/**
 * Has the server apply the whole set without storing it, and compares with what is there.
 * @throws {Failure} with every object that the server would refuse
 */
export async function dryRun(api: KubeApi, set: readonly Wanted[], settings: ApplySettings): Promise<Change[]> {
  const state = liveState(api, set)
  const results = await inParallel(set, async (wanted): Promise<Change | Refused> => {
    try {
      return await tryOne(api, wanted, set, state, settings)
    } catch (error) {
      if (!(error instanceof KubeError) || error.status === 0) throw error
      return {wanted, error}
    }
  })
  const refused = results.filter((result): result is Refused => 'error' in result)
  if (refused.length > 0) throw refusal(refused)
  return results.filter((result): result is Change => !('error' in result))
}

async function tryOne(
  api: KubeApi,
  wanted: Wanted,
  set: readonly Wanted[],
  state: LiveState,
  settings: ApplySettings,
): Promise<Change> {
  const blind = cannotCheck(wanted, settings)
  if (blind !== undefined) {
    if (blind === 'namespace') await validateElsewhere(api, wanted)
    const unchecked = blind === 'namespace' ? 'its namespace is new' : 'its definition is new'
    return {wanted, action: 'create', live: undefined, after: wanted.object, fields: [], takeOver: false, unchecked}
  }
  if (wanted.object.metadata.name === undefined) return await tryCreate(api, wanted, settings)
  const live = await state.of(wanted)
  const steady = {...wanted, object: keepConfigMark(await keepScaled(state, wanted, live, set), live)}
  const {object, after, unnoted} = await tryNoted(api, steady, settings)
  const takeOver = live !== undefined && isClientSideApplied(live)
  const fields = fieldChanges(live, after)
  const action = live === undefined ? 'create' : fields.length === 0 && !takeOver ? 'same' : 'change'
  return {wanted: {...steady, object}, action, live, after, fields, takeOver, ...(unnoted && {unnoted})}
}

function cannotCheck({resource, namespace}: Wanted, settings: ApplySettings): 'namespace' | 'definition' | undefined {
  if (resource.coming === true) return 'definition'
  return namespace !== undefined && settings.newNamespaces.includes(namespace) ? 'namespace' : undefined
}

// A namespace that is not there cannot be dry-run in, but any other can say whether the object is well formed.
async function validateElsewhere(api: KubeApi, {object, resource}: Wanted): Promise<void> {
  const {labels = {}, annotations = {}} = object.metadata
  const body = {...object, metadata: {labels, annotations, namespace: 'default', generateName: 'slipway-'}}
  const query = {dryRun: 'All', fieldValidation: 'Strict'}
  try {
    await api.send({method: 'POST', path: collectionPath(resource, 'default'), query, body})
  } catch (error) {
    if (!(error instanceof KubeError) || ![400, 422].includes(error.status)) return
    throw error
  }
}

async function tryCreate(api: KubeApi, wanted: Wanted, {fieldManager}: ApplySettings): Promise<Change> {
  const query = {dryRun: 'All', fieldValidation: 'Strict', fieldManager}
  const after = await api.send<KubeObject>({method: 'POST', path: wanted.path, query, body: wanted.object})
  return {wanted, action: 'create', live: undefined, after, fields: [], takeOver: false}
}

/**
 * The object with the live number of replicas when an autoscaler of the set owns that number: the count in the
 * manifest is then only where to start. Leaving the field out instead would reset it to 1.
 */
async function keepScaled(
  state: LiveState,
  {object, namespace}: Wanted,
  live: KubeObject | undefined,
  set: readonly Wanted[],
): Promise<KubeObject> {
  const replicas = live?.spec?.['replicas']
  if (replicas === undefined || object.spec?.['replicas'] === undefined) return object
  if (object.spec['replicas'] === replicas) return object
  const inSet = set.filter((other) => other.namespace === namespace).map((other) => other.object)
  const scaled = [...inSet, ...(await state.autoscalers(namespace ?? ''))].some((other) => scales(other, object))
  return scaled ? {...object, spec: {...object.spec, replicas}} : object
}

function scales(autoscaler: KubeObject, {kind, metadata}: KubeObject): boolean {
  const target = autoscaler.spec?.['scaleTargetRef'] as {kind?: string; name?: string} | undefined
  return autoscaler.kind === 'HorizontalPodAutoscaler' && target?.kind === kind && target.name === metadata.name
}

interface Tried {
  readonly object: KubeObject
  readonly after: KubeObject
  readonly unnoted: boolean
}

// What we note about the run must never fail it, whoever refuses it or owns the annotation
// (https://github.com/Azure/k8s-deploy/issues/149).
async function tryNoted(api: KubeApi, wanted: Wanted, settings: ApplySettings): Promise<Tried> {
  try {
    return {object: wanted.object, after: await tryApply(api, wanted, settings), unnoted: false}
  } catch (error) {
    const bare = withoutNotes(wanted)
    if (!(error instanceof KubeError) || error.status === 0 || bare === undefined) throw error
    return {object: bare, after: await tryApply(api, {...wanted, object: bare}, settings), unnoted: true}
  }
}

async function tryApply(api: KubeApi, {object, path}: Wanted, settings: ApplySettings): Promise<KubeObject> {
  const call = (force: boolean): Promise<KubeObject> =>
    api.send<KubeObject>({
      method: 'PATCH',
      path,
      query: applyQuery(settings, force, true),
      contentType: 'application/apply-patch+yaml',
      body: object,
    })
  try {
    return await call(settings.force)
  } catch (error) {
    if (!(error instanceof KubeError) || !isClientSideOnly(conflictsOf(error.causes))) throw error
    return await call(true)
  }
}

interface Refused {
  readonly wanted: Wanted
  readonly error: KubeError
}

function refusal(refused: readonly Refused[]): Failure {
  const [first] = refused as readonly [Refused]
  const rest = refused.length - 1
  const {reason, cause, advice} = explainRefusal(first)
  const more = rest === 0 ? '' : ` (and ${String(rest)} more ${rest === 1 ? 'object' : 'objects'})`
  return new Failure({
    reason,
    subject: title(first.wanted.object),
    cause: `${cause}${more}`,
    evidence: [
      {
        title: 'what the API server refuses',
        lines: refused.map(({wanted, error}) => `${title(wanted.object)}: ${error.message}`),
      },
    ],
    advice: `${advice}; nothing was changed`,
    place: first.wanted.manifest.place,
  })
}

/** Why the API server refused an object, and what to do. */
export function explainRefusal({wanted, error}: Refused): Pick<Diagnosis, 'reason' | 'cause' | 'advice'> {
  const conflicts = conflictsOf(error.causes)
  if (conflicts.length > 0) {
    const owners = [...new Set(conflicts.map(({owner}) => owner))].join(', ')
    if (conflicts.some(({field}) => field.endsWith(PART_OF))) {
      const advice = 'take it out of one of the two sets of manifests'
      return {reason: 'conflict', cause: `it belongs to another ApplySet, which ${owners} applies`, advice}
    }
    const fields = conflicts.map(({field}) => field).join(', ')
    const advice = 'take the fields out of the manifest, or take them over with "force-conflicts: true"'
    return {reason: 'conflict', cause: `${owners} owns ${fields}`, advice}
  }
  if ([0, 429, 502, 503, 504].includes(error.status)) {
    const advice = 'check the way to the cluster, and run it again'
    return {reason: 'unreachable', cause: `the API server does not answer: ${error.message}`, advice}
  }
  const cause = `the API server refuses it: ${error.message}`
  if (/exceeded quota/.test(error.message)) return {reason: 'quota', cause, advice: 'raise the quota, or ask for less'}
  if (/denied the request/.test(error.message)) return {reason: 'rejected', cause, advice: 'satisfy the policy'}
  if (error.status === 401) {
    const advice = 'let the credentials live longer than the rollout, and run it again'
    return {reason: 'access-denied', cause: `the credentials are not accepted any more: ${error.message}`, advice}
  }
  if (error.status === 403) return {reason: 'access-denied', cause, advice: 'allow this to the user of this job'}
  if (/field is immutable|may not be changed|are forbidden/.test(error.message)) {
    const advice =
      wanted.object.kind === 'Job'
        ? 'a Job cannot be changed: use metadata.generateName, or another name for each run'
        : 'delete the object first, or give the new one another name'
    return {reason: 'invalid-input', cause, advice}
  }
  return {reason: 'invalid-input', cause, advice: 'correct the manifest'}
}
