import type {KubeObject} from '../object.ts'
import {containersOf} from './pod.ts'
import type {KubeEvent} from './view.ts'

const UNHEALTHY = /^(Readiness|Liveness|Startup) probe (?:failed|errored)[^:]*: ?([^]*)$/

/** What a probe of a container answered last, without what differs from pod to pod; undefined when it never failed. */
export function unhealthy(
  events: readonly KubeEvent[],
  container: string,
  pod: KubeObject,
  kind: 'readiness' | 'liveness' | 'startup',
): string | undefined {
  const found = events.findLast((event) => {
    // An event says its container only in a field path, so a pod of one container needs none.
    const {fieldPath} = (event.involvedObject ?? {}) as {readonly fieldPath?: string}
    const here = fieldPath === undefined || fieldPath.includes(`{${container}}`) || containersOf(pod).length === 1
    return event.reason === 'Unhealthy' && here && UNHEALTHY.exec(event.message ?? '')?.[1]?.toLowerCase() === kind
  })
  const answer = found && UNHEALTHY.exec(found.message ?? '')?.[2]
  // `Get "http://10.0.0.7:3000/x": dial tcp 10.0.0.7:3000: connect: connection refused` differs from pod to pod.
  return answer?.replace(/^Get "[^"]*": (?:.*: )?/, '').trim()
}
