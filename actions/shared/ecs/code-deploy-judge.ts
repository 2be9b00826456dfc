import type {Service, TaskSet} from '@aws-sdk/client-ecs'
import type {CodeDeployState, CodeDeployTarget} from './code-deploy.ts'
import type {Verdict} from './verdict.ts'

/**
 * A service of CodeDeploy as one of ECS: its task sets are its deployments
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskSet.html), and the primary one says what it runs.
 * Any other service comes back as it is.
 */
export function withTaskSets(service: Service): Service {
  if (!isCodeDeploys(service)) return service
  const primary = service.taskSets?.find(({status}) => status === 'PRIMARY')
  return {
    ...service,
    ...(primary?.taskDefinition !== undefined && {taskDefinition: primary.taskDefinition}),
    deployments: (service.taskSets ?? []).map(asDeployment),
  }
}

/** Whether CodeDeploy makes the deployments of this service. */
export function isCodeDeploys({deploymentController}: Service): boolean {
  return deploymentController?.type === 'CODE_DEPLOY'
}

function asDeployment(set: TaskSet): NonNullable<Service['deployments']>[number] {
  const {id, status, taskDefinition, runningCount, pendingCount, computedDesiredCount, createdAt} = set
  return {id, status, taskDefinition, runningCount, pendingCount, desiredCount: computedDesiredCount, createdAt}
}

/** The id of the task set that a CodeDeploy deployment has made; undefined before it has. */
export function taskSetOf(service: Service, codeDeployId: string): string | undefined {
  return service.taskSets?.find(({externalId}) => externalId === codeDeployId)?.id
}

/** The verdict that CodeDeploy gives; undefined while the deployment is under way. */
export function judgeCodeDeploy(state: CodeDeployState): Verdict | undefined {
  const {status, errorInformation, rollbackInfo} = state.deployment
  const detail = detailOf(state)
  const back = rollbackInfo?.rollbackDeploymentId !== undefined
  const kind = back ? ('rolled-back' as const) : ('failed' as const)
  const reason = reasonOf(errorInformation?.code)
  switch (status) {
    case 'Succeeded':
      return {kind: 'completed'}
    case 'Failed':
      return {kind, reason, detail: detail ?? 'CodeDeploy gave the deployment up'}
    case 'Stopped':
      if (!back && reason !== 'alarm') return {kind: 'stopped', detail: detail ?? 'somebody stopped the deployment'}
      return {kind: 'rolled-back', reason, detail: detail ?? 'CodeDeploy stopped the deployment'}
    default:
      return undefined
  }
}

function detailOf({deployment: {errorInformation, rollbackInfo}, target}: CodeDeployState): string | undefined {
  const said = [errorInformation?.message, failedEvent(target), rollbackInfo?.rollbackMessage]
  return said.find((text) => text !== undefined && text !== '')
}

// https://docs.aws.amazon.com/codedeploy/latest/userguide/error-codes.html
function reasonOf(code = ''): 'access-denied' | 'alarm' | 'timeout' | 'rejected' {
  if (/ALARM/.test(code)) return 'alarm'
  if (/IAM_ROLE|PERMISSIONS/.test(code)) return 'access-denied'
  return code === 'TIMEOUT' ? 'timeout' : 'rejected'
}

function failedEvent(target: CodeDeployTarget | undefined): string | undefined {
  const event = target?.lifecycleEvents.find(({status}) => status === 'Failed')
  if (event === undefined) return undefined
  const {message = '', errorCode = ''} = event.diagnostics ?? {}
  return `the lifecycle event ${event.lifecycleEventName} failed: ${message || errorCode || 'CodeDeploy does not say why'}`
}

/** Where a deployment stands, as parts of a line: `lifecycle event Install`, `10 % of traffic`. */
export function codeDeployWords({deployment, target}: CodeDeployState): string[] {
  const event = target?.lifecycleEvents.find(({status}) => status === 'InProgress')
  const weight = target?.taskSetsInfo.find(({taskSetLabel}) => taskSetLabel === 'Green')?.trafficWeight
  return [
    ...(event === undefined ? [] : [`lifecycle event ${event.lifecycleEventName}`]),
    ...(weight === undefined ? [] : [`${String(weight)} % of traffic`]),
    ...(isTested(target) ? ['test traffic goes to the new tasks'] : []),
    ...(deployment.status === 'Ready' ? ['paused: waits for somebody to let the traffic move'] : []),
    ...(isShifted(target) ? ['traffic has moved: the old tasks are kept until the group’s waiting time is over'] : []),
  ]
}

function isDone(target: CodeDeployTarget | undefined, name: string): boolean {
  const events = target?.lifecycleEvents ?? []
  return events.some(({lifecycleEventName, status}) => lifecycleEventName === name && status === 'Succeeded')
}

// https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html#appspec-hooks-ecs
function isTested(target: CodeDeployTarget | undefined): boolean {
  return isDone(target, 'AllowTestTraffic') && !isDone(target, 'AllowTraffic')
}

function isShifted(target: CodeDeployTarget | undefined): boolean {
  const after = target?.lifecycleEvents.some(({lifecycleEventName}) => lifecycleEventName === 'AfterAllowTraffic')
  return isDone(target, 'AllowTraffic') && (after !== true || isDone(target, 'AfterAllowTraffic'))
}
