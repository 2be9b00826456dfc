import type {Diagnosis, Evidence} from '../../core/diagnosis.ts'
import {humanDuration} from '../../core/clock.ts'
import type {KubeApi} from '../api/kube-api.ts'
import {title} from '../object.ts'
import type {KubeObject} from '../object.ts'
import {containersOf, isReady} from '../watch/pod.ts'
import type {ContainerStatus} from '../watch/pod.ts'
import type {Problem} from '../watch/problem.ts'
import {newReplicaSet} from '../watch/revision.ts'
import type {Outcome} from '../watch/rollout.ts'
import type {Standing} from '../watch/standing.ts'
import type {ClusterView} from '../watch/view.ts'
import {workloadStatus} from '../watch/workload.ts'
import {eventLines} from './events.ts'
import {lastLines, messageIn} from './logs.ts'
import type {LastLines} from './logs.ts'
import {roomEvidence} from './room.ts'

/** What a diagnosis is made from. */
export interface Scene {
  readonly api: KubeApi
  readonly view: ClusterView
  readonly outcome: Outcome
  /** Lines of log per failed container. */
  readonly logLines: number
  /** When the rollout began, in milliseconds since the epoch. */
  readonly since: number
}

/** Pods whose logs are read: the first tells the cause, the others only that it is the same. */
const PODS_WITH_LOGS = 3

/** Why a rollout did not succeed: the cause in one sentence, with what shows it. */
export async function diagnose(scene: Scene): Promise<Diagnosis> {
  if (scene.outcome.silentSince !== undefined) return silent(scene.outcome, scene.outcome.silentSince, scene.since)
  const culprit = culpritOf(scene.outcome)
  const [problem] = culprit.problems
  const same = culprit.problems.filter(({group}) => group === problem?.group)
  const logs = await logsOf(scene, culprit, same)
  const base = problem === undefined ? unexplained(scene.outcome, culprit) : explained(culprit, problem, same, logs)
  const evidence = [
    ...causeEvidence(culprit),
    ...podTable(culprit, logs),
    ...differing(logs).map(logEvidence),
    ...(problem === undefined ? [] : await roomEvidence(scene.api, culprit, problem)),
    ...eventEvidence(scene, culprit),
    ...othersEvidence(scene.outcome, culprit),
  ]
  return {...base, subject: title(culprit.object), evidence}
}

// A server that says nothing any more says nothing about the workloads either.
function silent({standings, tookMs}: Outcome, since: number, started: number): Diagnosis {
  const open = standings.filter(({state}) => state !== 'done')
  const [first] = open
  const last = first === undefined ? '' : `; the last that was seen of ${title(first.object)}: ${first.says}`
  const ms = Math.max(0, tookMs - (since - started))
  return {
    reason: 'unreachable',
    subject: 'Kubernetes API server',
    cause: `it has said nothing for ${humanDuration(ms)} and does not answer, so nobody knows how the rollout ended${last}`,
    advice:
      'check the way to the cluster (VPN, tunnel, proxy, private endpoint); "mode: watch" sees the rollout to its end',
    evidence: [
      {title: 'as last seen', lines: standings.map((one) => `${title(one.object)}: ${one.says.replaceAll('\n', ' ')}`)},
    ],
  }
}

/** The standing that is to blame: the first that failed, else the first that is still waited for with a trouble. */
export function culpritOf({standings, late}: Outcome): Standing {
  const open = late ?? standings.filter(({state}) => state !== 'done')
  const found =
    open.find(({state}) => state === 'failed') ??
    open.find(({problems}) => problems.length > 0) ??
    open[0] ??
    standings[0]
  if (found === undefined) throw new Error('A rollout of nothing cannot fail.')
  return found
}

type Sentence = Pick<Diagnosis, 'reason' | 'cause' | 'advice'>

function explained(
  culprit: Standing,
  problem: Problem,
  same: readonly Problem[],
  logs: readonly LastLines[],
): Sentence {
  const last = logs[0]?.lines.at(-1)
  const said = problem.reason === 'container-exited' && last !== undefined ? `: ${messageIn(last)}` : ''
  const of = problem.pod === undefined ? 0 : culprit.pods.length
  const share = of === 0 ? [] : [`${String(same.length)} of ${String(of)} new ${of === 1 ? 'pod' : 'pods'}`]
  const old = oldServing(culprit)
  const serve = old === 0 ? [] : [`${String(old)} old ${old === 1 ? 'pod still serves' : 'pods still serve'}`]
  const facts = [...share, ...serve].join('; ')
  return {
    reason: problem.reason,
    cause: `${problem.cause}${said}${facts === '' ? '' : ` (${facts})`}`,
    advice: problem.advice,
  }
}

function oldServing({object, pods}: Standing): number {
  if (object.kind !== 'Deployment') return 0
  const ready = pods.filter(isReady).length
  return Math.max(0, workloadStatus(object).readyReplicas - ready)
}

function unexplained({state, tookMs}: Outcome, {says, reason, tracked}: Standing): Sentence {
  if (state === 'timed-out') {
    const limit = tracked.timeoutMs === undefined ? '"timeout"' : 'its annotation slipway.dev/timeout'
    return {
      reason: 'timeout',
      cause: `not rolled out after ${humanDuration(tookMs)}: ${says}`,
      advice: `look at its events below; if it only needs longer, raise ${limit}`,
    }
  }
  return {reason: reason ?? 'timeout', cause: says, advice: 'look at its events below, or kubectl describe it'}
}

async function logsOf(
  {api, logLines}: Scene,
  {pods}: Standing,
  same: readonly Problem[],
): Promise<readonly LastLines[]> {
  if (logLines === 0) return []
  const worth = same.flatMap(({pod: name, container}) => {
    const pod = pods.find(({metadata}) => metadata.name === name)
    return pod === undefined || container === undefined ? [] : [{pod, container}]
  })
  const few = worth.slice(0, PODS_WITH_LOGS)
  return await Promise.all(few.map(({pod, container}) => lastLines(api, pod, container, logLines)))
}

// Three pods that say the same say it once.
function differing(logs: readonly LastLines[]): LastLines[] {
  const text = ({lines}: LastLines): string => lines.join('\n')
  return logs.filter((log, at) => log.lines.length > 0 && logs.findIndex((other) => text(other) === text(log)) === at)
}

// Pods that fail for different reasons: the sentence has room for one.
function causeEvidence({problems}: Standing): Evidence[] {
  const groups = [...Map.groupBy(problems, ({group}) => group).values()]
  if (groups.length < 2) return []
  const lines = groups.map((members) => `${String(members.length)}× ${members[0]?.cause ?? ''}`)
  return [{title: 'causes', lines}]
}

function podTable({pods, problems}: Standing, logs: readonly LastLines[]): Evidence[] {
  if (pods.length === 0) return []
  const columns = ['pod', 'container', 'state', 'exit', 'restarts', 'last line']
  const rows = pods.map((pod) => {
    const {name = ''} = pod.metadata
    const last = logs.find((one) => one.pod === name)?.lines.at(-1)
    const problem = problems.find((one) => one.pod === name)
    return [name, ...containerCells(pod, problem), last === undefined ? '' : messageIn(last)]
  })
  return [{title: 'new pods', table: {columns, rows}}]
}

function containerCells(pod: KubeObject, problem: Problem | undefined): string[] {
  const all = containersOf(pod)
  const status = all.find(({name}) => name === problem?.container) ?? all[0]
  const exit = problem?.terminated === undefined ? '' : String(problem.terminated.exitCode)
  if (status === undefined) return ['', problem?.reason ?? 'not ready', exit, '0']
  const state = isReady(pod) ? 'ready' : (waitingReason(status) ?? problem?.reason ?? 'not ready')
  return [status.name, state, exit, String(status.restartCount)]
}

function waitingReason({state}: ContainerStatus): string | undefined {
  return state?.waiting?.reason
}

function logEvidence({pod, container, previous, lines}: LastLines): Evidence {
  const which = previous ? ', the instance that ended' : ''
  return {title: `last lines of ${container} (pod ${pod}${which})`, lines, folded: true}
}

function eventEvidence({view, since}: Scene, {object, pods}: Standing): Evidence[] {
  const set = object.kind === 'Deployment' ? newReplicaSet(view, object) : undefined
  const lines = eventLines(view, [object, ...(set === undefined ? [] : [set]), ...pods], since)
  return lines.length === 0 ? [] : [{title: `events (${String(lines.length)})`, lines, folded: true}]
}

function othersEvidence({standings}: Outcome, culprit: Standing): Evidence[] {
  const others = standings.filter((one) => one !== culprit)
  if (others.length === 0) return []
  const lines = others.map((one) => `${title(one.object)}: ${one.says.replaceAll('\n', ' ')}`)
  return [{title: 'the other objects', lines, folded: true}]
}
