import type {KubeObject, Metadata} from '../object.ts'

/** The specification of a workload, as far as its rollout is judged by it. */
export interface WorkloadSpec {
  readonly replicas?: number
  readonly paused?: boolean
  readonly suspend?: boolean
  readonly completions?: number
  readonly parallelism?: number
  readonly backoffLimit?: number
  readonly minReadySeconds?: number
  readonly template?: {readonly spec?: {readonly containers?: readonly {readonly readinessProbe?: object}[]}}
  readonly updateStrategy?: {readonly type?: string; readonly rollingUpdate?: {readonly partition?: number}}
}

/** The status of a workload: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/ */
export interface WorkloadStatus {
  readonly observedGeneration?: number
  readonly replicas: number
  readonly updatedReplicas: number
  readonly readyReplicas: number
  readonly availableReplicas: number
  readonly currentRevision?: string
  readonly updateRevision?: string
  readonly desiredNumberScheduled: number
  readonly updatedNumberScheduled: number
  readonly numberAvailable: number
  readonly active: number
  readonly succeeded: number
  readonly failed: number
}

const NONE: WorkloadStatus = {
  replicas: 0,
  updatedReplicas: 0,
  readyReplicas: 0,
  availableReplicas: 0,
  desiredNumberScheduled: 0,
  updatedNumberScheduled: 0,
  numberAvailable: 0,
  active: 0,
  succeeded: 0,
  failed: 0,
}

/** The specification of an object, seen as a workload's. */
export function workloadSpec(object: KubeObject): WorkloadSpec {
  return object.spec ?? {}
}

/** The status of an object, seen as a workload's; numbers that the API server leaves out are 0. */
export function workloadStatus(object: KubeObject): WorkloadStatus {
  return {...NONE, ...object.status}
}

/** Whether the controller has seen the latest specification: before that its status tells of the one before. */
export function isObserved(object: KubeObject): boolean {
  const observed = workloadStatus(object).observedGeneration
  return observed !== undefined && observed >= (object.metadata.generation ?? 0)
}

/** Whether `object` was made by the object with this uid. */
export function isOwnedBy(object: KubeObject, owner: Metadata): boolean {
  return object.metadata.ownerReferences?.some(({uid}) => uid === owner.uid) ?? false
}
