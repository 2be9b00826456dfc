import {humanDuration} from '../../shared/core/clock.ts'
import type {World} from '../../shared/core/world.ts'
import type {Applied} from '../../shared/kubernetes/change/apply.ts'
import {title} from '../../shared/kubernetes/object.ts'
import type {KubeObject} from '../../shared/kubernetes/object.ts'
import {workloadSpec} from '../../shared/kubernetes/watch/workload.ts'
import type {RolloutInputs} from './inputs.ts'

/** Most of what cannot start (a module that is missing, a setting that is not there) has ended by then. */
const UNPROBED_MS = 3000

/**
 * How long to watch on once all is rolled out, in milliseconds. What did not change has shown that it is stable, unless
 * it is what the run came to see. Where the input does not say, a container that nobody asks whether it is ready is
 * watched for a moment: to Kubernetes it is ready from its start until it exits
 * (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes).
 */
export function stableForMs(world: World, inputs: RolloutInputs, applied: readonly Applied[]): number {
  const seen = inputs.mode === 'watch' ? applied : applied.filter(({change}) => change.action !== 'same')
  if (seen.length === 0) return 0
  if (inputs.stableForMs !== undefined) return inputs.stableForMs
  const unprobed = seen.map(({object}) => object).filter(isUnprobed)
  const [first] = unprobed
  if (first === undefined) return 0
  const more = unprobed.length === 1 ? '' : ` and ${String(unprobed.length - 1)} more`
  world.log.line(
    `  ${title(first)}${more}: a container without a readiness probe is ready until it exits, so it is watched for ${humanDuration(UNPROBED_MS)} more`,
  )
  return UNPROBED_MS
}

// Pods that must stay ready for a while before they count are watched by Kubernetes itself.
function isUnprobed(object: KubeObject): boolean {
  if (!['Deployment', 'StatefulSet', 'DaemonSet'].includes(object.kind)) return false
  const {replicas, minReadySeconds = 0, template} = workloadSpec(object)
  if (replicas === 0 || minReadySeconds > 0) return false
  return (template?.spec?.containers ?? []).some(({readinessProbe}) => readinessProbe === undefined)
}
