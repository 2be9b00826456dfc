import {title} from '../object.ts'
import type {KubeObject} from '../object.ts'
import {eventsOf, lastSeen, timesSeen} from '../watch/revision.ts'
import type {ClusterView, KubeEvent} from '../watch/view.ts'

/** What every good start also says. */
const NOISE = /^(?:Scheduled|Pulling|Pulled|Created|Started|SuccessfulCreate|SuccessfulDelete|ScalingReplicaSet)$/
/** The kubelet's own cache is filled a moment later. */
const BENIGN = /failed to sync .* cache/
/** Clocks of cluster and runner differ a little. */
const SKEW_MS = 5_000

/**
 * The events about these objects since the rollout began, in lines: `Pod/x FailedMount: … (3×)`, the same ones of
 * several pods as one.
 * @param since milliseconds since the epoch
 */
export function eventLines(view: ClusterView, objects: readonly KubeObject[], since: number): string[] {
  const told = objects.flatMap((object) =>
    eventsOf(view, object)
      .filter((event) => !NOISE.test(event.reason ?? '') && !BENIGN.test(event.message ?? ''))
      .filter((event) => lastSeen(event) >= since - SKEW_MS)
      .map((event) => ({event, object})),
  )
  const same = Map.groupBy(told, ({event, object}) => `${event.reason ?? ''} ${withoutNames(event, object)}`)
  return [...same.values()].map((members) => {
    const [{event, object}] = members as unknown as readonly [{event: KubeEvent; object: KubeObject}]
    const times = members.reduce((sum, member) => sum + timesSeen(member.event), 0)
    const others = new Set(members.map((member) => member.object.metadata.uid)).size - 1
    const more = others > 0 ? ` and ${String(others)} more` : ''
    const message = (event.message ?? '').replaceAll('\n', ' ').trim()
    return `${title(object)}${more} ${event.reason ?? ''}: ${message}${times > 1 ? ` (${String(times)}×)` : ''}`
  })
}

function withoutNames({message = ''}: KubeEvent, {metadata}: KubeObject): string {
  return message
    .replaceAll(metadata.name ?? '', '')
    .replaceAll(metadata.uid ?? '', '')
    .replace(/^\(combined from similar events\): /, '')
    .replace(/"[\w.-]+-[a-z0-9]{5}"/g, '')
    .replace(/\b\d+\.\d+\.\d+\.\d+\b|[0-9a-f]{16,}/g, '')
}
