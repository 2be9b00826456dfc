import type {KubeObject} from '../object.ts'
import {condition} from '../object.ts'
import {explain} from './causes.ts'
import type {Sign, Verdict} from './causes.ts'
import {exitProblem} from './exit.ts'
import {containersOf, containerSpec, isReady, lastEnd, podStatus, unschedulable} from './pod.ts'
import type {ContainerStatus} from './pod.ts'
import {unhealthy} from './probe-events.ts'
import {probeTrouble} from './probe-trouble.ts'
import type {Problem} from './problem.ts'
import {timesSeen} from './revision.ts'
import type {KubeEvent} from './view.ts'

/**
 * What is wrong with a pod of the newest revision; undefined when nothing is. Init containers count like all others.
 * @param events about this pod
 */
export function podProblem(pod: KubeObject, events: readonly KubeEvent[]): Problem | undefined {
  if (isReady(pod) || podStatus(pod).phase === 'Succeeded' || pod.metadata.deletionTimestamp !== undefined)
    return undefined
  for (const status of containersOf(pod)) {
    const found = containerProblem(pod, status, events)
    if (found !== undefined) return found
  }
  return placementProblem(pod, events) ?? probeProblem(pod, events)
}

function containerProblem(pod: KubeObject, status: ContainerStatus, events: readonly KubeEvent[]): Problem | undefined {
  return waitingProblem(pod, status, events) ?? endedProblem(pod, status, events)
}

function waitingProblem(pod: KubeObject, status: ContainerStatus, events: readonly KubeEvent[]): Problem | undefined {
  const {waiting} = status.state ?? {}
  if (waiting === undefined || isBackOff(status)) return undefined
  const {name: container, image} = status
  const message = pullMessage(status, waiting.message ?? '', events)
  return problemOf({slug: waiting.reason ?? '', message, container, image}, pod)
}

function endedProblem(pod: KubeObject, status: ContainerStatus, events: readonly KubeEvent[]): Problem | undefined {
  const ended = lastEnd(status)
  if (status.ready || ended === undefined) return undefined
  return ended.exitCode === 0 && !isBackOff(status) ? undefined : exitProblem(pod, status, ended, events)
}

function isBackOff({state}: ContainerStatus): boolean {
  return state?.waiting?.reason === 'CrashLoopBackOff'
}

// "Back-off pulling image" does not say why; the event of the first try does.
function pullMessage(status: ContainerStatus, message: string, events: readonly KubeEvent[]): string {
  if (!/^(?:ErrImagePull|ImagePullBackOff)$/.test(status.state?.waiting?.reason ?? '')) return message
  const event = events.findLast((one) => one.reason === 'Failed' && one.message?.includes(status.image) === true)
  return `${message} ${event?.message ?? ''}`.trim()
}

function placementProblem(pod: KubeObject, events: readonly KubeEvent[]): Problem | undefined {
  const stuck = unschedulable(pod)
  if (stuck !== undefined) return problemOf({slug: 'Unschedulable', message: stuck.message ?? ''}, pod)
  return phaseProblem(pod) ?? eventProblem(pod, events)
}

// What evicts and preempts pods also makes new ones.
const REPLACED = /^(?:Evicted|Preempting|NodeShutdown|Terminated)$/

function phaseProblem(pod: KubeObject): Problem | undefined {
  const {phase, reason = '', message = ''} = podStatus(pod)
  if (phase !== 'Failed' || REPLACED.test(reason)) return undefined
  const cause = `a pod failed: ${message || reason || 'no reason given'}`
  const {name = ''} = pod.metadata
  const advice = 'look at the pod with kubectl describe'
  return {reason: 'container-exited', patience: 'short', cause, advice, group: `failed ${reason}`, pod: name}
}

const PLACING = /^Failed(?:Mount|AttachVolume|MapVolume|CreatePodSandBox)$/

function eventProblem(pod: KubeObject, events: readonly KubeEvent[]): Problem | undefined {
  const event = events.findLast(({reason = ''}) => PLACING.test(reason))
  return event && problemOf({slug: event.reason ?? '', message: event.message ?? ''}, pod)
}

/** Failed readiness checks that a running container is allowed, beside its own thresholds. */
const READINESS_MISSES = 3

function probeProblem(pod: KubeObject, events: readonly KubeEvent[]): Problem | undefined {
  const status = containersOf(pod).find((one) => one.state?.running !== undefined && !one.ready)
  if (status === undefined || condition(pod, 'Ready')?.status !== 'False') return undefined
  const kind = status.started === false ? 'startup' : 'readiness'
  const probe = containerSpec(pod, status.name)?.[`${kind}Probe`]
  const answer = unhealthy(events, status.name, pod, kind)
  const misses = events.filter(({reason}) => reason === 'Unhealthy').reduce((sum, event) => sum + timesSeen(event), 0)
  if (answer === undefined || misses < Math.max(READINESS_MISSES, probe?.failureThreshold ?? 0)) return undefined
  const {says, mend} = probeTrouble(pod, status.name, kind, answer)
  return {
    reason: 'health-check-failed',
    patience: 'long',
    cause: `container "${status.name}" runs, but its ${kind} probe fails: ${says}`,
    advice: mend,
    group: `${kind} ${status.name}`,
    pod: pod.metadata.name ?? '',
    container: status.name,
  }
}

function problemOf(sign: Sign, pod: KubeObject): Problem | undefined {
  const verdict = explain(sign)
  if (verdict === undefined) return undefined
  const {name = ''} = pod.metadata
  const where = sign.container === undefined ? {} : {container: sign.container}
  return {...verdict, ...where, pod: name, group: `${verdict.reason} ${sign.container ?? ''}`}
}

/** Why a workload cannot make its pods at all, from its own condition or its events; undefined when it can. */
export function creationProblem(owner: KubeObject, events: readonly KubeEvent[]): Problem | undefined {
  const blocked = condition(owner, 'ReplicaFailure')
  const event = events.findLast(({reason}) => reason === 'FailedCreate')
  const message = blocked?.status === 'True' ? blocked.message : event?.message
  if (message === undefined) return undefined
  const verdict = explain({slug: 'FailedCreate', message})
  return verdict && {...verdict, group: `create ${verdict.reason}`}
}

const SUPPLY = /^(?:FailedBuildModel|FailedDeployModel|SyncLoadBalancerFailed|ProvisioningFailed|FailedBinding)$/

/**
 * Why something that others supply does not come: a load balancer, a volume, the numbers of an autoscaler.
 * @param events about the object, since the wait began
 */
export function supplyProblem(object: KubeObject, events: readonly KubeEvent[]): Problem | undefined {
  const event = events.findLast(({reason = ''}) => SUPPLY.test(reason))
  const verdict =
    event === undefined ? scaleVerdict(object) : explain({slug: event.reason ?? '', message: event.message ?? ''})
  return verdict && {...verdict, group: `supply ${verdict.reason}`}
}

function scaleVerdict(object: KubeObject): Verdict | undefined {
  if (object.kind !== 'HorizontalPodAutoscaler') return undefined
  const bad = ['AbleToScale', 'ScalingActive']
    .map((type) => condition(object, type))
    .find((one) => one?.status === 'False')
  return bad && explain({slug: bad.reason ?? '', message: bad.message ?? ''})
}
