import {constants} from 'node:os'
import type {KubeObject} from '../object.ts'
import {condition} from '../object.ts'
import {explain} from './causes.ts'
import type {Sign, Verdict} from './causes.ts'
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
const TERMINATED = 143

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
  const ended = status.state?.terminated ?? status.lastState?.terminated
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

function exitProblem(
  pod: KubeObject,
  status: ContainerStatus,
  ended: Terminated,
  events: readonly KubeEvent[],
): Problem {
  const {name} = status
  const found = memoryVerdict(pod, name, ended) ?? startVerdict(name, ended) ?? probeVerdict(pod, name, ended, events)
  const verdict = found ?? exitVerdict(pod, name, ended)
  return {pod: pod.metadata.name ?? '', container: name, terminated: ended, patience: 'short', ...verdict}
}

type Found = Omit<Problem, 'patience'>

function who(pod: KubeObject, name: string): string {
  return `${isInit(pod, name) ? 'init container' : 'container'} "${name}"`
}

function memoryVerdict(pod: KubeObject, name: string, ended: Terminated): Found | undefined {
  if (ended.reason !== OUT_OF_MEMORY) return undefined
  const limit = containerSpec(pod, name)?.resources?.limits?.['memory']
  const cause = `${who(pod, name)} runs out of memory${limit === undefined ? '' : ` (limit ${limit})`}`
  return {reason: 'out-of-memory', cause, group: `oom ${name}`, advice: 'raise its memory limit'}
}

function startVerdict(name: string, {reason = '', message = ''}: Terminated): Found | undefined {
  const found = explain({slug: reason, message, container: name})
  return found && {...found, group: `start ${name}`}
}

function exitVerdict(pod: KubeObject, name: string, ended: Terminated): Found {
  const exit = String(ended.exitCode)
  const cause = `${who(pod, name)} exits with code ${exit}${signalOf(ended)}${ranFor(ended)}`
  const advice = 'read its last lines, correct the image or its configuration, and re-run'
  return {reason: 'container-exited', cause, group: `exit ${name} ${exit}`, advice}
}

// Some numbers have two names, of which the first is the usual one: SIGABRT, SIGIOT.
const SIGNALS = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [number, name]),
)

// Shells and container runtimes tell a signal as 128 and its number.
function signalOf({exitCode, signal = exitCode - 128}: Terminated): string {
  const name = SIGNALS.get(signal)
  return name === undefined ? '' : ` (${name})`
}

function ranFor({startedAt, finishedAt}: Terminated): string {
  const seconds = (Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '')) / 1000
  if (!Number.isFinite(seconds)) return ''
  return seconds < 5 ? ' right after start' : ` after ${String(Math.round(seconds))} s`
}

function probeVerdict(
  pod: KubeObject,
  container: string,
  {exitCode}: Terminated,
  events: readonly KubeEvent[],
): Found | undefined {
  // What the kubelet stops ends by a signal, or orderly when the app minds it.
  if (![KILLED, TERMINATED, 0].includes(exitCode)) return undefined
  const kind = (['liveness', 'startup'] as const).find((one) => unhealthy(events, container, pod, one) !== undefined)
  if (kind === undefined) return undefined
  const target = probeTarget(containerSpec(pod, container)?.[`${kind}Probe`])
  const answer = unhealthy(events, container, pod, kind) ?? ''
  return {
    reason: 'health-check-failed',
    cause: `container "${container}" is killed because its ${kind} probe fails: ${target}: ${answer}`,
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
  const answer = found && UNHEALTHY.exec(found.message ?? '')?.[2]
  // `Get "http://10.0.0.7:3000/x": dial tcp 10.0.0.7:3000: connect: connection refused` differs from pod to pod.
  return answer?.replace(/^Get "[^"]*": (?:.*: )?/, '').trim()
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
