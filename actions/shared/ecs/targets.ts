import {DescribeServicesCommand, ListClustersCommand, ListServicesCommand} from '@aws-sdk/client-ecs'
import type {Service} from '@aws-sdk/client-ecs'
import {InputError} from '../core/errors.ts'
import {ask} from './aws.ts'
import type {Aws} from './aws.ts'
import {withTaskSets} from './code-deploy-judge.ts'
import {nearest, shortName} from './names.ts'

const SERVICES_PER_CALL = 10

/** How services are asked for. */
export interface Asked {
  /** The input that names them; `service` where none is given. */
  readonly input?: string
  /** What else could be done about a service that is missing. */
  readonly hint?: string | undefined
  /** What ECS has just said of them, when it was asked already. */
  readonly known?: readonly Service[] | undefined
}

/**
 * The services that a change is for, as they are now.
 * @throws {InputError} when the cluster or a service is not there, with the nearest name that is
 */
export async function findServices(
  aws: Aws,
  cluster: string,
  names: readonly string[],
  asked: Asked = {},
): Promise<Service[]> {
  const found = asked.known ?? (await lookUpServices(aws, cluster, names))
  for (const name of names) {
    const service = found.find(({serviceName}) => serviceName === name)
    if (service === undefined) throw await serviceMissing(aws, cluster, name, asked)
    if (service.status !== 'ACTIVE') {
      throw new InputError(
        `Service "${name}" in cluster "${shortName(cluster)}" is ${service.status ?? 'unknown'}, not ACTIVE: create it again before deploying to it.`,
      )
    }
  }
  return found.filter(({serviceName = ''}) => names.includes(serviceName))
}

/**
 * Those of the services that ECS knows, in whatever state: a deleted one is shown as INACTIVE for a while.
 * @throws {InputError} when the cluster is not there
 */
export async function lookUpServices(aws: Aws, cluster: string, names: readonly string[]): Promise<Service[]> {
  const found: Service[] = []
  for (let at = 0; at < names.length; at += SERVICES_PER_CALL) {
    found.push(...(await describe(aws, cluster, names.slice(at, at + SERVICES_PER_CALL))))
  }
  return found
}

async function describe(aws: Aws, cluster: string, services: string[]): Promise<Service[]> {
  try {
    const answer = await ask('ecs:DescribeServices', () =>
      aws.ecs.send(new DescribeServicesCommand({cluster, services})),
    )
    return (answer.services ?? []).map(withTaskSets)
  } catch (error) {
    if (error instanceof Error && error.name === 'ClusterNotFoundException') throw await clusterMissing(aws, cluster)
    throw error
  }
}

async function clusterMissing(aws: Aws, cluster: string): Promise<InputError> {
  const known = await namesOf(async () => (await aws.ecs.send(new ListClustersCommand({}))).clusterArns)
  return new InputError(
    `Input "cluster" is "${cluster}", which does not exist in ${aws.region}: ${suggestion(cluster, known)}.`,
  )
}

async function serviceMissing(
  aws: Aws,
  cluster: string,
  name: string,
  {input = 'service', hint}: Asked,
): Promise<InputError> {
  const known = await namesOf(
    async () => (await aws.ecs.send(new ListServicesCommand({cluster, maxResults: 100}))).serviceArns,
  )
  return new InputError(
    `Input "${input}" is "${name}", which does not exist in cluster "${shortName(cluster)}" (${aws.region}): ${[suggestion(name, known), hint].filter(Boolean).join(', ')}.`,
  )
}

// Only a help in a message: whoever may not list gets the message without it.
async function namesOf(list: () => Promise<string[] | undefined>): Promise<string[]> {
  try {
    return ((await list()) ?? []).map(shortName)
  } catch {
    return []
  }
}

function suggestion(wrong: string, known: readonly string[]): string {
  const near = nearest(wrong, known)
  if (near !== undefined) return `did you mean "${near}"?`.replace(/\?$/, '') + '? Correct the input'
  if (known.length === 0) return 'check the name and the region'
  return `there are ${known.slice(0, 5).join(', ')}`
}
