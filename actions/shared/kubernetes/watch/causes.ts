import type {FailureReason} from '../../core/diagnosis.ts'

/**
 * How long a trouble is given before it counts as final: `none` does not heal by itself, `short` is one grace time
 * (a second try usually tells), `double` and `long` are two and four of them (others may make room meanwhile).
 */
export type Patience = 'none' | 'short' | 'double' | 'long'

/** What a row of the table says about a trouble. */
export interface Verdict {
  readonly reason: FailureReason
  readonly patience: Patience
  /** One sentence about the pod or container, without its subject. */
  readonly cause: string
  readonly advice: string
}

/** What is seen of a trouble. */
export interface Sign {
  /** The kubelet's, scheduler's or controller's own slug: `ErrImagePull`, `FailedMount`, `FailedCreate`. */
  readonly slug: string
  readonly message: string
  readonly container?: string
  readonly image?: string
}

interface Row {
  readonly slug: RegExp
  readonly message?: RegExp
  readonly reason: FailureReason
  readonly patience: Patience
  readonly cause: (sign: Sign, found: readonly string[]) => string
  readonly advice: string
}

const PULL = /^(?:ErrImagePull|ImagePullBackOff|ImageInspectError|RegistryUnavailable)$/
const NO_IMAGE = /not ?found|manifest unknown|name unknown|does not exist|no such image|NAME_UNKNOWN|MANIFEST_UNKNOWN/i
const NO_ACCESS = /denied|unauthorized|no basic auth|forbidden|authentication required|\b40[13]\b/i
const CONFIG = /^(?:CreateContainerConfigError|FailedMount)$/
const container = ({container: name}: Sign): string => `container "${name ?? ''}"`

/**
 * What troubles mean, the most exact row first. The slugs are those of the kubelet (pkg/kubelet/images/types.go,
 * kuberuntime_container.go), the scheduler and the workload controllers; which of them may heal is what krane learned
 * (https://github.com/Shopify/krane/pull/477, https://github.com/Shopify/krane/issues/819).
 */
const TABLE: readonly Row[] = [
  {
    slug: /^InvalidImageName$/,
    reason: 'image-not-found',
    patience: 'none',
    cause: (sign) => `${container(sign)} names an image that is not a valid reference: ${sign.image ?? ''}`,
    advice: 'correct the image in the manifest or in "images"',
  },
  {
    slug: /^ErrImageNeverPull$/,
    reason: 'image-not-found',
    patience: 'none',
    cause: (sign) => `the image of ${container(sign)} is not on the node and imagePullPolicy is Never`,
    advice: 'remove "imagePullPolicy: Never", or load the image onto the nodes',
  },
  {
    // The kubelet of 1.34 says it of a name in upper case only while it pulls.
    slug: PULL,
    message: /invalid reference format|failed to parse image reference/,
    reason: 'image-not-found',
    patience: 'none',
    cause: (sign) => `${container(sign)} names an image that is not a valid reference: ${sign.image ?? ''}`,
    advice: 'correct the image in the manifest or in "images"',
  },
  {
    slug: PULL,
    message: NO_ACCESS,
    reason: 'access-denied',
    patience: 'none',
    cause: (sign) => `cannot pull the image of ${container(sign)}: the registry denies access to ${sign.image ?? ''}`,
    advice: 'give the nodes or the pull secret read access to this repository',
  },
  {
    slug: PULL,
    message: NO_IMAGE,
    reason: 'image-not-found',
    patience: 'none',
    cause: (sign) => `cannot pull the image of ${container(sign)}: the registry has no ${sign.image ?? ''}`,
    advice: 'check the tag or digest in "images" and that the build pushed it to this registry',
  },
  {
    slug: PULL,
    reason: 'unreachable',
    patience: 'short',
    cause: (sign) =>
      `cannot pull the image of ${container(sign)}, ${sign.image ?? ''}: ${pullWords(sign.message) || sign.slug}`,
    advice: 'check that the nodes can reach the registry',
  },
  {
    slug: CONFIG,
    message: /secrets? "?([\w.-]+)"? not found|couldn't find key (\S+) in Secret (\S+)|non-existent secret key: (\S+)/i,
    reason: 'secret-unreadable',
    patience: 'short',
    cause: (sign, [, name, key, secret, item]) =>
      `${sign.container === undefined ? 'a volume' : container(sign)} needs ${missing('Secret', name ?? secret, key ?? item)}`,
    advice: 'create it in this namespace, or correct its name in the manifest',
  },
  {
    slug: CONFIG,
    message:
      /configmaps? "?([\w.-]+)"? not found|couldn't find key (\S+) in ConfigMap (\S+)|non-existent config key: (\S+)/i,
    reason: 'config-missing',
    patience: 'short',
    cause: (sign, [, name, key, map, item]) =>
      `${sign.container === undefined ? 'a volume' : container(sign)} needs ${missing('ConfigMap', name ?? map, key ?? item)}`,
    advice: 'add it to the manifests, or correct its name',
  },
  {
    slug: /^CreateContainerConfigError$/,
    reason: 'rejected',
    patience: 'short',
    cause: (sign) => `${container(sign)} cannot be created: ${sign.message}`,
    advice: 'correct the container in the manifest',
  },
  {
    slug: /^(?:CreateContainerError|RunContainerError|PreStartHookError|PostStartHookError|PreCreateHookError|StartError|ContainerCannotRun|SignatureValidationFailed)$/,
    reason: 'container-exited',
    patience: 'short',
    cause: (sign) => `${container(sign)} cannot be started: ${runtimeWords(sign)}`,
    advice: 'check command, entrypoint and user of the image',
  },
  {
    slug: /^(?:FailedMount|FailedAttachVolume|FailedMapVolume)$/,
    reason: 'volume',
    patience: 'long',
    cause: (sign) => `a volume cannot be mounted: ${sign.message}`,
    advice: 'check the PersistentVolumeClaim, its zone and the storage driver',
  },
  {
    slug: /^(?:FailedBuildModel|FailedDeployModel|SyncLoadBalancerFailed)$/,
    reason: 'rejected',
    patience: 'double',
    cause: (sign) => `its load balancer cannot be made: ${sign.message}`,
    advice: 'correct its annotations, or the subnets, tags and permissions that the message names',
  },
  {
    slug: /^(?:ProvisioningFailed|FailedBinding)$/,
    reason: 'volume',
    patience: 'long',
    cause: (sign) => `it gets no volume: ${sign.message}`,
    advice: 'check its storageClassName and the storage driver',
  },
  {
    slug: /^FailedGetScale$/,
    reason: 'not-found',
    patience: 'double',
    cause: (sign) => `its target cannot be scaled: ${sign.message}`,
    advice: 'correct scaleTargetRef, or add its target to the manifests',
  },
  {
    slug: /^(?:InvalidSelector|InvalidMetricSourceType|FailedConvertHPA|FailedUpdateScale)$/,
    reason: 'rejected',
    patience: 'double',
    cause: (sign) => `it cannot scale: ${sign.message}`,
    advice: 'correct its metrics and scaleTargetRef',
  },
  {
    slug: /^FailedCreatePodSandBox$/,
    reason: 'capacity',
    patience: 'long',
    cause: (sign) => `the node cannot set the pod up: ${sign.message}`,
    advice: 'check the network plugin of the node (on EKS: free addresses in the subnet)',
  },
  {
    slug: /^Unschedulable$/,
    reason: 'unschedulable',
    patience: 'long',
    cause: (sign) => `no node can take its pods: ${firstSentence(sign.message)}`,
    advice: 'ask for less, add nodes, or correct nodeSelector, affinity and tolerations',
  },
  {
    slug: /^FailedCreate$/,
    message: /exceeded quota: ([\w.-]+), requested: (.*), used: (.*), limited: (.*)/,
    reason: 'quota',
    patience: 'double',
    cause: (_sign, [, name, asked, used, limit]) =>
      `quota "${name ?? ''}" leaves no room for its pods: asked ${asked ?? ''}, used ${used ?? ''} of ${limit ?? ''}`,
    advice: 'raise the quota, ask for less, or lower maxSurge so that old pods go first',
  },
  {
    slug: /^FailedCreate$/,
    reason: 'rejected',
    patience: 'short',
    cause: (sign) => `its pods are refused: ${sign.message.replace(/^.*?is forbidden: /, '')}`,
    advice: 'satisfy the policy, or correct the pod template',
  },
]

// "0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: …"
function firstSentence(message: string): string {
  return message.split('. ')[0]?.replace(/[.,]$/, '') ?? message
}

// containerd and runc wrap what matters in the names of all their layers.
function runtimeWords({message, slug}: Sign): string {
  const inner = /unable to start container process: (.*)$/s.exec(message)?.[1] ?? message
  return inner.replace(/: unknown$/, '').trim() || slug
}

function missing(kind: string, name = '', key?: string): string {
  const object = `${kind}/${name.replace(/^.*\//, '')}`
  return key === undefined ? `${object}, which does not exist` : `the key "${key}" of ${object}, which does not exist`
}

// The kubelet's own cache of Secrets and ConfigMaps is filled a moment later (https://github.com/Shopify/krane/pull/885).
const BENIGN = /failed to sync .* cache/

/** What a trouble means, or undefined when it means nothing yet. */
export function explain(sign: Sign): Verdict | undefined {
  if (BENIGN.test(sign.message)) return undefined
  for (const row of TABLE) {
    if (!row.slug.test(sign.slug)) continue
    const found = row.message === undefined ? [] : row.message.exec(sign.message)
    if (found === null) continue
    return {reason: row.reason, patience: row.patience, cause: row.cause(sign, [...found]), advice: row.advice}
  }
  return undefined
}

// containerd wraps what happened in each of its steps, with the image and the address in every one, and the kubelet wraps
// that again while it waits: two texts that differ every few seconds for one cause.
function pullWords(message: string): string {
  return message
    .replace(/^Back-off pulling image "[^"]*": (?:ErrImagePull: )?/, '')
    .replace(/^(?:rpc error: code = \w+ desc = )/, '')
    .replace(/^(?:failed to (?:pull and unpack image|resolve reference) "[^"]*": )+/, '')
    .replace(/^failed to do request: \w+ "[^"]*": /, '')
}
