import type {KubeApi} from '../api/kube-api.ts'
import {isForbidden, isNotFound} from '../api/kube-error.ts'
import {inParallel} from '../api/parallel.ts'
import {isObject, title, valueAt} from '../object.ts'
import type {Json, JsonObject, KubeObject} from '../object.ts'
import {nextMark, withConfigMark} from './config-mark.ts'
import {dryRun} from './dry-run.ts'
import type {ApplySettings, Change} from './dry-run.ts'

/** Pods that go on with what a ConfigMap or Secret held when they started. */
export interface StaleReader {
  /** The ConfigMap or Secret that changes. */
  readonly source: Change
  /** The workload whose pods read it, and that nothing else restarts. */
  readonly reader: Change
  /** `start`: environment or a `subPath` file, which never follow. `files`: a volume, whose files follow. */
  readonly how: 'start' | 'files'
}

const SOURCES = ['ConfigMap', 'Secret']
const READERS = ['Deployment', 'StatefulSet', 'DaemonSet']

/**
 * Which workloads of the set read a ConfigMap or Secret that changes, and are not restarted by the change itself.
 * Environment variables and `subPath` files are read once; files of a whole volume follow within about a minute
 * (https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically).
 */
export function staleReaders(changes: readonly Change[]): StaleReader[] {
  const sources = changes.filter(isChangedSource)
  return changes.filter(isRunningOn).flatMap((reader) => {
    const uses = usesOf(reader.after)
    return sources.flatMap((source) => {
      const how = source.wanted.namespace === reader.wanted.namespace ? uses.get(title(source.after)) : undefined
      return how === undefined ? [] : [{source, reader, how}]
    })
  })
}

/** A workload that is not in the set and reads what changes. */
export interface OutsideReader {
  readonly source: Change
  readonly reader: KubeObject
  readonly how: StaleReader['how']
}

/**
 * Which workloads beside the set read a ConfigMap or Secret that changes: nothing restarts them. None where this user
 * may not see them.
 */
export async function outsideReaders(api: KubeApi, changes: readonly Change[]): Promise<OutsideReader[]> {
  const sources = changes.filter((one) => isChangedSource(one) && one.live !== undefined)
  const namespaces = [...new Set(sources.map(({wanted}) => wanted.namespace ?? ''))]
  const own = new Set(changes.map(({live}) => live?.metadata.uid))
  const found = namespaces.flatMap((namespace) => READERS.map((kind) => ({namespace, kind})))
  const lists = await inParallel(found, (scope) => workloadsIn(api, scope.namespace, scope.kind))
  return lists.flat().flatMap((reader) => {
    if (own.has(reader.metadata.uid) || reader.spec?.['replicas'] === 0) return []
    const uses = usesOf(reader)
    return sources.flatMap((source) => {
      const how = source.wanted.namespace === reader.metadata.namespace ? uses.get(title(source.after)) : undefined
      return how === undefined ? [] : [{source, reader, how}]
    })
  })
}

async function workloadsIn(api: KubeApi, namespace: string, kind: string): Promise<readonly KubeObject[]> {
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/${kind.toLowerCase()}s`
  try {
    const {items} = await api.send<{items: readonly KubeObject[]}>({method: 'GET', path})
    return items.map((item) => ({...item, kind}))
  } catch (error) {
    if (isForbidden(error) || isNotFound(error)) return []
    throw error
  }
}

function isChangedSource({action, after, fields}: Change): boolean {
  if (!SOURCES.includes(after.kind)) return false
  return action === 'create' || fields.some(({path}) => /^(?:data|binaryData|stringData)\b/.test(path))
}

// Only what has pods now, and keeps them: a changed template starts new ones anyway.
function isRunningOn({after, live, fields}: Change): boolean {
  if (!READERS.includes(after.kind) || live === undefined || live.spec?.['replicas'] === 0) return false
  return !fields.some(({path}) => path.startsWith('spec.template'))
}

type Uses = Map<string, StaleReader['how']>

function usesOf(workload: KubeObject): Uses {
  const pod = valueAt(workload.spec, ['template', 'spec'])
  const containers = [...listAt(pod, 'containers'), ...listAt(pod, 'initContainers')]
  const uses: Uses = new Map()
  for (const volume of listAt(pod, 'volumes')) {
    const mounts = containers.flatMap((container) => listAt(container, 'volumeMounts'))
    const single = mounts.some((mount) => mount['name'] === volume['name'] && mount['subPath'] !== undefined)
    for (const name of inVolume(volume)) uses.set(name, single ? 'start' : 'files')
  }
  for (const name of containers.flatMap(inEnvironment)) uses.set(name, 'start')
  return uses
}

function inVolume(volume: JsonObject): string[] {
  const projected = listAt(volume['projected'], 'sources')
  return [...named(volume), ...projected.flatMap(named)]
}

function named(source: JsonObject): string[] {
  return [
    ...reference('ConfigMap', source['configMap'], 'name'),
    ...reference('Secret', source['secret'], 'secretName'),
    ...reference('Secret', source['secret'], 'name'),
  ]
}

function inEnvironment(container: JsonObject): string[] {
  const keys = listAt(container, 'env').flatMap((variable) => [
    ...reference('ConfigMap', valueAt(variable, ['valueFrom', 'configMapKeyRef']), 'name'),
    ...reference('Secret', valueAt(variable, ['valueFrom', 'secretKeyRef']), 'name'),
  ])
  const whole = listAt(container, 'envFrom').flatMap((from) => [
    ...reference('ConfigMap', from['configMapRef'], 'name'),
    ...reference('Secret', from['secretRef'], 'name'),
  ])
  return [...keys, ...whole]
}

function reference(kind: string, value: Json | undefined, key: string): string[] {
  const name = isObject(value) ? value[key] : undefined
  return typeof name === 'string' ? [`${kind}/${name}`] : []
}

function listAt(value: Json | undefined, key: string): JsonObject[] {
  const list = isObject(value) ? value[key] : undefined
  return Array.isArray(list) ? (list as Json[]).filter(isObject) : []
}

/** What a user has to know about a stale reader, in one sentence. */
export function staleSentence({source, reader, how}: StaleReader): string {
  const [config, workload] = [title(source.after), title(reader.after)]
  if (how === 'start') {
    return `${config} changed; ${workload} reads it at its start and will not see it until it restarts`
  }
  return `${config} changed; ${workload} mounts it: the files follow within about a minute, but what it read from them at its start stays until it restarts`
}

/** The same of a workload beside the set. */
export function outsideSentence({source, reader, how}: OutsideReader): string {
  const until = how === 'start' ? 'reads it at its start' : 'mounts it, and may read it only at its start'
  return `${title(source.after)} changed; ${title(reader)}, which is not in the manifests, ${until}, and nothing restarts it`
}

/**
 * The changes with a restart added to every stale reader: a mark on its pod template, in the same apply.
 * @throws {Failure} when the server would refuse one of them
 */
export async function restartReaders(
  api: KubeApi,
  changes: readonly Change[],
  stale: readonly StaleReader[],
  settings: ApplySettings,
): Promise<readonly Change[]> {
  const marked = [...Map.groupBy(stale, ({reader}) => reader)].map(([{wanted}, members]) => {
    const mark = nextMark(
      wanted.object,
      members.map(({source}) => source.after),
    )
    return {...wanted, object: withConfigMark(wanted.object, mark)}
  })
  const again = await dryRun(api, marked, settings)
  return changes.map((change) => again.find(({wanted}) => wanted.path === change.wanted.path) ?? change)
}
