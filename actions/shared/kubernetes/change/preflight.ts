import {Failure} from '../../core/diagnosis.ts'
import {errorMessage} from '../../core/errors.ts'
import {EVENT, NAMESPACE, objectPath, POD, REPLICA_SET} from '../api/discovery.ts'
import type {Resource} from '../api/discovery.ts'
import type {KubeApi} from '../api/kube-api.ts'
import {isForbidden, isNotFound, KubeError} from '../api/kube-error.ts'
import {notConnected} from '../api/kubectl.ts'
import {inParallel} from '../api/parallel.ts'
import {groupOf} from '../object.ts'
import type {Wanted} from './wanted.ts'

/** What the server says about itself. */
export interface ServerVersion {
  /** `v1.34.2`. */
  readonly gitVersion: string
  readonly major: string
  readonly minor: string
}

/** A cluster that does not answer the first question is more often a wrong address than one that just restarts. */
const FIRST_TRIES = 5

/** The server's version. @throws {Failure} when it cannot be reached, or does not accept who we are */
export async function reach(api: KubeApi): Promise<ServerVersion> {
  try {
    return await api.send<ServerVersion>({method: 'GET', path: '/version', tries: FIRST_TRIES})
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    if (!isForbidden(error)) throw notConnected(errorMessage(error))
    throw new Failure({
      reason: 'access-denied',
      subject: 'Kubernetes cluster',
      cause: `it does not accept the credentials of this kubeconfig: ${errorMessage(error)}`,
      advice: 'refresh the credentials, or on EKS add an access entry for the role; nothing was changed',
    })
  }
}

/**
 * The namespaces of the set that are not there yet.
 * @param allowed whether they may be created
 * @throws {Failure} when one is missing that neither the set nor `create-namespace` brings
 */
export async function missingNamespaces(
  api: KubeApi,
  set: readonly Wanted[],
  allowed: boolean,
): Promise<readonly string[]> {
  const names = [...new Set(set.map(({namespace}) => namespace))].filter((name) => name !== undefined)
  const there = await inParallel(names, (name) => exists(api, name))
  const missing = names.filter((_name, at) => there[at] === false)
  const inSet = set.filter(({object}) => object.kind === 'Namespace').map(({object}) => object.metadata.name)
  const orphan = missing.find((name) => !allowed && !inSet.includes(name))
  if (orphan === undefined) return missing
  throw new Failure({
    reason: 'not-found',
    subject: `Namespace/${orphan}`,
    cause: 'there is no such namespace in the cluster',
    advice: 'set "create-namespace: true", or check "namespace" and the manifests; nothing was changed',
  })
}

async function exists(api: KubeApi, name: string): Promise<boolean> {
  try {
    await api.send({method: 'GET', path: objectPath(NAMESPACE, name)})
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    // Who may not look at namespaces may still deploy into one: the dry run tells.
    if (isForbidden(error)) return true
    throw error
  }
}

/** One thing that has to be allowed. */
export interface Need {
  readonly verb: string
  readonly resource: Resource
  readonly subresource?: string
  readonly namespace?: string
  /** Only asked for by name when it is not allowed for all. */
  readonly names: readonly string[]
}

/**
 * Whether this user may do what will be done; asked before anything is (SelfSubjectAccessReview:
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access).
 * @returns what is missing only for the explanation of failures: pods, their logs and events
 * @throws {Failure} with one list of all that is missing for the deployment itself
 */
export async function checkPermissions(
  api: KubeApi,
  set: readonly Wanted[],
  watched: readonly Wanted[],
  creates: readonly string[],
): Promise<readonly string[]> {
  const required = [
    ...needsOf(set, ['get', 'patch']),
    ...needsOf(
      set.filter(({object}) => object.metadata.name === undefined),
      ['create'],
    ),
    // What goes into a namespace that is not there yet has no dry run that would tell.
    ...needsOf(
      set.filter(({namespace}) => namespace !== undefined && creates.includes(namespace)),
      ['create'],
    ),
    ...needsOf(watched, ['list', 'watch']),
    ...(creates.length > 0 ? [{verb: 'create', resource: NAMESPACE, names: []}] : []),
  ]
  await requirePermissions(api, required)
  return await deniedOf(api, diagnosticNeeds(watched))
}

/** @throws {Failure} with one list of all of the needs that are not allowed */
export async function requirePermissions(api: KubeApi, needs: readonly Need[]): Promise<void> {
  const denied = [...new Set(await deniedOf(api, needs))]
  if (denied.length > 0) throw deniedFailure(denied)
}

/** Of these needs, those that are not allowed, as words: for what a run can do without. */
export async function missingPermissions(api: KubeApi, needs: readonly Need[]): Promise<readonly string[]> {
  return [...new Set(await deniedOf(api, needs))]
}

function needsOf(set: readonly Wanted[], verbs: readonly string[]): Need[] {
  const groups = Map.groupBy(
    set,
    ({resource, namespace}) => `${resource.apiVersion} ${resource.plural} ${namespace ?? ''}`,
  )
  return [...groups.values()].flatMap((members) => {
    const [first] = members
    if (first === undefined) return []
    const {resource, namespace} = first
    const names = members.flatMap(({object}) => object.metadata.name ?? [])
    return verbs.map((verb) => ({verb, resource, names, ...(namespace !== undefined && {namespace})}))
  })
}

function diagnosticNeeds(watched: readonly Wanted[]): Need[] {
  const namespaces = new Set(watched.flatMap(({namespace}) => namespace ?? []))
  return [...namespaces].flatMap((namespace) => [
    ...[POD, REPLICA_SET, EVENT].flatMap((resource) =>
      ['list', 'watch'].map((verb) => ({verb, resource, namespace, names: []})),
    ),
    {verb: 'get', resource: POD, subresource: 'log', namespace, names: []},
  ])
}

async function deniedOf(api: KubeApi, needs: readonly Need[]): Promise<string[]> {
  const allowed = await inParallel(needs, (need) => isAllowed(api, need))
  return needs.filter((_need, at) => allowed[at] === false).map(sentence)
}

async function isAllowed(api: KubeApi, need: Need): Promise<boolean> {
  if (await review(api, need)) return true
  const byName = ['get', 'patch'].includes(need.verb) && need.names.length > 0
  if (!byName) return false
  const each = await inParallel(need.names, (name) => review(api, need, name))
  return each.every(Boolean)
}

interface Review {
  readonly status?: {readonly allowed?: boolean}
}

async function review(api: KubeApi, {verb, resource, subresource, namespace}: Need, name?: string): Promise<boolean> {
  const resourceAttributes = {
    verb,
    group: groupOf(resource.apiVersion),
    resource: resource.plural,
    ...(subresource !== undefined && {subresource}),
    ...(namespace !== undefined && {namespace}),
    ...(name !== undefined && {name}),
  }
  const body = {apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: {resourceAttributes}}
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  try {
    const answer = await api.send<Review>({method: 'POST', path, body})
    return answer.status?.allowed === true
  } catch (error) {
    // A cluster that does not answer the question has not said no.
    if (error instanceof KubeError && error.status !== 0) return true
    throw error
  }
}

function sentence({verb, resource, subresource, namespace}: Need): string {
  const group = groupOf(resource.apiVersion)
  const name = `${resource.plural}${subresource === undefined ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`
  return `${verb} ${name}${namespace === undefined ? '' : ` in ${namespace}`}`
}

function deniedFailure(denied: readonly string[]): Failure {
  return new Failure({
    reason: 'access-denied',
    subject: 'Kubernetes permissions',
    cause: `this user may not ${denied.join(', ')}`,
    evidence: [{title: 'missing permissions', lines: denied}],
    advice: 'bind a Role with these verbs to the user or role of this job; nothing was changed',
  })
}
