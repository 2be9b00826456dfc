import {jsonCall} from '../aws/signed-call.ts'
import type {Environment} from '../core/inputs.ts'
import type {Aws} from './aws.ts'
import type {Container} from './definition.ts'
import {parseArn} from './names.ts'

/** One secret of a container. */
export type Secret = NonNullable<Container['secrets']>[number]

/**
 * Why a secret cannot be found; undefined when it is there. Its value is not asked for where there is another way, and
 * never kept.
 * @throws what AWS answers when it may not be asked
 */
export async function missingSecret(
  env: Environment,
  aws: Aws,
  container: Container,
  secret: Secret,
): Promise<string | undefined> {
  const {name = '', valueFrom = ''} = secret
  const arn = parseArn(valueFrom)
  // A secret of another region is asked for there by ECS; this job's clients are for one region.
  if (arn !== undefined && arn.region !== aws.region) return undefined
  const there =
    arn?.service === 'secretsmanager' ? await hasSecret(env, aws, valueFrom) : await hasParameter(env, aws, valueFrom)
  if (there) return undefined
  return `container "${container.name ?? ''}" takes ${name} from ${valueFrom}, which does not exist in ${aws.region}: create it, or correct "valueFrom"`
}

// arn:aws:secretsmanager:region:account:secret:name-AbCdEf[:key:stage:version]
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
async function hasSecret(env: Environment, aws: Aws, valueFrom: string): Promise<boolean> {
  const place = {service: 'secretsmanager', endpointVariable: 'SECRETS_MANAGER'}
  const SecretId = valueFrom.split(':').slice(0, 7).join(':')
  try {
    await jsonCall(env, aws.ecs, place, 'secretsmanager.DescribeSecret', {SecretId})
    return true
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return false
    throw error
  }
}

// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html; encrypted values stay so.
async function hasParameter(env: Environment, aws: Aws, valueFrom: string): Promise<boolean> {
  const place = {service: 'ssm', endpointVariable: 'SSM'}
  const answer = await jsonCall(env, aws.ecs, place, 'AmazonSSM.GetParameters', {
    Names: [valueFrom],
    WithDecryption: false,
  })
  return ((answer as {InvalidParameters?: readonly string[]}).InvalidParameters ?? []).length === 0
}
