import {CreateServiceRequest$} from '@aws-sdk/client-ecs'
import type {CreateServiceCommandInput} from '@aws-sdk/client-ecs'
import {InputError} from '../../shared/core/errors.ts'
import {readUserFile} from '../../shared/core/files.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import {usesFargate} from '../../shared/ecs/check-definition.ts'
import {refuseUnknownKeys, withoutNulls} from '../../shared/ecs/definition.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {jsonOrYaml} from '../../shared/ecs/load.ts'

/** A service as `create-service` describes it: what CreateService takes, with the name left open. */
export type ServiceFile = Partial<CreateServiceCommandInput>

/** The input whose file it is. */
const INPUT = 'create-service'

/**
 * Reads the file of a service that is to be made when it is missing.
 * The cluster and the services that the step names must be those of the file, where it names any.
 * @throws {InputError} when it cannot be read, has a key or a kind of value that CreateService does not take, or
 * speaks of another service or cluster than the step does
 */
export async function readServiceFile(
  env: Environment,
  path: string,
  place: {readonly cluster: string; readonly services: readonly string[]},
): Promise<ServiceFile> {
  const data = jsonOrYaml(await readUserFile(env, INPUT, path), path)
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new InputError(`${path} does not hold a service: an object as CreateService takes it was expected.`)
  }
  const file = withoutNulls(data) as ServiceFile
  refuseUnknownKeys(CreateServiceRequest$, file, path)
  const problems = [...placeProblems(file, place), ...wordProblems(file), ...kindProblems(file)]
  if (problems.length > 0) throw new InputError(`${path}: ${problems.join('; ')}. Nothing was registered.`)
  return file
}

function placeProblems(
  {serviceName, cluster}: ServiceFile,
  place: {readonly cluster: string; readonly services: readonly string[]},
): string[] {
  const [first = ''] = place.services
  const others = place.services.length > 1 || (place.services.length === 1 && serviceName !== first)
  return [
    ...(serviceName !== undefined && others
      ? [`"serviceName" is "${serviceName}", and the input "service" is "${place.services.join(', ')}": leave it out`]
      : []),
    ...(cluster !== undefined && shortName(cluster) !== shortName(place.cluster)
      ? [`"cluster" is "${cluster}", and the input "cluster" is "${place.cluster}": leave it out`]
      : []),
  ]
}

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
const WORDS: Readonly<Record<string, readonly string[]>> = {
  launchType: ['EC2', 'FARGATE', 'EXTERNAL', 'MANAGED_INSTANCES'],
  schedulingStrategy: ['REPLICA', 'DAEMON'],
  propagateTags: ['SERVICE', 'TASK_DEFINITION', 'NONE'],
  availabilityZoneRebalancing: ['ENABLED', 'DISABLED'],
}

function wordProblems(file: ServiceFile): string[] {
  const wrong = Object.entries(file).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'string' && WORDS[key]?.includes(value) === false ? [[key, value] as const] : [],
  )
  const ip = file.networkConfiguration?.awsvpcConfiguration?.assignPublicIp
  return [
    ...wrong.map(([key, value]) => `"${key}" is "${value}": use ${WORDS[key]?.join(', ') ?? ''}`),
    ...(ip === undefined || ['ENABLED', 'DISABLED'].includes(ip)
      ? []
      : [`"assignPublicIp" is "${ip}": use ENABLED or DISABLED`]),
  ]
}

function kindProblems(file: ServiceFile): string[] {
  const {deploymentController, launchType, capacityProviderStrategy = [], loadBalancers = []} = file
  const controller = deploymentController?.type ?? 'ECS'
  return [
    ...(controller === 'ECS'
      ? []
      : [
          `the deployment controller is ${controller}: only services of the controller ECS can be made here, as others need more than a service`,
        ]),
    ...(launchType !== undefined && capacityProviderStrategy.length > 0
      ? ['"launchType" and "capacityProviderStrategy" exclude each other: keep one']
      : []),
    ...(file.schedulingStrategy === 'DAEMON' && isFargate(file)
      ? ['Fargate runs no DAEMON service: use "schedulingStrategy": "REPLICA"']
      : []),
    ...(file.healthCheckGracePeriodSeconds !== undefined && loadBalancers.length === 0
      ? ['"healthCheckGracePeriodSeconds" is for a service with "loadBalancers": add them, or leave it out']
      : []),
  ]
}

function isFargate({launchType, capacityProviderStrategy = []}: ServiceFile): boolean {
  return (
    launchType === 'FARGATE' ||
    capacityProviderStrategy.some(({capacityProvider = ''}) => /^FARGATE/.test(capacityProvider))
  )
}

/**
 * Checks that the service and the task definition go together, as ECS would only after the revision was registered.
 * @throws {InputError} that says what does not
 */
export function checkFits(file: ServiceFile, wanted: Definition, path: string): void {
  const vpc = file.networkConfiguration?.awsvpcConfiguration
  const problems = [
    ...(wanted.networkMode === 'awsvpc' && (vpc?.subnets ?? []).length === 0
      ? ['the network mode awsvpc of the task definition needs "networkConfiguration.awsvpcConfiguration.subnets"']
      : []),
    ...(wanted.networkMode !== 'awsvpc' && vpc !== undefined
      ? [
          `"networkConfiguration" is for the network mode awsvpc, and the task definition has ${wanted.networkMode ?? 'bridge'}: leave it out`,
        ]
      : []),
    ...(isFargate(file) && !usesFargate(wanted)
      ? ['the service runs on Fargate: add "FARGATE" to "requiresCompatibilities" of the task definition']
      : []),
    ...familyProblems(file, wanted),
  ]
  if (problems.length > 0) throw new InputError(`${path}: ${problems.join('; ')}. Nothing was registered.`)
}

function familyProblems({taskDefinition}: ServiceFile, {family}: Definition): string[] {
  if (taskDefinition === undefined) return []
  const own = shortName(taskDefinition).replace(/:\d+$/, '')
  return own === family
    ? []
    : [`"taskDefinition" is of the family "${own}", and what is deployed of "${family ?? ''}": leave it out`]
}
