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

const CONNECT_MS = 5000
const SILENCE_MS = 15_000

/**
 * The settings of an action's AWS clients: region, retries that honour throttling, and a user agent that names the
 * action in CloudTrail. Credentials and `AWS_ENDPOINT_URL` are found by the SDK's own chain;
 * HTTPS_PROXY, HTTP_PROXY and NO_PROXY, which the SDK knows nothing of, by Node's agents.
 * @param action the action's name, for the user agent
 * @param region the `aws-region` input; else AWS_REGION, else AWS_DEFAULT_REGION
 * @throws {InputError} when no region is given anywhere
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
