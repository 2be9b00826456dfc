import {UpdateServiceCommand} from '@aws-sdk/client-ecs'
import {isTransient} from '../../shared/aws/errors.ts'
import {CancelledError} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {ask} from '../../shared/ecs/aws.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import type {DeploymentOrder} from '../../shared/ecs/code-deploy.ts'
import {withTaskSets} from '../../shared/ecs/code-deploy-judge.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {persist, persistOnce} from '../../shared/ecs/persist.ts'
import type {Subject} from '../../shared/ecs/watch.ts'
import {fillAppSpec} from './app-spec.ts'
import type {TargetChange} from './change.ts'
import {subject} from './subject.ts'

/**
 * Has CodeDeploy deploy the revision, after the service itself was changed where the user wants that: UpdateService
 * takes no task definition for such a service
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html).
 */
export async function startByCodeDeploy(
  world: World,
  aws: Aws,
  cluster: string,
  {target, update}: Pick<TargetChange, 'target' | 'update'>,
  wanted: Definition,
  revision: string,
): Promise<Subject> {
  const {service, name, running, codeDeploy} = target
  const {forceNewDeployment, ...settings} = update
  const after = await updateSettings(world, aws, cluster, name, settings)
  const watchable = subject(service, after ?? service, wanted)
  if (codeDeploy === undefined || (revision === running?.arn && !forceNewDeployment)) return watchable
  const order = {...codeDeploy, appSpec: fillAppSpec(codeDeploy.appSpec, revision)}
  const codeDeployId = await created(world, aws, order).catch(async (error: unknown) => {
    await restoreCount(world, aws, cluster, target, settings, error)
    throw error
  })
  world.log.line(`  CodeDeploy has taken deployment ${codeDeployId} of ${shortName(revision)} for ${name}`)
  const watched = {...watchable.watched, codeDeployId, taskDefinition: revision, deploymentId: ''}
  return {...watchable, watched}
}

async function created(world: World, aws: Aws, order: DeploymentOrder): Promise<string> {
  return await ask('codedeploy:CreateDeployment', () =>
    persistOnce(
      world.clock,
      world.cancel,
      () => aws.codeDeploy.create(order),
      () => aws.codeDeploy.underWay(order),
    ),
  )
}

// A deployment that CodeDeploy refuses is none: the count that was set for it goes back with it. What was cancelled, or
// lost from sight, the post step looks after.
async function restoreCount(
  world: World,
  aws: Aws,
  cluster: string,
  {name, service}: TargetChange['target'],
  settings: Settings,
  error: unknown,
): Promise<void> {
  if (settings.desiredCount === undefined || error instanceof CancelledError || isTransient(error)) return
  const {desiredCount} = service
  const before = {desiredCount, enableECSManagedTags: undefined, propagateTags: undefined}
  await updateSettings(world, aws, cluster, name, before)
  world.log.line(`  the desired count of ${name} is ${String(desiredCount)} again`)
}

type Settings = Pick<TargetChange['update'], 'desiredCount' | 'enableECSManagedTags' | 'propagateTags'>

async function updateSettings(
  world: World,
  aws: Aws,
  cluster: string,
  service: string,
  {desiredCount, enableECSManagedTags, propagateTags}: Settings,
): Promise<Subject['service']> {
  const given = {desiredCount, enableECSManagedTags, propagateTags}
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  if (Object.keys(set).length === 0) return undefined
  const command = new UpdateServiceCommand({cluster, service, ...set})
  const answer = await ask('ecs:UpdateService', () => persist(world.clock, world.cancel, () => aws.ecs.send(command)))
  return answer.service && withTaskSets(answer.service)
}
