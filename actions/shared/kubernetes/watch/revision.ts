import {EVENT, POD, REPLICA_SET} from '../api/discovery.ts'
import type {KubeObject} from '../object.ts'
import type {ClusterView, KubeEvent} from './view.ts'
import {isObserved, isOwnedBy, workloadStatus} from './workload.ts'

const REVISION = 'deployment.kubernetes.io/revision'
const HASH = 'controller-revision-hash'

/**
 * The pods of a workload's newest revision: only they say anything about a rollout. Pods of older revisions may be
 * broken for good reasons, and selectors alone would count them in.
 */
export function newPods(view: ClusterView, object: KubeObject): readonly KubeObject[] {
  const {namespace} = object.metadata
  if (object.kind === 'Pod') return [object]
  const pods = (): readonly KubeObject[] => view.all({resource: POD, namespace})
  if (object.kind === 'Deployment') {
    const replicaSet = newReplicaSet(view, object)
    return replicaSet === undefined ? [] : pods().filter((pod) => isOwnedBy(pod, replicaSet.metadata))
  }
  const own = pods().filter((pod) => isOwnedBy(pod, object.metadata))
  return own.filter((pod) => isOfNewRevision(pod, object))
}

/** The ReplicaSet that a Deployment is rolling out, or undefined while its controller has not made it yet. */
export function newReplicaSet(view: ClusterView, deployment: KubeObject): KubeObject | undefined {
  if (!isObserved(deployment)) return undefined
  const {namespace, annotations} = deployment.metadata
  return view
    .all({resource: REPLICA_SET, namespace})
    .find(
      (set) => isOwnedBy(set, deployment.metadata) && set.metadata.annotations?.[REVISION] === annotations?.[REVISION],
    )
}

function isOfNewRevision(pod: KubeObject, owner: KubeObject): boolean {
  const {labels} = pod.metadata
  if (owner.kind === 'StatefulSet') {
    return isObserved(owner) && labels?.[HASH] === workloadStatus(owner).updateRevision
  }
  if (owner.kind === 'DaemonSet') {
    const generation = owner.metadata.annotations?.['deprecated.daemonset.template.generation']
    return generation === undefined || labels?.['pod-template-generation'] === generation
  }
  return true
}

/**
 * The revision of a workload as people know it: a Deployment's number, the name of the ControllerRevision of a
 * StatefulSet or a DaemonSet. Empty when it has none.
 * @param pods of its newest revision: a DaemonSet does not tell by itself
 */
export function revisionOf(object: KubeObject, pods: readonly KubeObject[] = []): string {
  if (object.kind === 'Deployment') return object.metadata.annotations?.[REVISION] ?? ''
  if (object.kind === 'StatefulSet') return workloadStatus(object).updateRevision ?? ''
  const hash = pods[0]?.metadata.labels?.[HASH]
  return object.kind === 'DaemonSet' && hash !== undefined ? `${object.metadata.name ?? ''}-${hash}` : ''
}

/** The events about an object, the oldest first. */
export function eventsOf(view: ClusterView, object: KubeObject): readonly KubeEvent[] {
  const {namespace, uid} = object.metadata
  const events = view.all({resource: EVENT, namespace}) as readonly KubeEvent[]
  return events.filter(({involvedObject}) => involvedObject?.uid === uid).sort((a, b) => lastSeen(a) - lastSeen(b))
}

/** When an event was last seen, in milliseconds since the epoch; 0 when it does not say. */
export function lastSeen(event: KubeEvent): number {
  const time = event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp
  return time === undefined || time === null ? 0 : Date.parse(time)
}

/** How often an event was seen. */
export function timesSeen(event: KubeEvent): number {
  return event.series?.count ?? event.count ?? 1
}
