import {usesProxy} from '../core/http-get.ts'
import {InputError} from '../core/errors.ts'
import type {Environment} from '../core/inputs.ts'
import {retries} from './retries.ts'
import type {Retries} from './retries.ts'

/** What every AWS client of an action is made with. */
export interface ClientConfig extends Retries {
  readonly region: string
  readonly customUserAgent: string
  readonly requestHandler: Handler
}

interface Handler {
  /** Milliseconds until a connection stands. */
  readonly connectionTimeout: number
  /** Milliseconds of silence on a connection: one whose other end is gone would be waited on for ever. */
  readonly socketTimeout: number
  /** Node's agents that go through the proxy; only where the environment names one. */
  readonly httpAgent?: ProxyAgent
  readonly httpsAgent?: ProxyAgent
}

interface ProxyAgent {
  readonly proxyEnv: Record<string, string | undefined>
}

// us-east-1, us-gov-west-1, eusc-de-east-1
const REGION = /^[a-z]{2,4}(?:-[a-z]+)+-\d+$/
const CONNECT_MS = 5000
const SILENCE_MS = 15_000

/**
 * The settings of an action's AWS clients: region, retries that honour throttling, and a user agent that names the
 * action in CloudTrail. Credentials and `AWS_ENDPOINT_URL` are found by the SDK's own chain;
 * HTTPS_PROXY, HTTP_PROXY and NO_PROXY, which the SDK knows nothing of, by Node's agents.
 * @param action the action's name, for the user agent
 * @param region the `aws-region` input; else AWS_REGION, else AWS_DEFAULT_REGION
 * @throws {InputError} when no region is given anywhere, or one that is misspelt
 */
export function clientConfig(env: Environment, action: string, region?: string): ClientConfig {
  const chosen = [region, env['AWS_REGION'], env['AWS_DEFAULT_REGION']].find(
    (name) => name !== undefined && name !== '',
  )
  if (chosen === undefined) {
    throw new InputError(
      'No AWS region is set: run aws-actions/configure-aws-credentials before this step, or set AWS_REGION.',
    )
  }
  mustBeRegion(env, chosen, chosen === region ? 'Input "aws-region"' : 'The AWS region of the environment')
  const agent = {proxyEnv: {...env}}
  return {
    region: chosen,
    ...retries(5),
    customUserAgent: `slipway-${action}`,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      ...(usesProxy(env) && {httpAgent: agent, httpsAgent: agent}),
    },
  }
}

// A name that no region has ends as a host that is not found, or as a registry that takes no login. Where an endpoint of
// its own is set, the region is whatever that one calls it.
function mustBeRegion(env: Environment, region: string, where: string): void {
  const hasEndpoint = Object.entries(env).some(([name, value]) => name.startsWith('AWS_ENDPOINT_URL') && value !== '')
  if (hasEndpoint || REGION.test(region)) return
  const spelt = region
    .toLowerCase()
    .replaceAll(/[\s_]/g, '-')
    .replace(/([a-z])(\d+)[a-z]?$/, '$1-$2')
    .replace(/(\d)[a-z]$/, '$1')
  const hint = REGION.test(spelt) ? `did you mean "${spelt}"?` : 'give a name like "eu-central-1".'
  throw new InputError(`${where} is "${region}", which is no name of a region: ${hint}`)
}
