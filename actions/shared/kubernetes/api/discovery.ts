import {groupOf, isObject} from '../object.ts'
import type {KubeObject} from '../object.ts'
import type {KubeApi} from './kube-api.ts'
import {isNotFound} from './kube-error.ts'

/** How a kind is addressed in the API. */
export interface Resource {
  readonly apiVersion: string
  readonly kind: string
  /** `deployments`. */
  readonly plural: string
  readonly namespaced: boolean
  /** Known only from a definition that is about to be applied. */
  readonly coming?: boolean
}

/** Finds how kinds are addressed; asks the server once per API version. */
export interface Discovery {
  /** How the kind of `object` is addressed, or undefined when the server does not know it. */
  find(object: Pick<KubeObject, 'apiVersion' | 'kind'>): Promise<Resource | undefined>
  /** How a kind of a group is addressed, in the version that the server prefers; undefined when it knows none. */
  findInGroup(kind: string, group: string): Promise<Resource | undefined>
}

interface ResourceList {
  readonly resources: readonly {readonly name: string; readonly kind: string; readonly namespaced: boolean}[]
}

/**
 * Discovery over the set that is deployed: kinds that a CustomResourceDefinition of the same set defines are known
 * before the server knows them, so that a definition and its objects go into one apply
 * (https://github.com/kubernetes-sigs/kustomize/issues/3074).
 */
export function makeDiscovery(api: KubeApi, set: readonly KubeObject[]): Discovery {
  const lists = new Map<string, Promise<ResourceList>>()
  const listOf = (apiVersion: string): Promise<ResourceList> => {
    const known = lists.get(apiVersion)
    if (known !== undefined) return known
    const asked = fetchList(api, apiVersion)
    lists.set(apiVersion, asked)
    return asked
  }
  const served = async (apiVersion: string, kind: string): Promise<Resource | undefined> => {
    const {resources} = await listOf(apiVersion)
    const found = resources.find((resource) => resource.kind === kind && !resource.name.includes('/'))
    return found === undefined ? undefined : {apiVersion, kind, plural: found.name, namespaced: found.namespaced}
  }
  return {
    find: async ({apiVersion, kind}) => (await served(apiVersion, kind)) ?? definedIn(set, apiVersion, kind),
    findInGroup: async (kind, group) => {
      for (const version of await versionsOf(api, group)) {
        const found = await served(version, kind)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}

interface Group {
  readonly preferredVersion: {readonly groupVersion: string}
  readonly versions: readonly {readonly groupVersion: string}[]
}

// The preferred one first: https://kubernetes.io/docs/reference/using-api/#api-groups
async function versionsOf(api: KubeApi, group: string): Promise<readonly string[]> {
  if (group === '') return ['v1']
  try {
    const {preferredVersion, versions} = await api.send<Group>({method: 'GET', path: `/apis/${group}`})
    return [...new Set([preferredVersion, ...versions].map(({groupVersion}) => groupVersion))]
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}

async function fetchList(api: KubeApi, apiVersion: string): Promise<ResourceList> {
  try {
    return await api.send<ResourceList>({method: 'GET', path: versionPath(apiVersion)})
  } catch (error) {
    if (isNotFound(error)) return {resources: []}
    throw error
  }
}

function definedIn(set: readonly KubeObject[], apiVersion: string, kind: string): Resource | undefined {
  for (const {spec} of set.filter((object) => object.kind === 'CustomResourceDefinition')) {
    const names = spec?.['names']
    if (spec?.['group'] !== groupOf(apiVersion) || !isObject(names) || names['kind'] !== kind) continue
    return {apiVersion, kind, plural: names['plural'] as string, namespaced: spec['scope'] !== 'Cluster', coming: true}
  }
  return undefined
}

function versionPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}

/** The path of all objects of a kind, in one namespace or (without) in all of them. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${versionPath(resource.apiVersion)}${scope}/${resource.plural}`
}

/** The path of one object. */
export function objectPath(resource: Resource, name: string, namespace?: string): string {
  return `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`
}

/** Pods: watched beside the user's own kinds, in every cluster. */
export const POD: Resource = {apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true}
/** Events: what the cluster itself says about an object. */
export const EVENT: Resource = {apiVersion: 'v1', kind: 'Event', plural: 'events', namespaced: true}
/** ReplicaSets: one per revision of a Deployment. */
export const REPLICA_SET: Resource = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  namespaced: true,
}
/** Namespaces. */
export const NAMESPACE: Resource = {apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false}
