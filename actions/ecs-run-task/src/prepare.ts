import type {RunTaskCommandInput, Service} from '@aws-sdk/client-ecs'
import {InputError} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {checkDefinition, usesFargate} from '../../shared/ecs/check-definition.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import {render} from '../../shared/ecs/edits.ts'
import type {Edits} from '../../shared/ecs/what-is-edited.ts'
import {sameDefinition} from '../../shared/ecs/normalise.ts'
import {newestIfSame, registerOnce} from '../../shared/ecs/register.ts'
import {checkPreconditions} from '../../shared/ecs/preconditions.ts'
import {loadFile, loadRegistered} from '../../shared/ecs/load.ts'
import type {Loaded} from '../../shared/ecs/load.ts'
import {findServices} from '../../shared/ecs/targets.ts'
import type {Inputs, LaunchSettings} from './inputs.ts'
import {overridesFor} from './overrides.ts'

/** A task that is ready to be run; nothing has been changed for it yet. */
export interface Prepared {
  readonly definition: Definition
  /** ARN of the revision to run; undefined when it must be registered first. */
  readonly revision: string | undefined
  /** What RunTask is told, but for the task definition. */
  readonly call: Omit<RunTaskCommandInput, 'taskDefinition'>
}

/**
 * Brings together what is to run and where, and checks it.
 * @throws {InputError} when something named is missing, or the task could not run that way
 */
export async function prepare(world: World, aws: Aws, inputs: Inputs): Promise<Prepared> {
  const service = await serviceOf(aws, inputs)
  const base = await loadBase(world, aws, inputs, service)
  const definition = render(base.definition, {...inputs.edits, ...roleToRegister(base, inputs)})
  const asItRuns = {...definition, ...rolesOfRun(inputs)}
  checkDefinition(asItRuns)
  checkHealth(inputs, definition)
  const known = base.arn === undefined ? [] : [base.definition]
  for (const unknown of await checkPreconditions(world.env, aws, asItRuns, known)) world.log.line(`  (${unknown})`)
  const call = runCall(inputs, definition, service)
  return {definition, revision: await existingRevision(aws, base, definition), call}
}

// ECS registers no definition that needs an execution role and names none: a file without one gets that of the run.
function roleToRegister({arn, definition}: Loaded, {overrides}: Inputs): Pick<Edits, 'executionRoleArn'> {
  const isNeeded = arn === undefined && definition.executionRoleArn === undefined
  return {executionRoleArn: isNeeded ? overrides.executionRoleArn : undefined}
}

function rolesOfRun({
  overrides: {taskRoleArn, executionRoleArn},
}: Inputs): Pick<Definition, 'taskRoleArn' | 'executionRoleArn'> {
  return {...(taskRoleArn !== undefined && {taskRoleArn}), ...(executionRoleArn !== undefined && {executionRoleArn})}
}

function checkHealth({waitFor}: Inputs, {containerDefinitions = [], family = ''}: Definition): void {
  if (waitFor !== 'healthy' || containerDefinitions.some(({healthCheck}) => healthCheck !== undefined)) return
  throw new InputError(
    `Input "wait-for" is "healthy", and no container of "${family}" has a "healthCheck": add one, or wait for "running". Nothing was started.`,
  )
}

async function serviceOf(aws: Aws, {cluster, fromService}: Inputs): Promise<Service | undefined> {
  if (fromService === undefined) return undefined
  const [service] = await findServices(aws, cluster, [fromService], {input: 'from-service'})
  return service
}

async function loadBase(world: World, aws: Aws, {source}: Inputs, service: Service | undefined): Promise<Loaded> {
  if (source.kind === 'file') return await loadFile(world.env, source.path)
  return await loadRegistered(aws, source.kind === 'service' ? (service?.taskDefinition ?? '') : source.name)
}

async function existingRevision(aws: Aws, base: Loaded, wanted: Definition): Promise<string | undefined> {
  if (base.arn !== undefined && base.isActive === true && sameDefinition(base.definition, wanted)) return base.arn
  return await newestIfSame(aws, wanted.family ?? '', wanted)
}

/** Registers the task definition, unless an equal revision exists, and gives its ARN. */
export async function register(world: World, aws: Aws, prepared: Prepared): Promise<string> {
  if (prepared.revision !== undefined) return prepared.revision
  return await registerOnce(world, aws, prepared.definition)
}

// Only what the user set or the service says: https://github.com/aws-actions/amazon-ecs-deploy-task-definition/issues/802.
function runCall(inputs: Inputs, definition: Definition, service: Service | undefined): Prepared['call'] {
  const {cluster, count, launch, overrides} = inputs
  const {group, startedBy, tags, enableExecuteCommand} = launch
  return {
    cluster,
    count,
    ...placement(launch, definition, service),
    ...network(launch, definition, service),
    ...overridesFor(overrides, inputs.container, definition),
    ...(group !== undefined && {group}),
    ...(startedBy !== undefined && {startedBy}),
    ...(tags.size > 0 && {tags: [...tags].map(([key, value]) => ({key, value}))}),
    ...(enableExecuteCommand && {enableExecuteCommand}),
  }
}

function placement(launch: LaunchSettings, definition: Definition, service?: Service): Partial<RunTaskCommandInput> {
  const platformVersion = launch.platformVersion ?? platformOf(service)
  const platform = platformVersion === undefined ? {} : {platformVersion}
  if (launch.capacityProviders !== undefined) {
    return {capacityProviderStrategy: [...launch.capacityProviders], ...platform}
  }
  if (launch.launchType !== undefined) return {launchType: launch.launchType, ...platform}
  const strategy = service?.capacityProviderStrategy ?? []
  if (strategy.length > 0) return {capacityProviderStrategy: strategy, ...platform}
  const launchType = service?.launchType ?? (usesFargate(definition) ? 'FARGATE' : undefined)
  return {...(launchType !== undefined && {launchType}), ...platform}
}

function platformOf(service: Service | undefined): string | undefined {
  return service?.platformVersion === '' ? undefined : service?.platformVersion
}

function network(launch: LaunchSettings, definition: Definition, service?: Service): Partial<RunTaskCommandInput> {
  if (definition.networkMode !== 'awsvpc') return {}
  const given = service?.networkConfiguration?.awsvpcConfiguration
  const subnets = either(launch.subnets, given?.subnets)
  if (subnets.length === 0) {
    throw new InputError(
      'The task needs a network: give "subnets" (and "security-groups"), or a service in "from-service" to take them from.',
    )
  }
  const securityGroups = either(launch.securityGroups, given?.securityGroups)
  const assignPublicIp = launch.assignPublicIp ?? given?.assignPublicIp
  const awsvpcConfiguration = {
    subnets,
    ...(securityGroups.length > 0 && {securityGroups}),
    ...(assignPublicIp !== undefined && {assignPublicIp}),
  }
  return {networkConfiguration: {awsvpcConfiguration}}
}

function either(given: readonly string[], fallback: readonly string[] = []): string[] {
  return given.length > 0 ? [...given] : [...fallback]
}
