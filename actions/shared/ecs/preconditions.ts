import {isAccessDenied} from '../aws/errors.ts'
import {errorMessage, InputError} from '../core/errors.ts'
import type {Environment} from '../core/inputs.ts'
import type {Aws} from './aws.ts'
import type {Container, Definition} from './definition.ts'
import {missingImage} from './image-check.ts'
import {missingSecret} from './secret-check.ts'
import type {Secret} from './secret-check.ts'
import {logPlace} from './task-logs.ts'

/**
 * Looks whether what new tasks need is there: images in ECR, for the platform of the task, log groups and secrets. Only what
 * differs from a running definition is looked at; what runs proves itself.
 * @param running definitions that run now
 * @returns what could not be looked at, for the log: a job need not be allowed all this
 * @throws {InputError} with everything that is missing, before anything was registered
 */
export async function checkPreconditions(
  env: Environment,
  aws: Aws,
  wanted: Definition,
  running: readonly Definition[],
): Promise<readonly string[]> {
  const containers = wanted.containerDefinitions ?? []
  const known = running.flatMap(({containerDefinitions = []}) => containerDefinitions)
  const images = containers.filter(({image}) => !known.some((other) => other.image === image))
  const logs = containers.filter((container) => !known.some((other) => sameLog(other, container)))
  const looks = [
    ...images.map((container) =>
      look(`image of "${container.name ?? ''}"`, () => missingImage(aws, wanted, container)),
    ),
    ...newSecrets(containers, known).map(([container, secret]) =>
      look(`secret ${secret.name ?? ''} of "${container.name ?? ''}"`, () =>
        missingSecret(env, aws, container, secret),
      ),
    ),
    ...logs.map((container) => look(`log group of "${container.name ?? ''}"`, () => missingLogGroup(aws, container))),
  ]
  const results = await Promise.all(looks)
  const missing = results.flatMap((result) => result.missing ?? [])
  if (missing.length > 0) throw new InputError(`${missing.join('; ')}. Nothing was registered.`)
  return results.flatMap((result) => result.unknown ?? [])
}

// What a running container takes from the same place is there.
function newSecrets(containers: readonly Container[], known: readonly Container[]): (readonly [Container, Secret])[] {
  const taken = new Set(known.flatMap(({secrets = []}) => secrets.map(({valueFrom}) => valueFrom)))
  return containers.flatMap((container) =>
    (container.secrets ?? [])
      .filter(({valueFrom}) => !taken.has(valueFrom))
      .map((secret) => [container, secret] as const),
  )
}

interface Looked {
  readonly missing?: string
  readonly unknown?: string
}

// A look that is not allowed or does not work is no reason to refuse a deploy that may be all right.
async function look(what: string, body: () => Promise<string | undefined>): Promise<Looked> {
  try {
    const missing = await body()
    return missing === undefined ? {} : {missing}
  } catch (error) {
    const reason = isAccessDenied(error) ? 'this job may not look' : errorMessage(error)
    return {unknown: `the ${what} was not checked: ${reason}`}
  }
}

function sameLog(one: Container, two: Container): boolean {
  return JSON.stringify(one.logConfiguration?.options) === JSON.stringify(two.logConfiguration?.options)
}

async function missingLogGroup(aws: Aws, container: Container): Promise<string | undefined> {
  const place = logPlace(container, {taskArn: 'x'})
  const creates = container.logConfiguration?.options?.['awslogs-create-group'] === 'true'
  if (place.kind === 'elsewhere' || creates) return undefined
  const {DescribeLogGroupsCommand} = await import('@aws-sdk/client-cloudwatch-logs')
  const client = await aws.logs(place.region)
  const {logGroups = []} = await client.send(new DescribeLogGroupsCommand({logGroupNamePrefix: place.group}))
  if (logGroups.some(({logGroupName}) => logGroupName === place.group)) return undefined
  return `container "${container.name ?? ''}" writes to the log group "${place.group}", which does not exist in ${place.region ?? aws.region}: create it, or set the log option awslogs-create-group=true`
}
