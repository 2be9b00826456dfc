import {AwsError} from './scripted-ecs-error.ts'
import type {Stage} from './scripted-ecs-stage.ts'
import type {CodeDeployFrame, Frame} from './scripted-ecs-state.ts'

type Input = Readonly<Record<string, unknown>>
type Json = Record<string, unknown>

/** The deployment that CreateDeployment makes, the one before it, and the one that goes back. */
export const DEPLOYMENTS = {ours: 'd-NEW', old: 'd-OLD', back: 'd-BACK'} as const
const USUAL = {application: 'AppECS-StreamingCluster-APIService', group: 'DgpECS-StreamingCluster-APIService'}

/** What CodeDeploy answers, operation by operation. @param now the state that a history has reached */
export function codeDeployOperations(
  now: (stage: Stage) => Frame,
): Readonly<Record<string, (stage: Stage, input: Input) => Json>> {
  return {
    GetDeploymentGroup: (stage, input) =>
      group(stage, String(input['applicationName']), String(input['deploymentGroupName'])),
    ListApplications: () => ({applications: ['billing', 'streaming']}),
    ListDeploymentGroups: (_stage, {applicationName}) => ({
      deploymentGroups: applicationName === 'streaming' ? ['worker', 'api'] : ['billing'],
    }),
    ListDeployments: (stage) => ({deployments: active(stage, now(stage))}),
    CreateDeployment: create,
    BatchGetDeployments: (stage, {deploymentIds}) => ({
      deploymentsInfo: (deploymentIds as string[]).map(
        (id) => deployment(stage, id, now(stage).codeDeploy ?? {})['deploymentInfo'],
      ),
    }),
    GetDeployment: (stage, input) => deployment(stage, String(input['deploymentId']), now(stage).codeDeploy ?? {}),
    BatchGetDeploymentTargets: (stage, input) => target(input, now(stage).codeDeploy ?? {}),
    StopDeployment: (stage) => {
      stage.undoneAt = stage.clock.now()
      return {status: 'Pending'}
    },
    ContinueDeployment: (stage) => {
      stage.continuedAt ??= stage.clock.now()
      return {}
    },
  }
}

function group({history}: Stage, applicationName: string, deploymentGroupName: string): Json {
  const own = history.codeDeployGroup
  const known = own === undefined ? USUAL : {application: 'streaming', group: 'api'}
  const isOurs = applicationName === known.application && deploymentGroupName === known.group
  if (!isOurs && applicationName !== 'billing' && deploymentGroupName !== 'worker') {
    throw new AwsError('DeploymentGroupDoesNotExistException', 'No Deployment Group found.')
  }
  const service = isOurs ? 'APIService' : 'OtherService'
  return {
    deploymentGroupInfo: {
      applicationName,
      deploymentGroupName,
      ecsServices: [{serviceName: service, clusterName: 'StreamingCluster'}],
      blueGreenDeploymentConfiguration: {
        terminateBlueInstancesOnDeploymentSuccess: {
          action: 'TERMINATE',
          terminationWaitTimeInMinutes: own?.terminationMinutes ?? 0,
        },
        deploymentReadyOption: {actionOnTimeout: 'CONTINUE_DEPLOYMENT'},
      },
    },
  }
}

function active(stage: Stage, {codeDeploy = {}}: Frame): string[] {
  if (stage.history.codeDeployGroup?.busy === true) return ['d-BUSY']
  const over = /Succeeded|Failed|Stopped/.test(codeDeploy.status ?? 'InProgress')
  return stage.deployed && !over ? [DEPLOYMENTS.ours] : []
}

function create(stage: Stage, {revision}: Input): Json {
  const {content, sha256} = (revision as {appSpecContent: {content: string; sha256: string}}).appSpecContent
  // https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html: one deployment of a group at a time.
  if (stage.orderedSha256 === sha256 && stage.undoneAt === undefined) {
    throw new AwsError('DeploymentLimitExceededException', 'The Deployment Group already has an active Deployment.')
  }
  stage.orderedSha256 = sha256
  const wanted = /"(arn:aws:ecs:[^"]*:task-definition\/[^"]*)"/.exec(content)?.[1] ?? ''
  if (stage.changedAt !== undefined) {
    stage.undoneAt = stage.clock.now()
    return {deploymentId: DEPLOYMENTS.back}
  }
  stage.changedAt = stage.clock.now()
  stage.wanted = wanted
  stage.deployed = true
  return {deploymentId: DEPLOYMENTS.ours}
}

function deployment(stage: Stage, deploymentId: string, frame: CodeDeployFrame): Json {
  const names = {applicationName: USUAL.application, deploymentGroupName: USUAL.group}
  if (deploymentId === DEPLOYMENTS.old) {
    return {
      deploymentInfo: {deploymentId, status: 'Succeeded', applicationName: 'streaming', deploymentGroupName: 'api'},
    }
  }
  if (deploymentId === DEPLOYMENTS.back) {
    return {deploymentInfo: {deploymentId, ...names, status: frame.back ?? 'InProgress'}}
  }
  const {status = 'InProgress', error, back} = frame
  return {
    deploymentInfo: {
      deploymentId,
      ...names,
      revision: {revisionType: 'AppSpecContent', appSpecContent: {sha256: stage.orderedSha256}},
      status: stage.undoneAt === undefined ? status : (frame.status ?? 'Stopped'),
      ...(error !== undefined && {errorInformation: error}),
      ...(back !== undefined && {rollbackInfo: {rollbackDeploymentId: DEPLOYMENTS.back}}),
    },
  }
}

function target({deploymentId}: Input, {events = [], weight, status}: CodeDeployFrame): Json {
  const lifecycleEvents = events.map(([lifecycleEventName, state, message]) => ({
    lifecycleEventName,
    status: state,
    ...(message !== undefined && {diagnostics: {errorCode: 'ScriptFailed', message}}),
  }))
  return {
    deploymentTargets: [
      {
        deploymentTargetType: 'ECSTarget',
        ecsTarget: {
          deploymentId,
          status: status ?? 'InProgress',
          lifecycleEvents,
          ...(weight !== undefined && {
            taskSetsInfo: [
              {identifer: 'ecs-svc/8213', taskSetLabel: 'Green', trafficWeight: weight},
              {identifer: 'ecs-svc/7000', taskSetLabel: 'Blue', trafficWeight: 100 - weight},
            ],
          }),
        },
      },
    ],
  }
}
