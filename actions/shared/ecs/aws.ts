import {ECSClient} from '@aws-sdk/client-ecs'
import type {CloudWatchLogsClient} from '@aws-sdk/client-cloudwatch-logs'
import type {ECRClient} from '@aws-sdk/client-ecr'
import {clientConfig} from '../aws/client-config.ts'
import {explainAwsError} from '../aws/errors.ts'
import {retries} from '../aws/retries.ts'
import type {Environment} from '../core/inputs.ts'
import {CodeDeploy} from './code-deploy.ts'
import {LoadBalancers} from './load-balancers.ts'

/** The AWS clients of a deploy. */
export interface Aws {
  readonly region: string
  /** For questions asked once and for changes: retried by the SDK. */
  readonly ecs: ECSClient
  /** Never retried by itself: for looking again and again, and for what must not be done twice. */
  readonly poll: ECSClient
  readonly codeDeploy: CodeDeploy
  readonly loadBalancers: LoadBalancers
  /** CloudWatch Logs, loaded at its first use: most deploys succeed and never need it. */
  logs(region?: string): Promise<CloudWatchLogsClient>
  /** ECR in the region of an image, loaded at its first use. */
  ecr(region: string): Promise<ECRClient>
}

/**
 * The clients of an action.
 * @param region the `aws-region` input, else what the environment names
 * @throws {InputError} when no region is given anywhere
 */
export function makeAws(env: Environment, action: string, region?: string): Aws {
  const config = clientConfig(env, action, region)
  const byRegion = new Map<string, Promise<CloudWatchLogsClient>>()
  const logs = async (where: string): Promise<CloudWatchLogsClient> => {
    const {CloudWatchLogsClient} = await import('@aws-sdk/client-cloudwatch-logs')
    return new CloudWatchLogsClient({...config, region: where, ...retries(2)})
  }
  const ecs = new ECSClient(config)
  return {
    region: config.region,
    ecs,
    codeDeploy: new CodeDeploy(env, ecs),
    loadBalancers: new LoadBalancers(env, ecs),
    poll: new ECSClient({...config, ...retries(1)}),
    logs: (where = config.region) => {
      const client = byRegion.get(where) ?? logs(where)
      byRegion.set(where, client)
      return client
    },
    ecr: async (where) => {
      const {ECRClient} = await import('@aws-sdk/client-ecr')
      return new ECRClient({...config, region: where, ...retries(2)})
    },
  }
}

/**
 * The answer to one AWS call.
 * @param iamAction what the caller must be allowed, for example `ecs:DescribeServices`
 * @throws {Failure} that names `iamAction` when AWS refuses it; any other error as it came
 */
export async function ask<T>(iamAction: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw explainAwsError(error, iamAction)
  }
}
