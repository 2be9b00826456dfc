import {createHash} from 'node:crypto'
import {Failure} from '../../core/diagnosis.ts'
import {InputError} from '../../core/errors.ts'
import {objectPath} from '../api/discovery.ts'
import type {Resource} from '../api/discovery.ts'
import type {KubeApi} from '../api/kube-api.ts'
import {getLive} from '../change/live-state.ts'
import {groupOf} from '../object.ts'
import type {KubeObject} from '../object.ts'

const ID = 'applyset.kubernetes.io/id'
const TOOLING = 'applyset.kubernetes.io/tooling'
const KINDS = 'applyset.kubernetes.io/contains-group-kinds'
const NAMESPACES = 'applyset.kubernetes.io/additional-namespaces'

/** Who keeps the set, as `<tool>/<semver>`: the version is that of the way it is kept, not of a release. */
const TOOL = 'slipway/v1.0.0'

/**
 * A named set of objects that are applied together, so that those which leave the manifests can be found again:
 * https://github.com/kubernetes/enhancements/tree/master/keps/sig-cli/3659-kubectl-apply-prune
 */
export interface ApplySet {
  /** ConfigMap or Secret: what stands for the set in the cluster. */
  readonly parent: Resource
  readonly name: string
  readonly namespace: string
  /** The value of the members' label. */
  readonly id: string
}

/** Where the members of a set are. */
export interface Extent {
  /** `Deployment.apps`, `ConfigMap`. */
  readonly groupKinds: readonly string[]
  /** Beside the parent's own. */
  readonly namespaces: readonly string[]
}

const NOWHERE: Extent = {groupKinds: [], namespaces: []}

const PARENTS: Readonly<Record<string, Resource>> = {
  secret: {apiVersion: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true},
  configmap: {apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true},
}

/** The name of a set and what stands for it, as `kubectl apply --applyset` takes them. */
export interface SetName {
  readonly parent: Resource
  readonly name: string
}

/**
 * Reads `shop`, `secret/shop` or `configmap/shop`; a bare name means a Secret, as in kubectl.
 * @throws {InputError} for anything else
 */
export function parseSetName(value: string): SetName {
  const [, type = 'secret', name = ''] = /^(?:([^/]+)\/)?([^/]*)$/.exec(value) ?? []
  const parent = PARENTS[type.toLowerCase().replace(/s$/, '')]
  if (parent === undefined || !/^[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?$/.test(name)) {
    throw new InputError(
      `Input "applyset" is "${value}": give a name, or configmap/<name> or secret/<name>, in lower-case letters, digits, "-" and ".".`,
    )
  }
  return {parent, name}
}

/** The set of this name in a namespace, with the id that every tool computes for it. */
export function applySet({parent, name}: SetName, namespace: string): ApplySet {
  const whole = [name, namespace, parent.kind, groupOf(parent.apiVersion)].join('.')
  const id = `applyset-${createHash('sha256').update(whole).digest('base64url')}-v1`
  return {parent, name, namespace, id}
}

/** How people call a set: `ConfigMap/shop`. */
export function setTitle({parent, name}: ApplySet): string {
  return `${parent.kind}/${name}`
}

/**
 * Where the members of a set are, as its parent says; nowhere for a set that is new.
 * @throws {Failure} when the parent belongs to something else or to another tool
 */
export async function readExtent(api: KubeApi, set: ApplySet): Promise<Extent> {
  const live = await getLive(api, parentPath(set))
  if (live === undefined) return NOWHERE
  refuseForeign(set, live)
  const {annotations = {}} = live.metadata
  return {groupKinds: listed(annotations[KINDS]), namespaces: listed(annotations[NAMESPACES])}
}

function refuseForeign(set: ApplySet, {metadata: {labels = {}, annotations = {}}}: KubeObject): void {
  if (labels[ID] !== set.id) {
    const found = labels[ID] === undefined ? 'is there and is no ApplySet' : 'has the id of another ApplySet'
    throw foreign(set, `it ${found}`, 'give the set a name of its own in "applyset"')
  }
  const tool = annotations[TOOLING] ?? 'an unknown tool'
  if (tool.split('/')[0] === TOOL.split('/')[0]) {
    if (annotations[KINDS] !== undefined) return
    throw foreign(set, `its annotation ${KINDS} is gone, so nobody knows its members`, 'put the annotation back')
  }
  const {parent, name, namespace} = set
  throw foreign(
    set,
    `this ApplySet is kept by ${tool}`,
    `give another name in "applyset", or hand it over: kubectl annotate ${parent.kind.toLowerCase()} ${name} -n ${namespace} --overwrite ${TOOLING}=${TOOL}`,
  )
}

function foreign(set: ApplySet, cause: string, advice: string): Failure {
  return new Failure({
    reason: 'conflict',
    subject: setTitle(set),
    cause,
    advice: `${advice}; nothing was changed`,
  })
}

function listed(text = ''): string[] {
  return text.split(',').filter((part) => part !== '')
}

/**
 * Notes on the parent where members are; makes the parent when it is not there.
 * @param dryRun only asks the server whether it would let us
 */
export async function writeExtent(
  api: KubeApi,
  set: ApplySet,
  extent: Extent,
  manager: string,
  dryRun = false,
): Promise<void> {
  const {parent, name, namespace, id} = set
  const annotations = {
    [TOOLING]: TOOL,
    [KINDS]: [...extent.groupKinds].sort().join(','),
    [NAMESPACES]: [...extent.namespaces].sort().join(','),
  }
  await api.send({
    method: 'PATCH',
    path: parentPath(set),
    // A manager of its own: the parent may be one of the manifests too.
    query: {fieldManager: `${manager.slice(0, 119)}-applyset`, force: 'true', ...(dryRun && {dryRun: 'All'})},
    contentType: 'application/apply-patch+yaml',
    body: {apiVersion: 'v1', kind: parent.kind, metadata: {name, namespace, labels: {[ID]: id}, annotations}},
  })
}

/** Both extents as one. */
export function joined(one: Extent, other: Extent): Extent {
  return {
    groupKinds: [...new Set([...one.groupKinds, ...other.groupKinds])].sort(),
    namespaces: [...new Set([...one.namespaces, ...other.namespaces])].sort(),
  }
}

function parentPath({parent, name, namespace}: ApplySet): string {
  return objectPath(parent, name, namespace)
}
