import type {Deployment, Service, ServiceDeployment, Task} from '@aws-sdk/client-ecs'
import type {FailureReason} from '../core/diagnosis.ts'
import {judgeCodeDeploy} from './code-deploy-judge.ts'
import type {CodeDeployState} from './code-deploy.ts'
import {shortName} from './names.ts'
import type {Verdict} from './verdict.ts'

/** The deployment that is watched. */
export interface Watched {
  readonly service: string
  /** The id of the deployment (or task set) that the change made: `ecs-svc/8213…`; empty while it is not known. */
  readonly deploymentId: string
  /** ARN of the task definition that it brings. */
  readonly taskDefinition: string
  /** ARN of what ran before; undefined when nothing did. */
  readonly previous: string | undefined
  /** How many tasks are meant to run. */
  readonly desired: number
  /** ARN of the service deployment before the change: the service may show it for a while yet. */
  readonly recordBefore: string | undefined
  /** Whether only the record tells how the deployment stands: blue/green, linear and canary. */
  readonly staged: boolean
  /** The id of the deployment in CodeDeploy, `d-8KQ1…`, where CodeDeploy makes it. */
  readonly codeDeployId?: string
  /** Whether the change made the service itself: until it was shown, that it is missing means nothing. */
  readonly created?: boolean
}

/** What is known of a service at one moment. */
export interface Snapshot {
  /** Undefined when the service is gone. */
  readonly service: Service | undefined
  readonly record: ServiceDeployment | undefined
  /** What CodeDeploy says, where it makes the deployment. */
  readonly codeDeploy?: CodeDeployState | undefined
  /** The tasks of the watched deployment, running and stopped. */
  readonly tasks: readonly Task[]
  /** Whether the watched deployment was ever seen: until then an answer may be older than the change. */
  readonly seen: boolean
  /** Whether ECS shows no record of the deployment, though it keeps one: not allowed, or not to be had here. */
  readonly blind?: boolean
  /** What the service's events said since the change. */
  readonly events: readonly string[]
}

/** The verdict that a snapshot allows; undefined while the deployment is under way. */
export function judge(watched: Watched, snapshot: Snapshot): Verdict | undefined {
  const {service, record} = snapshot
  if (service === undefined) return isYoung(watched, snapshot) ? undefined : GONE
  if (service.status === 'DRAINING' || service.status === 'INACTIVE') {
    return {kind: 'deleted', detail: `the service is being deleted (${service.status})`}
  }
  if (watched.codeDeployId !== undefined) return snapshot.codeDeploy && judgeCodeDeploy(snapshot.codeDeploy)
  const byRecord = record && judgeRecord(record)
  if (byRecord !== undefined) return byRecord
  return watched.staged ? judgeStaged(watched, service, snapshot) : judgeService(watched, service, snapshot)
}

// Blue/green counts its tasks as complete long before traffic has moved: without a record nothing is known.
function judgeStaged(watched: Watched, service: Service, snapshot: Snapshot): Verdict | undefined {
  if (snapshot.blind === true) return judgeBlind(watched, service, snapshot)
  if (snapshot.record !== undefined || service.currentServiceDeployment !== undefined) return undefined
  return judgeService(watched, service, snapshot)
}

// Without the record only the very end tells: ECS keeps what ran before until traffic has moved and the bake time is over
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-blue-green.html), and then takes it away.
function judgeBlind(watched: Watched, service: Service, snapshot: Snapshot): Verdict | undefined {
  const verdict = judgeService(watched, service, snapshot)
  return verdict?.kind === 'completed' && service.deployments?.length !== 1 ? undefined : verdict
}

const GONE: Verdict = {kind: 'deleted', detail: 'the service does not exist any more'}

/** Whether the change made the service a moment ago, and ECS has not shown it yet. */
export function isYoung(watched: Watched, {service, seen}: Snapshot): boolean {
  return watched.created === true && service === undefined && !seen
}

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html
function judgeRecord(record: ServiceDeployment): Verdict | undefined {
  const detail = record.statusReason ?? record.rollback?.reason ?? ''
  switch (record.status) {
    case 'SUCCESSFUL':
      return {kind: 'completed'}
    case 'STOPPED':
      return {kind: 'stopped', detail: detail || 'somebody stopped the deployment'}
    case 'ROLLBACK_REQUESTED':
    case 'ROLLBACK_IN_PROGRESS':
    case 'ROLLBACK_SUCCESSFUL':
    case 'ROLLBACK_FAILED':
      return {kind: 'rolled-back', reason: reasonOf(record), detail: detail || rollbackWord(record)}
    default:
      return undefined
  }
}

function reasonOf(record: ServiceDeployment): FailureReason {
  if ((record.alarms?.triggeredAlarmNames?.length ?? 0) > 0) return 'alarm'
  return /alarm/i.test(`${record.statusReason ?? ''} ${record.rollback?.reason ?? ''}`) ? 'alarm' : 'circuit-breaker'
}

function rollbackWord(record: ServiceDeployment): string {
  const alarms = record.alarms?.triggeredAlarmNames ?? []
  if (alarms.length > 0) return `alarm ${alarms.join(', ')} went off`
  const {failureCount, threshold} = record.deploymentCircuitBreaker ?? {}
  if (failureCount === undefined) return 'ECS rolled the deployment back'
  return `the circuit breaker counted ${String(failureCount)} failed tasks of at most ${String(threshold ?? '?')}`
}

function judgeService(watched: Watched, service: Service, {seen, events}: Snapshot): Verdict | undefined {
  const deployments = service.deployments ?? []
  const ours = deployments.find(({id}) => id === watched.deploymentId)
  const primary = deployments.find(({status}) => status === 'PRIMARY')
  if (ours === undefined && !seen) return undefined
  if (ours === undefined || primary?.id !== watched.deploymentId) return judgeReplaced(watched, events, ours, primary)
  if (ours.rolloutState === 'FAILED') {
    const detail = ours.rolloutStateReason ?? 'ECS gave it up'
    return {kind: 'failed', reason: breakerOrAlarm(detail), detail}
  }
  if (watched.desired > 0 && service.desiredCount === 0) {
    return {kind: 'scaled-to-zero', detail: 'the desired count was set to 0 while it was under way'}
  }
  return isComplete(service, ours) ? {kind: 'completed'} : undefined
}

function isComplete(service: Service, ours: Deployment): boolean {
  const enough = (ours.runningCount ?? 0) >= (service.desiredCount ?? 0)
  // Services made before rollout states existed do not have one: steady is one deployment with all its tasks.
  if (ours.rolloutState === undefined) return enough && service.deployments?.length === 1
  return ours.rolloutState === 'COMPLETED' && enough
}

function breakerOrAlarm(text: string): FailureReason {
  return /alarm/i.test(text) ? 'alarm' : 'circuit-breaker'
}

const BACK = /roll(ed|ing)? ?back/i

// A rollback by ECS makes what ran before the primary deployment again and says so; anything else that takes the
// primary place was started by somebody else.
function judgeReplaced(
  watched: Watched,
  events: readonly string[],
  ours: Deployment | undefined,
  primary: Deployment | undefined,
): Verdict {
  const said = [ours, primary].flatMap((deployment) => deployment?.rolloutStateReason ?? [])
  const isPrevious = primary?.taskDefinition === watched.previous
  const saysBack = [...said, ...events].some((text) => BACK.test(text))
  if (ours?.rolloutState === 'FAILED' || (isPrevious && saysBack)) {
    const [detail = 'ECS rolled the deployment back'] = said
    return {kind: 'rolled-back', reason: breakerOrAlarm(said.join(' ')), detail}
  }
  const other = shortName(primary?.taskDefinition)
  return {kind: 'superseded', detail: `a newer deployment of ${other} took its place`}
}
