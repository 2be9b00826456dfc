import type {KubeObject} from '../object.ts'
import {condition} from '../object.ts'
import {explain} from './causes.ts'
import type {Patience, Sign, Verdict} from './causes.ts'
import {containersOf, containerSpec, isInit, isReady, podStatus, probeTarget, unschedulable} from './pod.ts'
import type {ContainerStatus, Terminated} from './pod.ts'
import {timesSeen} from './revision.ts'
import type {KubeEvent} from './view.ts'

/** A trouble of a pod, or of the workload that cannot make its pods. */
export interface Problem extends Verdict {
  /** The pod's name; undefined when there is no pod. */
  readonly pod?: string
  readonly container?: string
  /** The same for the same trouble of other pods. */
  readonly group: string
  /** How the failed container ended last. */
  readonly terminated?: Terminated
}

const OUT_OF_MEMORY = 'OOMKilled'
const KILLED = 137
const TERMINATED_BY_KUBELET = 143

/**
 * What is wrong with a pod of the newest revision; undefined when nothing is. Init containers count like all others.
 * @param events about this pod
 */
export function podProblem(pod: KubeObject, events: readonly KubeEvent[]): Problem | undefined {
  if (isReady(pod) || podStatus(pod).phase === 'Succeeded' || pod.metadata.deletionTimestamp !== undefined) return undefined
  for (const status of containersOf(pod)) {
    const found = containerProblem(pod, status, events)
    if (found !== undefined) return found
  }
  return placementProblem(pod, events) ?? probeProblem(pod, events)
}

function containerProblem(
  pod: KubeObject,
  status: ContainerStatus,
  events: readonly KubeEvent[],
): Problem | undefined {
  const {waiting, terminated} = status.state ?? {}
  if (waiting !== undefined && waiting.reason !== 'CrashLoopBackOff') {
    const sign = {
      slug: waiting.reason ?? '',
      message: pullMessage(status, waiting.message ?? '', events),
      container: status.name,
      image: status.image,
    }
    const found = problemOf(sign, pod)
    if (found !== undefined) return found
  }
  const ended = terminated ?? status.lastState?.terminated
  if (ended === undefined || (ended.exitCode === 0 && waiting?.reason !== 'CrashLoopBackOff')) return undefined
  return status.ready ? undefined : exitProblem(pod, status, ended, events)
}

// "Back-off pulling image" does not say why; the event of the first try does.
function pullMessage(status: ContainerStatus, message: string, events: readonly KubeEvent[]): string {
  if (!/^(?:ErrImagePull|ImagePullBackOff)$/.test(status.state?.waiting?.reason ?? '')) return message
  const event = events.findLast((one) => one.reason === 'Failed' && one.message?.includes(status.image) === true)
  return `${message} ${event?.message ?? ''}`.trim()
}

function exitProblem(
  pod: KubeObject,
  status: ContainerStatus,
  ended: Terminated,
  events: readonly KubeEvent[],
): Problem {
  const {name} = status
  const common = {pod: pod.metadata.name ?? '', container: name, terminated: ended, patience: 'short' as Patience}
  const who = `${isInit(pod, name) ? 'init container' : 'container'} "${name}"`
  if (ended.reason === OUT_OF_MEMORY) {
    const limit = containerSpec(pod, name)?.resources?.limits?.['memory']
    const cause = `${who} runs out of memory${limit === undefined ? '' : ` (limit ${limit})`}`
    return {...common, reason: 'out-of-memory', cause, group: `oom ${name}`, advice: 'raise its memory limit'}
  }
  const cannotRun = explain({slug: ended.reason ?? '', message: ended.message ?? '', container: name})
  if (cannotRun !== undefined) return {...common, ...cannotRun, group: `start ${name}`}
  const probe = [KILLED, TERMINATED_BY_KUBELET, 0].includes(ended.exitCode) ? killingProbe(pod, name, events) : undefined
  if (probe !== undefined) return {...common, ...probe}
  const cause = `${who} exits with code ${String(ended.exitCode)}${ranFor(ended)}`
  const advice = 'read its last lines below, correct the image or its configuration, and re-run'
  return {...common, reason: 'container-exited', cause, group: `exit ${name} ${String(ended.exitCode)}`, advice}
}

function ranFor({startedAt, finishedAt}: Terminated): string {
  const seconds = (Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '')) / 1000
  if (!Number.isFinite(seconds)) return ''
  return seconds < 5 ? ' right after start' : ` after ${String(Math.round(seconds))} s`
}

function killingProbe(
  pod: KubeObject,
  container: string,
  events: readonly KubeEvent[],
): Pick<Problem, 'reason' | 'cause' | 'group' | 'advice'> | undefined {
  const kind = (['liveness', 'startup'] as const).find((one) => unhealthy(events, container, pod, one) !== undefined)
  if (kind === undefined) return undefined
  const target = probeTarget(containerSpec(pod, container)?.[`${kind}Probe`])
  const answer = unhealthy(events, container, pod, kind)
  return {
    reason: 'health-check-failed',
    cause: `container "${container}" is killed because its ${kind} probe fails: ${target}: ${answer ?? ''}`,
    group: `${kind} ${container}`,
    advice: `correct the path or port of the ${kind} probe, or give the app more time with a startupProbe`,
  }
}

const UNHEALTHY = /^(Readiness|Liveness|Startup) probe (?:failed|errored)[^:]*: ?([^]*)$/

// An event says its container only in a field path, so a pod of one container needs none.
function unhealthy(
  events: readonly KubeEvent[],
  container: string,
  pod: KubeObject,
  kind: 'readiness' | 'liveness' | 'startup',
): string | undefined {
  const found = events.findLast((event) => {
    const {fieldPath} = (event.involvedObject ?? {}) as {readonly fieldPath?: string}
    const here = fieldPath === undefined || fieldPath.includes(`{${container}}`) || containersOf(pod).length === 1
    return event.reason === 'Unhealthy' && here && UNHEALTHY.exec(event.message ?? '')?.[1]?.toLowerCase() === kind
  })
  return found && UNHEALTHY.exec(found.message ?? '')?.[2]?.trim()
}

function placementProblem(pod: KubeObject, events: readonly KubeEvent[]): Problem | undefined {
  const {phase, reason = '', message = ''} = podStatus(pod)
  const stuck = unschedulable(pod)
  if (stuck !== undefined) return problemOf({slug: 'Unschedulable', message: stuck.message ?? ''}, pod)
  // What evicts and preempts pods also makes new ones.
  if (phase === 'Failed' && !/^(?:Evicted|Preempting|NodeShutdown|Terminated)$/.test(reason)) {
    const cause = `a pod failed: ${message || reason || 'no reason given'}`
    const advice = 'look at the pod with kubectl describe'
    const pod_ = pod.metadata.name ?? ''
    return {reason: 'container-exited', patience: 'short', cause, advice, group: `failed ${reason}`, pod: pod_}
  }
  const event = events.findLast((one) => /^Failed(?:Mount|AttachVolume|MapVolume|CreatePodSandBox)$/.test(one.reason ?? ''))
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
  return {
    reason: 'health-check-failed',
    patience: 'long',
    cause: `container "${status.name}" runs, but its ${kind} probe fails: ${probeTarget(probe)}: ${answer}`,
    advice: `correct the path or port of the ${kind} probe, or what it asks for`,
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
