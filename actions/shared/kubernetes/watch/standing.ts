import type {FailureReason} from '../../core/diagnosis.ts'
import type {Resource} from '../api/discovery.ts'
import type {KubeObject} from '../object.ts'
import {condition, title} from '../object.ts'
import type {Grace} from './grace.ts'
import {containersOf, isReady, podStatus} from './pod.ts'
import {creationProblem, podProblem, supplyProblem} from './problems.ts'
import type {Problem} from './problem.ts'
import {rateClaim} from './rating-services.ts'
import {eventsOf, lastSeen, newPods, newReplicaSet} from './revision.ts'
import {done} from './verdicts.ts'
import type {Rating} from './verdicts.ts'
import {rateWith} from './wait-rules.ts'
import type {WaitRule} from './wait-rules.ts'
import type {ClusterView} from './view.ts'

/** An object that is waited for. */
export interface Tracked {
  readonly resource: Resource
  readonly namespace: string | undefined
  /** As it was stored when the wait began. */
  readonly object: KubeObject
  /** What the user wants to be waited for beside the rules of the kind. */
  readonly rules?: readonly WaitRule[]
  /** Its own limit in milliseconds, in place of the one for everything. */
  readonly timeoutMs?: number
}

/** Where a tracked object stands. */
export interface Standing {
  readonly tracked: Tracked
  /** As it is now; as it was when it is gone. */
  readonly object: KubeObject
  readonly state: 'done' | 'waiting' | 'failed'
  /** In a few words, for the line in the log. */
  readonly says: string
  readonly reason?: FailureReason
  /** Pods of the newest revision. */
  readonly pods: readonly KubeObject[]
  /** What is wrong, the most frequent trouble first; also while there is still hope. */
  readonly problems: readonly Problem[]
}

/** How the wait is judged. */
export interface Judgement {
  readonly view: ClusterView
  readonly grace: Grace
  /** False: only what the controllers themselves call failed. */
  readonly failFast: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
  /** When the wait began, in milliseconds since the epoch: what happened before says nothing about it. */
  readonly since: number
}

/** Where an object stands now. */
export function standing(tracked: Tracked, judgement: Judgement): Standing {
  const {view} = judgement
  const object = view.byUid(tracked, tracked.object.metadata.uid ?? '')
  if (object === undefined) {
    const says = 'it was deleted while it was waited for'
    return {tracked, object: tracked.object, state: 'failed', says, reason: 'not-found', pods: [], problems: []}
  }
  const rating = ratingOf(object, tracked, view)
  const pods = newPods(view, object)
  const problems = rating.state === 'done' ? [] : problemsOf(object, pods, judgement)
  const base = {tracked, object, pods, problems: byFrequency(problems)}
  for (const pod of pods) if (isReady(pod)) judgement.grace.forget(pod.metadata.uid ?? '')
  const fatal =
    rating.state === 'waiting' && judgement.failFast ? fatalProblem(object, pods, problems, judgement) : undefined
  if (fatal !== undefined) return {...base, state: 'failed', says: fatal.cause, reason: fatal.reason}
  const says = rating.state === 'waiting' ? withPods(rating.says, pods, base.problems) : rating.says
  return {...base, ...rating, says}
}

function ratingOf(object: KubeObject, tracked: Tracked, view: ClusterView): Rating {
  const rating = ratingByRules(object, tracked, view)
  const isOpen = rating.state === 'waiting' && object.kind === 'HorizontalPodAutoscaler'
  return isOpen && isScalable(object, view) ? done('in place, its target is there') : rating
}

// The controller of autoscalers looks every 15 s; what it would look for can be seen before.
function isScalable(autoscaler: KubeObject, view: ClusterView): boolean {
  const able = condition(autoscaler, 'AbleToScale')
  if (able !== undefined && able.reason !== 'FailedGetScale') return false
  const {apiVersion, kind, name} = (autoscaler.spec?.['scaleTargetRef'] ?? {}) as {readonly [key: string]: string}
  const resource = {apiVersion: apiVersion ?? '', kind: kind ?? '', namespaced: true}
  const scope = {
    resource: {...resource, plural: `${(kind ?? '').toLowerCase()}s`},
    namespace: autoscaler.metadata.namespace,
  }
  return view.all(scope).some(({metadata}) => metadata.name === name)
}

function ratingByRules(object: KubeObject, {rules = []}: Tracked, view: ClusterView): Rating {
  const isDelayed = object.kind === 'PersistentVolumeClaim' && eventsOf(view, object).some(isWaitingForPod)
  return isDelayed && rules.length === 0 ? rateClaim(object, true) : rateWith(object, rules)
}

// https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode
const isWaitingForPod = ({reason = ''}: KubeObject & {readonly reason?: string}): boolean =>
  ['WaitForFirstConsumer', 'WaitForPodScheduled'].includes(reason)

/** Clocks of the runner and of the cluster may differ by this much. */
const CLOCK_SKEW_MS = 5_000

function problemsOf(object: KubeObject, pods: readonly KubeObject[], {view, since}: Judgement): Problem[] {
  const ofPods = pods.flatMap((pod) => podProblem(pod, eventsOf(view, pod)) ?? [])
  const maker = object.kind === 'Deployment' ? newReplicaSet(view, object) : object
  const blocked = maker && creationProblem(maker, eventsOf(view, maker))
  const fresh = eventsOf(view, object).filter((event) => lastSeen(event) >= since - CLOCK_SKEW_MS)
  const own = blocked ?? supplyProblem(object, fresh)
  return own === undefined ? ofPods : [...ofPods, own]
}

function byFrequency(problems: readonly Problem[]): Problem[] {
  const counts = Map.groupBy(problems, ({group}) => group)
  return [...problems].sort((a, b) => (counts.get(b.group)?.length ?? 0) - (counts.get(a.group)?.length ?? 0))
}

/**
 * The trouble that ends the wait: one that has outlasted its grace, once no other new pod is undecided. A pod that is
 * still starting may yet show that the trouble was one node's.
 */
function fatalProblem(
  object: KubeObject,
  pods: readonly KubeObject[],
  problems: readonly Problem[],
  {grace, now}: Judgement,
): Problem | undefined {
  const uidOf = new Map(pods.map(({metadata}) => [metadata.name, metadata.uid ?? '']))
  const owner = (problem: Problem): string => uidOf.get(problem.pod) ?? object.metadata.uid ?? ''
  const over = problems.filter((problem) => grace.isOver(owner(problem), problem, now))
  const troubled = new Set(problems.flatMap(({pod}) => pod ?? []))
  const undecided = pods.filter((pod) => !isReady(pod) && !troubled.has(pod.metadata.name ?? '') && isLive(pod))
  // A Job tries again by itself as often as its backoffLimit says; only what cannot even start ends it early.
  const final = object.kind === 'Job' ? over.filter(({terminated}) => terminated === undefined) : over
  return undecided.length === 0 ? final[0] : undefined
}

function isLive(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp === undefined && !['Failed', 'Succeeded'].includes(podStatus(pod).phase ?? '')
}

function withPods(says: string, pods: readonly KubeObject[], problems: readonly Problem[]): string {
  const [worst] = problems
  if (worst !== undefined) return `${says}: ${worst.cause}`
  const doing = Map.groupBy(
    pods.filter((pod) => !isReady(pod)),
    activity,
  )
  const groups = [...doing].map(([what, members]) => `${String(members.length)} ${what}`)
  return groups.length === 0 ? says : `${says}: ${groups.join(', ')}`
}

function activity(pod: KubeObject): string {
  const starting = containersOf(pod).find((status) => !status.ready && status.state?.terminated?.exitCode !== 0)
  const reason = starting?.state?.waiting?.reason
  if (reason !== undefined) return reason === 'ContainerCreating' ? 'pulling or creating' : reason
  if (starting?.state?.running !== undefined) return 'running, not ready yet'
  return podStatus(pod).phase === 'Pending' ? 'pending' : 'starting'
}

/** `Deployment/api`; with its namespace in front when several are waited for. */
export function standingTitle({object}: Standing, all: readonly Standing[]): string {
  const namespaces = new Set(all.map(({tracked}) => tracked.namespace))
  return namespaces.size > 1 ? `${object.metadata.namespace ?? ''} ${title(object)}` : title(object)
}
