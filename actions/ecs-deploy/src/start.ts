import {UpdateServiceCommand} from '@aws-sdk/client-ecs'
import type {UpdateServiceCommandInput} from '@aws-sdk/client-ecs'
import type {World} from '../../shared/core/world.ts'
import {ask} from '../../shared/ecs/aws.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import {persist} from '../../shared/ecs/persist.ts'
import {registerOnce} from '../../shared/ecs/register.ts'
import type {Subject} from '../../shared/ecs/watch.ts'
import type {Change, TargetChange} from './change.ts'
import {createService} from './create-service.ts'
import type {UpdateSettings} from './inputs.ts'
import {rememberForPost} from './memory.ts'
import type {Job} from './report.ts'
import {startByCodeDeploy} from './start-code-deploy.ts'
import {subject} from './subject.ts'
import {undoStarted} from './undo-started.ts'

/** Registers the wanted task definition and gives its ARN; an equal revision that exists is taken instead. */
export async function register(world: World, aws: Aws, change: Change): Promise<string> {
  if (change.revision !== undefined) return change.revision
  return await registerOnce(world, aws, change.wanted)
}

/**
 * Tells ECS to run the revision in every service that does not do so yet, all at once, and gives what to watch.
 * What ran before is written down first, so that the post step can go back to it even when this process is killed.
 * @throws {Failure} when one of them is refused, after the others were brought back where the user wants that
 */
export async function start(world: World, aws: Aws, job: Job): Promise<Subject[]> {
  const {inputs, change, revision} = job
  world.cancel.throwIfAborted()
  rememberForPost(world, aws, inputs, change, revision)
  const started = await Promise.allSettled(
    change.perTarget.map((item) => startOne(world, aws, inputs.cluster, item, change.wanted, revision)),
  )
  const subjects = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const ids = subjects.flatMap(({watched}) => watched.codeDeployId ?? [])
  if (ids.length > 0) world.outputs.set('codedeploy-deployment-id', ids.join(','))
  if (subjects.length < started.length) throw await undoStarted(world, aws, job, started)
  return subjects
}

async function startOne(
  world: World,
  aws: Aws,
  cluster: string,
  {target, needed, update}: TargetChange,
  wanted: Definition,
  revision: string,
): Promise<Subject> {
  if (!needed) return subject(target.service, target.service, wanted)
  if (target.creation !== undefined) return await createService(world, aws, target.creation, wanted, revision)
  if (target.codeDeploy !== undefined) {
    return await startByCodeDeploy(world, aws, cluster, {target, update}, wanted, revision)
  }
  const command = new UpdateServiceCommand(updateCall(cluster, target.name, revision, update))
  const answer = await ask('ecs:UpdateService', () => persist(world.clock, world.cancel, () => aws.ecs.send(command)))
  return subject(target.service, answer.service ?? target.service, wanted)
}

// Only what the user set: a field that is sent resets what Terraform or a person manages
// (https://github.com/aws-actions/amazon-ecs-deploy-task-definition/pull/863).
function updateCall(
  cluster: string,
  service: string,
  taskDefinition: string,
  {desiredCount, forceNewDeployment, enableECSManagedTags, enableExecuteCommand, propagateTags}: UpdateSettings,
): UpdateServiceCommandInput {
  return {
    cluster,
    service,
    taskDefinition,
    ...(desiredCount !== undefined && {desiredCount}),
    ...(forceNewDeployment && {forceNewDeployment}),
    ...(enableECSManagedTags !== undefined && {enableECSManagedTags}),
    ...(enableExecuteCommand !== undefined && {enableExecuteCommand}),
    ...(propagateTags !== undefined && {propagateTags}),
  }
}
