import {RegisterTaskDefinitionCommand, UpdateServiceCommand} from '@aws-sdk/client-ecs'
import type {UpdateServiceCommandInput} from '@aws-sdk/client-ecs'
import {Failure} from '../../shared/core/diagnosis.ts'
import {errorMessage} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {ask} from '../../shared/ecs/aws.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {sameDefinition} from '../../shared/ecs/normalise.ts'
import {persist, persistOnce} from '../../shared/ecs/persist.ts'
import {loadRegistered} from '../../shared/ecs/source.ts'
import type {Subject} from '../../shared/ecs/watch.ts'
import type {Change, TargetChange} from './change.ts'
import {createService} from './create-service.ts'
import type {Inputs, UpdateSettings} from './inputs.ts'
import {rememberForPost} from './memory.ts'
import {startByCodeDeploy} from './start-code-deploy.ts'
import {subject} from './subject.ts'

/** Registers the wanted task definition and gives its ARN; an equal revision that exists is taken instead. */
export async function register(world: World, aws: Aws, change: Change): Promise<string> {
  if (change.revision !== undefined) return change.revision
  world.cancel.throwIfAborted()
  // By the client that does not try again by itself: a second call would make a second revision.
  const registered = await unlessRefused(change.wanted.family ?? '', 'the task definition', () =>
    persistOnce(
      world.clock,
      world.cancel,
      async () =>
        (await aws.poll.send(new RegisterTaskDefinitionCommand(change.wanted))).taskDefinition?.taskDefinitionArn,
      () => newestIfSame(aws, change.wanted),
    ),
  )
  const arn = registered ?? ''
  world.log.line(`  registered ${shortName(arn)}`)
  return arn
}

// What ECS refuses is the user's to correct, in ECS's own words.
async function unlessRefused<T>(subject: string, what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await ask('ecs:RegisterTaskDefinition', call)
  } catch (error) {
    if (!(error instanceof Error) || !/^(Client|InvalidParameter)Exception$/.test(error.name)) throw error
    throw new Failure({
      reason: 'rejected',
      subject,
      cause: `ECS refuses ${what}: ${errorMessage(error)}`,
      advice: `correct ${what}; nothing was registered and no service was changed`,
    })
  }
}

// The newest revision was another one before; if it is the wanted one now, a call whose answer was lost has made it.
async function newestIfSame(aws: Aws, wanted: Definition): Promise<string | undefined> {
  const newest = await loadRegistered(aws, wanted.family ?? '').catch(() => undefined)
  return newest !== undefined && sameDefinition(newest.definition, wanted) ? newest.arn : undefined
}

/**
 * Tells ECS to run the revision in every service that does not do so yet, all at once, and gives what to watch.
 * What ran before is written down first, so that the post step can go back to it even when this process is killed.
 */
export async function start(
  world: World,
  aws: Aws,
  inputs: Inputs,
  change: Change,
  revision: string,
): Promise<Subject[]> {
  world.cancel.throwIfAborted()
  rememberForPost(world, aws, inputs, change, revision)
  const subjects = await Promise.all(
    change.perTarget.map((item) => startOne(world, aws, inputs.cluster, item, change.wanted, revision)),
  )
  const ids = subjects.flatMap(({watched}) => watched.codeDeployId ?? [])
  if (ids.length > 0) world.outputs.set('codedeploy-deployment-id', ids.join(','))
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
