import type {Service} from '@aws-sdk/client-ecs'
import {InputError} from '../../shared/core/errors.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import {ask} from '../../shared/ecs/aws.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import type {DeploymentGroup} from '../../shared/ecs/code-deploy.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {loadAppSpec} from './app-spec.ts'
import type {AppSpec} from './app-spec.ts'
import type {CodeDeployWish} from './inputs.ts'

/** How CodeDeploy is to deploy a service. */
export interface CodeDeployPlan {
  readonly application: string
  readonly group: string
  readonly appSpec: AppSpec
  readonly description: string | undefined
  readonly config: string | undefined
  /** How long CodeDeploy itself waits on the way, in milliseconds: for a person, and before it stops the old tasks. */
  readonly waitsMs: number
}

/**
 * Finds the deployment group of a service and all that a deployment needs.
 * @throws {InputError} when there is no such group, no AppSpec can be made, or another deployment is under way:
 * CodeDeploy takes one at a time
 */
export async function planCodeDeploy(
  env: Environment,
  aws: Aws,
  cluster: string,
  service: Service,
  wish: CodeDeployWish,
): Promise<CodeDeployPlan> {
  const appSpec = await loadAppSpec(env, wish.appSpec, service)
  const found = await findGroup(aws, cluster, service, wish)
  const {applicationName: application, deploymentGroupName: group} = found
  const [active] = await ask('codedeploy:ListDeployments', () => aws.codeDeploy.active(application, group))
  if (active !== undefined) {
    throw new InputError(
      `CodeDeploy is at work on deployment ${active} of "${group}", and takes one at a time: wait for it, or stop it. Nothing was registered.`,
    )
  }
  return {application, group, appSpec, description: wish.description, config: wish.config, waitsMs: waitsOf(found)}
}

async function findGroup(aws: Aws, cluster: string, service: Service, wish: CodeDeployWish): Promise<DeploymentGroup> {
  const {serviceName = ''} = service
  // The names that the ECS console gives: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-bluegreen.html
  const usual = `${shortName(cluster)}-${serviceName}`
  const names = {application: wish.application ?? `AppECS-${usual}`, group: wish.group ?? `DgpECS-${usual}`}
  const named = await lookAt(aws, names.application, names.group)
  if (named !== undefined) return named
  if (wish.application !== undefined && wish.group !== undefined) {
    throw new InputError(
      `CodeDeploy has no deployment group "${wish.group}" in an application "${wish.application}" in ${aws.region}: correct codedeploy-application and codedeploy-deployment-group.`,
    )
  }
  return (await deployedBefore(aws, service)) ?? (await searched(aws, cluster, serviceName, wish))
}

async function lookAt(aws: Aws, application: string, group: string): Promise<DeploymentGroup | undefined> {
  return await ask('codedeploy:GetDeploymentGroup', () => aws.codeDeploy.group(application, group))
}

// What runs was brought by a deployment of the group that is looked for.
async function deployedBefore(aws: Aws, {taskSets = []}: Service): Promise<DeploymentGroup | undefined> {
  const id = taskSets.find(({status}) => status === 'PRIMARY')?.externalId
  if (id?.startsWith('d-') !== true) return undefined
  const deployment = await aws.codeDeploy.deployment(id).catch(() => undefined)
  return deployment && (await lookAt(aws, deployment.applicationName, deployment.deploymentGroupName))
}

async function searched(aws: Aws, cluster: string, service: string, wish: CodeDeployWish): Promise<DeploymentGroup> {
  const applications =
    wish.application === undefined
      ? await ask('codedeploy:ListApplications', () => aws.codeDeploy.applications())
      : [wish.application]
  for (const application of applications) {
    const names = await ask('codedeploy:ListDeploymentGroups', () => aws.codeDeploy.groupNames(application))
    for (const name of names) {
      const group = await lookAt(aws, application, name)
      const isOurs = group?.ecsServices.some(
        ({serviceName, clusterName}) => serviceName === service && shortName(clusterName) === shortName(cluster),
      )
      if (group !== undefined && isOurs === true) return group
    }
  }
  throw new InputError(
    `No deployment group of CodeDeploy in ${aws.region} is for service "${service}" in cluster "${shortName(cluster)}": name it with codedeploy-application and codedeploy-deployment-group. Nothing was registered.`,
  )
}

function waitsOf({blueGreenDeploymentConfiguration: waits}: DeploymentGroup): number {
  const ready = waits?.deploymentReadyOption
  const minutes =
    (ready?.actionOnTimeout === 'STOP_DEPLOYMENT' ? (ready.waitTimeInMinutes ?? 0) : 0) +
    (waits?.terminateBlueInstancesOnDeploymentSuccess?.terminationWaitTimeInMinutes ?? 0)
  return minutes * 60_000
}
