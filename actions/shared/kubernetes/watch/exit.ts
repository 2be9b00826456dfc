import {constants} from 'node:os'
import type {KubeObject} from '../object.ts'
import {explain} from './causes.ts'
import {containerSpec, isInit} from './pod.ts'
import type {ContainerStatus, Terminated} from './pod.ts'
import {unhealthy} from './probe-events.ts'
import {probeTrouble} from './probe-trouble.ts'
import type {Problem} from './problem.ts'
import type {KubeEvent} from './view.ts'

const OUT_OF_MEMORY = 'OOMKilled'
const KILLED = 137
const TERMINATED = 143

/** The trouble of a container that ended: its memory, its start, a probe that killed it, or its own exit. */
export function exitProblem(
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
  const {says, mend} = probeTrouble(pod, container, kind, unhealthy(events, container, pod, kind) ?? '')
  return {
    reason: 'health-check-failed',
    cause: `container "${container}" is killed because its ${kind} probe fails: ${says}`,
    group: `${kind} ${container}`,
    advice: `${mend}; an app that is slow to start gets more time by a startupProbe`,
  }
}
