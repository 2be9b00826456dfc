import {randomUUID} from 'node:crypto'
import {CreateServiceCommand} from '@aws-sdk/client-ecs'
import type {CreateServiceCommandInput, Service} from '@aws-sdk/client-ecs'
import {Failure} from '../../shared/core/diagnosis.ts'
import {InputError} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {ask} from '../../shared/ecs/aws.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {persist} from '../../shared/ecs/persist.ts'
import {explainRefusal} from '../../shared/ecs/refusals.ts'
import type {Subject} from '../../shared/ecs/watch.ts'
import type {Inputs} from './inputs.ts'
import type {ServiceFile} from './service-file.ts'
import {subject} from './subject.ts'

/** A service that is to be made; a task definition in it is replaced by the one that is deployed. */
export type Creation = CreateServiceCommandInput

/**
 * What a missing service is made with: its file, and what the step's own inputs say instead.
 * @throws {InputError} when nothing says how many tasks it is to run
 */
export function planCreation(file: ServiceFile, inputs: Inputs, serviceName: string): Creation {
  const {update} = inputs
  const desiredCount = update.desiredCount ?? file.desiredCount ?? update.initialDesiredCount
  if (desiredCount === undefined && file.schedulingStrategy !== 'DAEMON') {
    throw new InputError(
      `${inputs.createService ?? ''} does not say how many tasks "${serviceName}" is to run: add "desiredCount". Nothing was registered.`,
    )
  }
  const {enableECSManagedTags, enableExecuteCommand, propagateTags} = update
  return {
    ...file,
    cluster: inputs.cluster,
    serviceName,
    ...(desiredCount !== undefined && {desiredCount}),
    ...(enableECSManagedTags !== undefined && {enableECSManagedTags}),
    ...(enableExecuteCommand !== undefined && {enableExecuteCommand}),
    ...(propagateTags !== undefined && {propagateTags}),
  }
}

/** The service as it will be, for everything that looks at a service before it is changed. */
export function futureService({serviceName, loadBalancers, deploymentConfiguration}: Creation): Service {
  return {
    ...(serviceName !== undefined && {serviceName}),
    ...(loadBalancers !== undefined && {loadBalancers}),
    ...(deploymentConfiguration !== undefined && {deploymentConfiguration}),
    desiredCount: 0,
  }
}

/** What will be made, in one line: `created with 2 tasks on FARGATE, in 2 subnets, behind target group api`. */
export function creationLine(creation: Creation): string {
  const {desiredCount, launchType, capacityProviderStrategy = [], loadBalancers = []} = creation
  const where = launchType ?? capacityProviderStrategy.map(({capacityProvider}) => capacityProvider).join(' and ')
  const subnets = creation.networkConfiguration?.awsvpcConfiguration?.subnets?.length ?? 0
  const groups = loadBalancers.flatMap(({targetGroupArn, loadBalancerName}) => targetGroupArn ?? loadBalancerName ?? [])
  return [
    `created with ${tasks(desiredCount)}${where === '' ? '' : ` on ${where}`}`,
    ...(subnets === 0 ? [] : [`in ${String(subnets)} ${subnets === 1 ? 'subnet' : 'subnets'}`]),
    ...(groups.length === 0 ? [] : [`behind target group ${groups.map(targetGroupName).join(', ')}`]),
  ].join(', ')
}

function tasks(count: number | undefined): string {
  if (count === undefined) return 'a task on every instance'
  return `${String(count)} ${count === 1 ? 'task' : 'tasks'}`
}

// arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/<name>/<id>
function targetGroupName(arn: string): string {
  return /:targetgroup\/([^/]+)\//.exec(arn)?.[1] ?? arn
}

/**
 * Makes the service with the revision, and gives what to watch. A call whose answer is lost on the way is made again
 * with the same token, and makes no second service.
 * @throws {Failure} with what ECS has against it
 */
export async function createService(
  world: World,
  aws: Aws,
  creation: Creation,
  wanted: Definition,
  revision: string,
): Promise<Subject> {
  const command = new CreateServiceCommand({clientToken: randomUUID(), ...creation, taskDefinition: revision})
  try {
    const {service = {}} = await ask('ecs:CreateService', () =>
      persist(world.clock, world.cancel, () => aws.ecs.send(command)),
    )
    const name = creation.serviceName ?? ''
    world.log.line(`  created service ${name} with ${shortName(revision)}`)
    const watchable = subject({}, service, wanted)
    return {...watchable, watched: {...watchable.watched, service: name, created: true}}
  } catch (error) {
    throw refused(error, creation)
  }
}

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html#API_CreateService_Errors
function refused(error: unknown, {serviceName}: Creation): unknown {
  const subject = serviceName ?? ''
  if (error instanceof Error && /not idempotent/i.test(error.message)) {
    return new Failure({
      reason: 'conflict',
      subject,
      cause: 'somebody else has created the service in the meantime',
      advice: 're-run this job: it then deploys to the service that is there',
    })
  }
  const advice = 'correct the file of create-service; then re-run this job'
  return explainRefusal(error, {subject, what: 'ECS refuses to create the service', advice})
}
