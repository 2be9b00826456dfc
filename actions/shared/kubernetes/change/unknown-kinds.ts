import type {Manifest} from '../manifests/manifest-set.ts'
import {where} from '../manifests/manifest-set.ts'
import {groupOf} from '../object.ts'

const GUIDE = 'https://kubernetes.io/docs/reference/using-api/deprecation-guide/'

/**
 * Where the kinds of Kubernetes itself that people deploy are today, and which release stopped serving an older place:
 * https://kubernetes.io/docs/reference/using-api/deprecation-guide/. In which versions they were is no matter: only
 * what the cluster does not know is looked for here.
 */
const HOMES: readonly (readonly [today: string, kinds: string, olds?: readonly (readonly [RegExp, string])[]])[] = [
  ['v1', 'ConfigMap Secret Service ServiceAccount Pod PersistentVolumeClaim PersistentVolume Namespace'],
  ['v1', 'Endpoints LimitRange ResourceQuota ReplicationController'],
  ['apps/v1', 'Deployment StatefulSet DaemonSet ReplicaSet', [[/^(?:extensions|apps)\/v1beta\d$/, '1.16']]],
  [
    'batch/v1',
    'CronJob Job',
    [
      [/^batch\/v1beta1$/, '1.25'],
      [/^batch\/v2alpha1$/, '1.21'],
    ],
  ],
  ['networking.k8s.io/v1', 'NetworkPolicy', [[/^extensions\/v1beta1$/, '1.16']]],
  ['networking.k8s.io/v1', 'Ingress IngressClass', [[/^(?:extensions|networking\.k8s\.io)\/v1beta1$/, '1.22']]],
  ['policy/v1', 'PodDisruptionBudget', [[/^policy\/v1beta1$/, '1.25']]],
  [
    'autoscaling/v2',
    'HorizontalPodAutoscaler',
    [
      [/^autoscaling\/v2beta1$/, '1.25'],
      [/^autoscaling\/v2beta2$/, '1.26'],
    ],
  ],
  [
    'rbac.authorization.k8s.io/v1',
    'Role RoleBinding ClusterRole ClusterRoleBinding',
    [[/\/v1(?:alpha|beta)1$/, '1.22']],
  ],
  ['scheduling.k8s.io/v1', 'PriorityClass', [[/\/v1(?:alpha|beta)1$/, '1.22']]],
  ['storage.k8s.io/v1', 'StorageClass CSIDriver CSINode VolumeAttachment', [[/\/v1beta1$/, '1.22']]],
  ['storage.k8s.io/v1', 'CSIStorageCapacity', [[/\/v1beta1$/, '1.27']]],
  ['node.k8s.io/v1', 'RuntimeClass', [[/\/v1(?:alpha|beta)1$/, '1.25']]],
  ['discovery.k8s.io/v1', 'EndpointSlice', [[/\/v1beta1$/, '1.25']]],
  ['coordination.k8s.io/v1', 'Lease', [[/\/v1beta1$/, '1.22']]],
  ['certificates.k8s.io/v1', 'CertificateSigningRequest', [[/\/v1beta1$/, '1.22']]],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', [[/\/v1beta1$/, '1.22']]],
  ['apiregistration.k8s.io/v1', 'APIService', [[/\/v1beta1$/, '1.22']]],
  [
    'admissionregistration.k8s.io/v1',
    'MutatingWebhookConfiguration ValidatingWebhookConfiguration',
    [[/\/v1beta1$/, '1.22']],
  ],
  [
    'flowcontrol.apiserver.k8s.io/v1',
    'FlowSchema PriorityLevelConfiguration',
    [
      [/\/v1beta1$/, '1.26'],
      [/\/v1beta2$/, '1.29'],
      [/\/v1beta3$/, '1.32'],
    ],
  ],
]

/** Says of manifests whose kinds the cluster does not know where they are and what to do about each. */
export function unknownKinds(manifests: readonly Manifest[]): string {
  const kinds = manifests.map(({object, place}) => `${object.apiVersion} ${object.kind} (${where(place)})`)
  const advice = manifests.map(({object}) => adviceFor(object))
  return `The cluster does not know ${[...new Set(kinds)].join(', ')}: ${[...new Set(advice)].join('; ')}.`
}

function adviceFor({apiVersion, kind}: Manifest['object']): string {
  if (kind === 'PodSecurityPolicy') {
    return `Kubernetes 1.25 took ${kind} away (${GUIDE}#v1-25): delete it, and label the namespace for Pod Security Admission`
  }
  const [today, , olds = []] = isOfKubernetes(apiVersion) ? (homeOf(kind) ?? []) : []
  if (today === undefined || today === apiVersion) {
    return `install the CustomResourceDefinition of ${kind} first, or check its apiVersion against the cluster`
  }
  const release = olds.find(([old]) => old.test(apiVersion))?.[1]
  if (release === undefined) return `the apiVersion of ${kind} is ${today}`
  const anchor = `#v${release.replace('.', '-')}`
  return `write ${kind} as ${today}, since Kubernetes ${release} serves ${apiVersion} no more (fields that changed with it: ${GUIDE}${anchor})`
}

function homeOf(kind: string): (typeof HOMES)[number] | undefined {
  return HOMES.find(([, kinds]) => kinds.split(' ').includes(kind))
}

// A group with a name of its own is somebody's: its Ingress is another thing than that of Kubernetes.
function isOfKubernetes(apiVersion: string): boolean {
  const group = groupOf(apiVersion)
  return !group.includes('.') || group.endsWith('.k8s.io')
}
