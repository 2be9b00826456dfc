import {collectionPath} from '../api/discovery.ts'
import type {KubeApi} from '../api/kube-api.ts'
import {isForbidden, isNotFound} from '../api/kube-error.ts'
import type {KubeObject} from '../object.ts'
import type {Wanted} from './wanted.ts'

/** What is in the cluster before anything is changed, asked for once. */
export interface LiveState {
  /** The object as it is now; undefined when there is none. */
  of(wanted: Wanted): Promise<KubeObject | undefined>
  /** The autoscalers of a namespace; none when they may not be seen. */
  autoscalers(namespace: string): Promise<readonly KubeObject[]>
}

interface List {
  readonly items: readonly KubeObject[]
  readonly metadata?: {readonly continue?: string}
}

/** From so many objects of a kind in a namespace on, one list is quicker than a call for each. */
const LISTED_FROM = 10
const PAGE = '500'

/** The object at a path, or undefined when there is none. */
export async function getLive(api: KubeApi, path: string): Promise<KubeObject | undefined> {
  try {
    return await api.send<KubeObject>({method: 'GET', path})
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Reads the live state of a set. */
export function liveState(api: KubeApi, set: readonly Wanted[]): LiveState {
  const members = Map.groupBy(set, collectionOf)
  const lists = new Map<string, Promise<ReadonlyMap<string, KubeObject> | undefined>>()
  const scalers = new Map<string, Promise<readonly KubeObject[]>>()
  return {
    of: async (wanted) => {
      const collection = collectionOf(wanted)
      const {name = ''} = wanted.object.metadata
      if ((members.get(collection)?.length ?? 0) < LISTED_FROM) return await getLive(api, wanted.path)
      const listed = await once(lists, collection, () => byName(api, collection, wanted))
      return listed === undefined ? await getLive(api, wanted.path) : listed.get(name)
    },
    autoscalers: async (namespace) => await once(scalers, namespace, () => autoscalersIn(api, namespace)),
  }
}

const collectionOf = ({resource, namespace}: Wanted): string => collectionPath(resource, namespace)

function once<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const found = known.get(key) ?? ask()
  known.set(key, found)
  return found
}

// Undefined when this user may not list them: each is then asked for by its name.
async function byName(
  api: KubeApi,
  path: string,
  {resource: {apiVersion, kind}}: Wanted,
): Promise<ReadonlyMap<string, KubeObject> | undefined> {
  const found = new Map<string, KubeObject>()
  try {
    for (let next: string | undefined; next !== '';) {
      const query = {limit: PAGE, continue: next}
      const {items, metadata} = await api.send<List>({method: 'GET', path, query})
      for (const item of items) found.set(item.metadata.name ?? '', {...item, apiVersion, kind})
      next = metadata?.continue ?? ''
    }
    return found
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}

async function autoscalersIn(api: KubeApi, namespace: string): Promise<readonly KubeObject[]> {
  const path = `/apis/autoscaling/v2/namespaces/${encodeURIComponent(namespace)}/horizontalpodautoscalers`
  try {
    const {items} = await api.send<List>({method: 'GET', path})
    return items.map((item) => ({...item, kind: 'HorizontalPodAutoscaler'}))
  } catch (error) {
    if (isForbidden(error) || isNotFound(error)) return []
    throw error
  }
}
