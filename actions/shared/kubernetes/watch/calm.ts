import type {KubeObject} from '../object.ts'
import {containersOf, isInit, lastEnd, podStatus} from './pod.ts'
import type {ContainerStatus} from './pod.ts'
import {exitProblem} from './exit.ts'
import type {Problem} from './problem.ts'
import {eventsOf} from './revision.ts'
import type {Standing} from './standing.ts'
import type {ClusterView} from './view.ts'

/**
 * Watches on over a rollout that is complete: a container without a probe is ready until it exits, and an app that loses
 * its queue after ten seconds was ready too.
 */
export class Calm {
  readonly #stableForMs: number
  readonly #endedBefore = new Map<string, number>()
  #completeAt: number | undefined

  /** @param stableForMs how long all must go on running once all is rolled out, in milliseconds; 0 for not at all */
  constructor(stableForMs: number) {
    this.#stableForMs = stableForMs
  }

  /** Whether everything was rolled out at some moment, and is watched since. */
  get isWatching(): boolean {
    return this.#completeAt !== undefined
  }

  /** How much is left of it, in milliseconds. @param now milliseconds since the epoch */
  leftMs(now: number): number {
    return Math.max(0, this.#stableForMs - (now - (this.#completeAt ?? now)))
  }

  /**
   * The standings, where one whose container ended since all was rolled out has failed.
   * @param now milliseconds since the epoch
   */
  judge(standings: readonly Standing[], view: ClusterView, now: number): readonly Standing[] {
    if (this.#stableForMs === 0) return standings
    if (this.#completeAt === undefined) {
      if (standings.every(({state}) => state === 'done')) this.#begin(standings, now)
      return standings
    }
    return standings.map((one) => this.#broken(one, view) ?? one)
  }

  #begin(standings: readonly Standing[], now: number): void {
    this.#completeAt = now
    for (const [pod, status] of standings.flatMap(appContainers))
      this.#endedBefore.set(keyOf(pod, status), endings(status) - (hasEnded(status) ? 1 : 0))
  }

  #broken(one: Standing, view: ClusterView): Standing | undefined {
    const problems = appContainers(one).flatMap(([pod, status]): Problem[] => {
      if (endings(status) <= (this.#endedBefore.get(keyOf(pod, status)) ?? 0)) return []
      const ended = lastEnd(status)
      if (ended === undefined) return []
      const problem = exitProblem(pod, status, ended, eventsOf(view, pod))
      return [{...problem, cause: `after the rollout was complete, ${problem.cause}`}]
    })
    const [first] = problems
    if (first === undefined) return undefined
    return {...one, state: 'failed', says: first.cause, reason: first.reason, problems}
  }
}

// The pods of a Job end by design; those that are deleted or evicted end because of somebody else.
function appContainers({object, pods}: Standing): [KubeObject, ContainerStatus][] {
  if (object.kind === 'Job' || object.kind === 'Pod') return []
  return pods
    .filter((pod) => pod.metadata.deletionTimestamp === undefined && podStatus(pod).phase !== 'Failed')
    .flatMap((pod) =>
      containersOf(pod).flatMap((status): [KubeObject, ContainerStatus][] =>
        isInit(pod, status.name) ? [] : [[pod, status]],
      ),
    )
}

const keyOf = ({metadata}: KubeObject, {name}: ContainerStatus): string => `${metadata.uid ?? ''} ${name}`

/** How often a container has ended: one that is kept waiting after a crash is counted as restarted only later. */
function endings(status: ContainerStatus): number {
  return status.restartCount + (hasEnded(status) ? 1 : 0)
}

// A workload may still be called available when its container has ended already: that is an end in this time, too.
function hasEnded({state, lastState}: ContainerStatus): boolean {
  return (state?.terminated ?? (state?.waiting && lastState?.terminated)) !== undefined
}
