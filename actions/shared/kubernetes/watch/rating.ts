import {condition, groupOf} from '../object.ts'
import type {KubeObject} from '../object.ts'
import {isReady, podStatus} from './pod.ts'
import {
  rateApiService,
  rateAutoscaler,
  rateClaim,
  rateDefinition,
  rateDisruptionBudget,
  rateIngress,
  rateService,
} from './rating-services.ts'
import {count, done, failed, reasonOf, waiting} from './verdicts.ts'
import type {Rating, Rule} from './verdicts.ts'
import {isObserved, workloadSpec, workloadStatus} from './workload.ts'

/**
 * The rules of `kubectl rollout status` (polymorphichelpers/rollout_status.go), and of `kubectl wait` for the rest. By
 * kind and group: other groups have a Service or a Job too.
 */
const RULES: Readonly<Record<string, Rule>> = {
  'Deployment.apps': rateDeployment,
  'StatefulSet.apps': rateStatefulSet,
  'DaemonSet.apps': rateDaemonSet,
  'ReplicaSet.apps': rateReplicaSet,
  'Job.batch': rateJob,
  'Pod.': ratePod,
  'Service.': rateService,
  'PersistentVolumeClaim.': (object) => rateClaim(object, false),
  'Ingress.networking.k8s.io': rateIngress,
  'HorizontalPodAutoscaler.autoscaling': rateAutoscaler,
  'PodDisruptionBudget.policy': rateDisruptionBudget,
  'APIService.apiregistration.k8s.io': rateApiService,
  'CustomResourceDefinition.apiextensions.k8s.io': rateDefinition,
}

/** Kinds whose API group is the cluster's own and that have nothing to wait for. */
const BUILT_IN = /^(?:|apps|batch|autoscaling|policy|extensions|.*\.k8s\.io)$/

const ruleOf = ({kind, apiVersion}: KubeObject): Rule | undefined => RULES[`${kind}.${groupOf(apiVersion)}`]

/** Whether an object is of a kind whose rules the cluster's own controllers set. */
export function isBuiltIn(object: KubeObject): boolean {
  return ruleOf(object) !== undefined || BUILT_IN.test(groupOf(object.apiVersion))
}

/** Whether there is anything to wait for after an object of this kind was applied. */
export function isWatched(object: KubeObject): boolean {
  const rule = ruleOf(object)
  if (rule === rateService) return object.spec?.['type'] === 'LoadBalancer'
  // Waited for while it is applied: objects of its kind come after it.
  if (rule === rateDefinition) return false
  return rule !== undefined || !isBuiltIn(object)
}

/** How far an object is, by the rules of its kind; custom resources by the conditions they report. */
export function rate(object: KubeObject): Rating {
  if (object.metadata.deletionTimestamp !== undefined) return failed('not-found', 'it is being deleted')
  return (ruleOf(object) ?? rateByConditions)(object)
}

function rateDeployment(object: KubeObject): Rating {
  const {replicas = 1, paused} = workloadSpec(object)
  if (!isObserved(object)) return waiting('the controller has not seen it yet')
  const status = workloadStatus(object)
  const {updatedReplicas: updated, replicas: all, availableReplicas: available} = status
  if (paused === true && updated < replicas) return done('paused: it is rolled out when it is resumed')
  const progressing = condition(object, 'Progressing')
  if (progressing?.reason === 'ProgressDeadlineExceeded') {
    return failed('timeout', `no progress within its progressDeadlineSeconds: ${counts(updated, available, replicas)}`)
  }
  if (updated < replicas) return waiting(`${String(updated)}/${String(replicas)} updated`)
  if (all > updated) return waiting(`${count(all - updated, 'old pod')} still there`)
  if (available < updated) return waiting(`${String(available)}/${String(updated)} available`)
  return done(`${String(available)}/${String(replicas)} available`)
}

function counts(updated: number, available: number, replicas: number): string {
  return `${String(updated)}/${String(replicas)} updated, ${String(available)} available`
}

function rateStatefulSet(object: KubeObject): Rating {
  const {replicas = 1, updateStrategy} = workloadSpec(object)
  if (!isObserved(object)) return waiting('the controller has not seen it yet')
  const {updatedReplicas: updated, readyReplicas: ready, currentRevision, updateRevision} = workloadStatus(object)
  if (updateStrategy?.type === 'OnDelete') {
    return done(`${String(updated)}/${String(replicas)} updated; the others when they are deleted (OnDelete)`)
  }
  const partition = updateStrategy?.rollingUpdate?.partition ?? 0
  const wanted = Math.max(0, replicas - partition)
  if (updated < wanted && currentRevision !== updateRevision) {
    return waiting(`${String(updated)}/${String(wanted)} updated, ${String(ready)}/${String(replicas)} ready`)
  }
  if (ready < replicas) return waiting(`${String(ready)}/${String(replicas)} ready`)
  return done(`${String(ready)}/${String(replicas)} ready${partition > 0 ? `, partition ${String(partition)}` : ''}`)
}

function rateDaemonSet(object: KubeObject): Rating {
  if (!isObserved(object)) return waiting('the controller has not seen it yet')
  const {desiredNumberScheduled: desired, updatedNumberScheduled: updated} = workloadStatus(object)
  const {numberAvailable: available} = workloadStatus(object)
  if (workloadSpec(object).updateStrategy?.type === 'OnDelete') {
    return done(`${String(updated)}/${String(desired)} updated; the others when they are deleted (OnDelete)`)
  }
  if (updated < desired) return waiting(`${String(updated)}/${String(desired)} updated`)
  if (available < desired) return waiting(`${String(available)}/${String(desired)} available`)
  return done(`${String(available)}/${String(desired)} available`)
}

function rateReplicaSet(object: KubeObject): Rating {
  const {replicas = 1} = workloadSpec(object)
  if (!isObserved(object)) return waiting('the controller has not seen it yet')
  const {availableReplicas: available} = workloadStatus(object)
  const says = `${String(available)}/${String(replicas)} available`
  return available < replicas ? waiting(says) : done(says)
}

function rateJob(object: KubeObject): Rating {
  const {completions = 1, suspend} = workloadSpec(object)
  const {active, succeeded, failed: broken} = workloadStatus(object)
  if (condition(object, 'Complete')?.status === 'True') return done(count(succeeded, 'completion'))
  const failure = condition(object, 'Failed')
  if (failure?.status === 'True') {
    const late = failure.reason === 'DeadlineExceeded'
    return failed(late ? 'timeout' : 'container-exited', failure.message ?? failure.reason ?? 'it failed')
  }
  if (suspend === true) return done('suspended: it runs when it is resumed')
  const retries = broken > 0 ? `, ${count(broken, 'failed pod')}` : ''
  return waiting(`${String(succeeded)}/${String(completions)} completed, ${String(active)} running${retries}`)
}

function ratePod(object: KubeObject): Rating {
  const {phase, reason, message} = podStatus(object)
  if (phase === 'Succeeded') return done('completed')
  if (phase === 'Failed') return failed('container-exited', message ?? reason ?? 'it failed')
  return isReady(object) ? done('ready') : waiting(phase ?? 'Pending')
}

// https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
function rateByConditions(object: KubeObject): Rating {
  const {observedGeneration} = workloadStatus(object)
  if (observedGeneration !== undefined && !isObserved(object)) return waiting('its controller has not seen it yet')
  const stalled = condition(object, 'Stalled')
  if (stalled?.status === 'True') return failed('rejected', reasonOf(stalled))
  const reconciling = condition(object, 'Reconciling')
  if (reconciling?.status === 'True') return waiting(reasonOf(reconciling))
  const ready = condition(object, 'Ready')
  if (ready === undefined || ready.status === 'True') return done('ready')
  return waiting(`not ready: ${reasonOf(ready)}`)
}
