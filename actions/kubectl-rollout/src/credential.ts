import type {Clock} from '../../shared/core/clock.ts'
import {InputError} from '../../shared/core/errors.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import {identity} from '../../shared/kubernetes/eks/identity.ts'
import {eksToken} from '../../shared/kubernetes/eks/token.ts'

/**
 * The ExecCredential that kubectl asks its plugin for.
 * @param env names the cluster, region and role, as the kubeconfig sets them
 * @throws {InputError} when it was not called through such a kubeconfig
 * @throws {Failure} when there are no AWS credentials
 */
export async function credential(env: Environment, clock: Clock): Promise<string> {
  const {EKS_CLUSTER: cluster, AWS_REGION: region, EKS_ROLE_ARN: roleArn} = env
  if (cluster === undefined || region === undefined) {
    throw new InputError('EKS_CLUSTER and AWS_REGION are not set: this program is called by kubectl.')
  }
  const {token, expires} = eksToken(await identity(env, region, roleArn), region, cluster, clock.now())
  const status = {token, expirationTimestamp: new Date(expires).toISOString()}
  return JSON.stringify({apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status})
}
