import type {Condition, KubeObject} from '../object.ts'
import {condition} from '../object.ts'

/** How a container ended: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-states */
export interface Terminated {
  readonly exitCode: number
  readonly signal?: number
  readonly reason?: string
  readonly message?: string
  readonly startedAt?: string
  readonly finishedAt?: string
}

/** What a container is doing. */
export interface ContainerState {
  readonly waiting?: {readonly reason?: string; readonly message?: string}
  readonly running?: {readonly startedAt?: string}
  readonly terminated?: Terminated
}

/** A container as the kubelet reports it. */
export interface ContainerStatus {
  readonly name: string
  readonly image: string
  readonly imageID: string
  readonly ready: boolean
  readonly started?: boolean
  readonly restartCount: number
  readonly state?: ContainerState
  readonly lastState?: ContainerState
}

/** A probe: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Probe */
export interface Probe {
  readonly httpGet?: {readonly path?: string; readonly port?: number | string; readonly scheme?: string}
  readonly tcpSocket?: {readonly port: number | string}
  readonly exec?: {readonly command?: readonly string[]}
  readonly grpc?: {readonly port: number}
  readonly initialDelaySeconds?: number
  readonly periodSeconds?: number
  readonly failureThreshold?: number
}

/** A container as it is asked for. */
export interface ContainerSpec {
  readonly name: string
  readonly image?: string
  readonly ports?: readonly {readonly name?: string; readonly containerPort: number}[]
  readonly readinessProbe?: Probe
  readonly livenessProbe?: Probe
  readonly startupProbe?: Probe
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>
    readonly limits?: Readonly<Record<string, string>>
  }
}

interface PodStatus {
  readonly phase?: string
  readonly reason?: string
  readonly message?: string
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly initContainerStatuses?: readonly ContainerStatus[]
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[]
}

interface PodSpec {
  readonly containers?: readonly ContainerSpec[]
  readonly initContainers?: readonly ContainerSpec[]
}

/** The status of an object, seen as a pod's. */
export function podStatus(pod: KubeObject): PodStatus {
  return pod.status ?? {}
}

/** All containers of a pod that have a status, in the order in which they start. */
export function containersOf(pod: KubeObject): readonly ContainerStatus[] {
  const {initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = []} = podStatus(pod)
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses]
}

/** How a container ended last, whether or not it runs again by now; undefined when it never ended. */
export function lastEnd({state, lastState}: ContainerStatus): Terminated | undefined {
  return state?.terminated ?? lastState?.terminated
}

/** Whether a container is one that runs before the others. */
export function isInit(pod: KubeObject, name: string): boolean {
  return podStatus(pod).initContainerStatuses?.some((status) => status.name === name) ?? false
}

/** What was asked for a container, by name. */
export function containerSpec(pod: KubeObject, name: string): ContainerSpec | undefined {
  const {containers = [], initContainers = []} = (pod.spec ?? {}) as PodSpec
  return [...containers, ...initContainers].find((container) => container.name === name)
}

/** Whether all of a pod's containers are ready to serve. */
export function isReady(pod: KubeObject): boolean {
  return condition(pod, 'Ready')?.status === 'True' && pod.metadata.deletionTimestamp === undefined
}

/** The condition that says why a pod has no node, when it has none. */
export function unschedulable(pod: KubeObject): Condition | undefined {
  const scheduled = condition(pod, 'PodScheduled')
  return scheduled?.status === 'False' && scheduled.reason === 'Unschedulable' ? scheduled : undefined
}

/** A probe as people write it: `GET :3000/healthz`, `tcp :5432`, `exec pg_isready`. */
export function probeTarget(probe: Probe | undefined): string {
  const {httpGet, tcpSocket, grpc, exec} = probe ?? {}
  if (httpGet !== undefined) return `GET :${String(httpGet.port ?? '')}${httpGet.path ?? '/'}`
  if (tcpSocket !== undefined) return `tcp :${String(tcpSocket.port)}`
  if (grpc !== undefined) return `grpc :${String(grpc.port)}`
  return exec === undefined ? 'probe' : `exec ${(exec.command ?? []).join(' ')}`
}
