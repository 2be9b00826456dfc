import {AssumeRoleCommand, STSClient} from '@aws-sdk/client-sts'
import {clientConfig} from '../../aws/client-config.ts'
import {explainAwsError} from '../../aws/errors.ts'
import type {Environment} from '../../core/inputs.ts'
import type {SigningKey} from './signature.ts'

const SHORTEST_SESSION_SECONDS = 900

/**
 * The credentials that speak to a cluster: those of the SDK's own chain, or those of a role assumed with them.
 * @throws {Failure} when there are none, or the role may not be assumed
 */
export async function identity(env: Environment, region: string, roleArn?: string): Promise<SigningKey> {
  const client = new STSClient(clientConfig(env, 'kubectl-rollout', region))
  try {
    return roleArn === undefined ? await client.config.credentials() : await assume(client, env, roleArn)
  } catch (error) {
    throw explainAwsError(error, 'sts:AssumeRole')
  } finally {
    client.destroy()
  }
}

async function assume(client: STSClient, env: Environment, roleArn: string): Promise<SigningKey> {
  const session = `slipway-${env['GITHUB_RUN_ID'] ?? 'local'}`
  const command = new AssumeRoleCommand({
    RoleArn: roleArn,
    RoleSessionName: session,
    DurationSeconds: SHORTEST_SESSION_SECONDS,
  })
  const {Credentials: given} = await client.send(command)
  if (given?.AccessKeyId === undefined || given.SecretAccessKey === undefined) {
    throw new Error(`STS gave no credentials for ${roleArn}.`)
  }
  const {AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken} = given
  return {accessKeyId, secretAccessKey, ...(sessionToken !== undefined && {sessionToken})}
}
