import type {KubeObject} from '../object.ts'

/**
 * What is applied first: what others live in, are defined by, are allowed by, and read at their start. Validating and
 * mutating webhooks come last: their own server is among the workloads.
 */
const ORDER: readonly (readonly string[])[] = [
  ['Namespace', 'CustomResourceDefinition'],
  ['PriorityClass', 'RuntimeClass', 'StorageClass', 'IngressClass', 'PersistentVolume'],
  ['ServiceAccount', 'Role', 'ClusterRole', 'ResourceQuota', 'LimitRange', 'NetworkPolicy'],
  ['RoleBinding', 'ClusterRoleBinding'],
  ['ConfigMap', 'Secret', 'PersistentVolumeClaim', 'Service', 'PodDisruptionBudget'],
  [],
  ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController', 'Pod', 'Job', 'CronJob'],
  ['HorizontalPodAutoscaler', 'Ingress', 'APIService'],
  ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration', 'ValidatingAdmissionPolicyBinding'],
]

const OTHERS = ORDER.findIndex((kinds) => kinds.length === 0)

/** The stage in which a kind is applied; lower comes first. Unknown kinds come before the workloads that use them. */
export function stageOf({kind}: Pick<KubeObject, 'kind'>): number {
  const at = ORDER.findIndex((kinds) => kinds.includes(kind))
  return at < 0 ? OTHERS : at
}

/** The items in stages; inside a stage they keep their order. Empty stages are left out. */
export function inStages<T>(items: readonly T[], object: (item: T) => Pick<KubeObject, 'kind'>): T[][] {
  return ORDER.map((_kinds, stage) => items.filter((item) => stageOf(object(item)) === stage)).filter(
    (stage) => stage.length > 0,
  )
}

/** Whether an object belongs to the stage in which pods are made. */
export function isWorkloadStage(object: Pick<KubeObject, 'kind'>): boolean {
  return stageOf(object) === stageOf({kind: 'Deployment'})
}

/** Whether an object belongs to the stage that everything else lives in or is defined by. */
export function isGroundStage(object: Pick<KubeObject, 'kind'>): boolean {
  return stageOf(object) === stageOf({kind: 'Namespace'})
}
