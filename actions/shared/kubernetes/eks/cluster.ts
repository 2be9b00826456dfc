import {explainAwsError} from '../../aws/errors.ts'
import {Failure} from '../../core/diagnosis.ts'
import {errorMessage, InputError} from '../../core/errors.ts'
import {countRetry} from '../../core/retried.ts'
import type {World} from '../../core/world.ts'
import {presign, serviceHost} from './signature.ts'
import type {SigningKey} from './signature.ts'

/** How an EKS cluster is reached. */
export interface EksCluster {
  readonly name: string
  readonly endpoint: string
  /** The cluster's own certificate authority, base64 of PEM. */
  readonly authority: string
}

interface Description {
  readonly cluster?: {
    readonly status?: string
    readonly endpoint?: string
    readonly certificateAuthority?: {readonly data?: string}
  }
  readonly message?: string
}

const TRIES = 4

/**
 * Looks an EKS cluster up: the one call of EKS that is needed, signed here, because the whole client would double the
 * size of the action (https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeCluster.html).
 * @throws {InputError} when there is no such cluster in the region
 * @throws {Failure} when it may not be looked up, or is not ready to be spoken to
 */
export async function describeCluster(
  world: World,
  name: string,
  region: string,
  key: SigningKey,
): Promise<EksCluster> {
  const answer = await retrying(world, async () => {
    const response = await fetch(describeUrl(world, name, region, key), {signal: AbortSignal.timeout(30_000)})
    if (response.status === 429 || response.status >= 500) throw new Error(`EKS answers ${String(response.status)}`)
    return response
  })
  if (answer.status === 404) {
    throw new InputError(`Input "cluster-name" is "${name}", but region ${region} has no such EKS cluster.`)
  }
  const description = (await answer.json()) as Description
  if (!answer.ok) throw refused(answer, description)
  const {endpoint, certificateAuthority, status} = description.cluster ?? {}
  if (endpoint === undefined || certificateAuthority?.data === undefined) throw notReady(name, status)
  return {name, endpoint, authority: certificateAuthority.data}
}

function describeUrl({env, clock}: World, name: string, region: string, key: SigningKey): string {
  const custom = env['AWS_ENDPOINT_URL_EKS'] ?? env['AWS_ENDPOINT_URL']
  const base = new URL(custom ?? `https://${serviceHost('eks', region)}`)
  const path = `/clusters/${encodeURIComponent(name)}`
  const call = {service: 'eks', region, path, query: {'X-Amz-Expires': '60'}, headers: {host: base.host}}
  return `${base.origin}${path}?${presign(key, call, clock.now())}`
}

async function retrying(world: World, call: () => Promise<Response>): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      if (attempt === TRIES) throw unreachable(errorMessage(error))
      countRetry('AWS')
      await world.clock.sleep(250 * 2 ** attempt, world.cancel)
    }
  }
}

function refused(answer: Response, {message}: Description): unknown {
  const error = new Error(message ?? `EKS answers ${String(answer.status)}`)
  error.name = answer.status === 403 ? 'AccessDeniedException' : 'EksError'
  return explainAwsError(error, 'eks:DescribeCluster')
}

function unreachable(cause: string): Failure {
  const advice = 'check aws-region and the network of the runner; nothing was changed'
  return new Failure({
    reason: 'unreachable',
    subject: 'EKS',
    cause: `it cannot be asked for the cluster: ${cause}`,
    advice,
  })
}

function notReady(name: string, status = 'unknown'): Failure {
  return new Failure({
    reason: 'unreachable',
    subject: `EKS cluster ${name}`,
    cause: `it has no endpoint yet (status ${status})`,
    advice: 'wait until the cluster is ACTIVE and re-run',
  })
}
