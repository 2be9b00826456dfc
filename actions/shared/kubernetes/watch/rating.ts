import type {FailureReason} from '../../core/diagnosis.ts'
import {condition, groupOf} from '../object.ts'
import type {Condition, KubeObject} from '../object.ts'
import {isReady, podStatus} from './pod.ts'
import {isObserved, workloadSpec, workloadStatus} from './workload.ts'

/** How far an object is. */
export interface Rating {
  readonly state: 'done' | 'waiting' | 'failed'
  /** In a few words: `2/3 updated, 1 old pod still there`. */
  readonly says: string
  /** Set when it failed. */
  readonly reason?: FailureReason
}

type Rule = (object: KubeObject) => Rating

const done = (says: string): Rating => ({state: 'done', says})
const waiting = (says: string): Rating => ({state: 'waiting', says})
const failed = (reason: FailureReason, says: string): Rating => ({state: 'failed', reason, says})

/** The rules of `kubectl rollout status` (polymorphichelpers/rollout_status.go), and of `kubectl wait` for the rest. */
const RULES: Readonly<Record<string, Rule>> = {
  Deployment: rateDeployment,
  StatefulSet: rateStatefulSet,
  DaemonSet: rateDaemonSet,
  ReplicaSet: rateReplicaSet,
  Job: rateJob,
  Pod: ratePod,
  Service: rateService,
  CustomResourceDefinition: rateDefinition,
}

/** Kinds whose API group is the cluster's own and that have nothing to wait for. */
const BUILT_IN = /^(?:|apps|batch|autoscaling|policy|extensions|.*\.k8s\.io)$/

/** Whether there is anything to wait for after an object of this kind was applied. */
export function isWatched(object: KubeObject): boolean {
  if (object.kind === 'Service') return object.spec?.['type'] === 'LoadBalancer'
  if (object.kind === 'CustomResourceDefinition') return false
  return object.kind in RULES || !BUILT_IN.test(groupOf(object.apiVersion))
}

/** How far an object is, by the rules of its kind; custom resources by the conditions they report. */
export function rate(object: KubeObject): Rating {
  if (object.metadata.deletionTimestamp !== undefined) return failed('not-found', 'it is being deleted')
  return (RULES[object.kind] ?? rateByConditions)(object)
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

function rateService(object: KubeObject): Rating {
  if (object.spec?.['type'] !== 'LoadBalancer') return done('in place')
  const address = addressesOf(object)[0]
  return address === undefined ? waiting('waiting for its load balancer') : done(address)
}

/** The addresses that a Service or an Ingress has got from its load balancer: host names and IPs. */
export function addressesOf(object: KubeObject): string[] {
  const balancer = object.status?.['loadBalancer'] as
    {readonly ingress?: readonly {readonly ip?: string; readonly hostname?: string}[]} | undefined
  return balancer?.ingress?.flatMap(({hostname, ip}) => hostname ?? ip ?? []) ?? []
}

function rateDefinition(object: KubeObject): Rating {
  const names = condition(object, 'NamesAccepted')
  if (names?.status === 'False') return failed('rejected', names.message ?? 'its names are taken')
  return condition(object, 'Established')?.status === 'True' ? done('established') : waiting('not established yet')
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

function reasonOf({message, reason, type}: Condition): string {
  return message ?? reason ?? type
}

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`
}
