import type {Evidence} from '../../core/diagnosis.ts'
import type {KubeApi} from '../api/kube-api.ts'
import {KubeError} from '../api/kube-error.ts'
import type {KubeObject} from '../object.ts'
import type {ContainerSpec} from '../watch/pod.ts'
import type {Problem} from '../watch/problem.ts'
import type {Standing} from '../watch/standing.ts'
import {formatQuantity, parseQuantity} from './quantity.ts'

/** The numbers behind "there is no room": quotas used and allowed, or what nodes have left. Empty for other troubles. */
export async function roomEvidence(api: KubeApi, culprit: Standing, problem: Problem): Promise<Evidence[]> {
  try {
    if (problem.reason === 'quota') return await quotaEvidence(api, culprit.object.metadata.namespace ?? '')
    if (problem.reason === 'unschedulable') return await nodeEvidence(api, culprit)
    return []
  } catch (error) {
    // Who may not look at nodes or quotas still gets the scheduler's own words.
    if (error instanceof KubeError) return []
    throw error
  }
}

interface List<T> {
  readonly items: readonly T[]
}

interface Quota {
  readonly metadata: {readonly name: string}
  readonly status?: {readonly hard?: Readonly<Record<string, string>>; readonly used?: Readonly<Record<string, string>>}
}

async function quotaEvidence(api: KubeApi, namespace: string): Promise<Evidence[]> {
  const path = `/api/v1/namespaces/${namespace}/resourcequotas`
  const {items} = await api.send<List<Quota>>({method: 'GET', path})
  const rows = items.flatMap(({metadata, status}) =>
    Object.entries(status?.hard ?? {}).map(([name, hard]) => [metadata.name, name, status?.used?.[name] ?? '0', hard]),
  )
  return rows.length === 0 ? [] : [{title: 'quotas', table: {columns: ['quota', 'resource', 'used', 'limit'], rows}}]
}

interface Node extends KubeObject {
  readonly spec?: {readonly unschedulable?: boolean}
  readonly status?: {readonly allocatable?: Readonly<Record<string, string>>}
}

async function nodeEvidence(api: KubeApi, {pods}: Standing): Promise<Evidence[]> {
  const [pod] = pods.filter((one) => one.spec?.['nodeName'] === undefined)
  if (pod === undefined) return []
  const nodes = await api.send<List<Node>>({method: 'GET', path: '/api/v1/nodes'})
  const query = {fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed'}
  const all = await api.send<List<KubeObject>>({method: 'GET', path: '/api/v1/pods', query})
  const asked = requestsOf([pod])
  const rows = nodes.items.map((node) => {
    const here = requestsOf(all.items.filter(({spec}) => spec?.['nodeName'] === node.metadata.name))
    const free = (name: 'cpu' | 'memory'): string =>
      formatQuantity(parseQuantity(node.status?.allocatable?.[name] ?? '0') - here[name], name)
    return [
      `${node.metadata.name ?? ''}${node.spec?.unschedulable === true ? ' (cordoned)' : ''}`,
      formatQuantity(asked.cpu, 'cpu'),
      free('cpu'),
      formatQuantity(asked.memory, 'memory'),
      free('memory'),
    ]
  })
  const columns = ['node', 'cpu asked', 'cpu free', 'memory asked', 'memory free']
  return [{title: 'room on the nodes', table: {columns, rows}}]
}

function requestsOf(pods: readonly KubeObject[]): {cpu: number; memory: number} {
  const containers = pods.flatMap(({spec}) => (spec?.['containers'] ?? []) as unknown as readonly ContainerSpec[])
  const sum = (name: 'cpu' | 'memory'): number =>
    containers.reduce((total, {resources}) => total + parseQuantity(resources?.requests?.[name] ?? '0'), 0)
  return {cpu: sum('cpu'), memory: sum('memory')}
}
