import {ECRClient, GetAuthorizationTokenCommand} from '@aws-sdk/client-ecr'
import {clientConfig} from '../../shared/aws/client-config.ts'
import {explainAwsError} from '../../shared/aws/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {pullersOf, refreshPullSecret, registriesOf} from '../../shared/kubernetes/pull-secret.ts'
import type {RegistryLogin} from '../../shared/kubernetes/pull-secret.ts'
import type {RolloutInputs} from './inputs.ts'
import type {Prepared} from './prepared.ts'

/** Gives the pods of this rollout a fresh ECR login, when `pull-secret: ecr` asks for it. */
export async function lendLogin(world: World, inputs: RolloutInputs, prepared: Prepared): Promise<void> {
  if (inputs.pullSecret === undefined) return
  const objects = prepared.changes.map(({wanted}) => wanted.object)
  const pullers = pullersOf(objects)
  if (pullers.length === 0) return
  const login = await ecrLogin(world, inputs)
  const {api} = prepared.connection
  await refreshPullSecret(api, world.clock, pullers, registriesOf(objects, login), login, inputs.fieldManager)
  world.log.line(
    `  pull secret renewed for ${pullers.map((one) => `${one.namespace}/${one.serviceAccount}`).join(', ')}`,
  )
}

async function ecrLogin(world: World, inputs: RolloutInputs): Promise<RegistryLogin> {
  const client = new ECRClient(clientConfig(world.env, 'kubectl-rollout', inputs.region))
  try {
    const {authorizationData: [given] = []} = await client.send(new GetAuthorizationTokenCommand({}))
    const token = given?.authorizationToken ?? ''
    const [username = '', password = ''] = Buffer.from(token, 'base64').toString().split(':', 2)
    for (const secret of [token, password]) world.mask.add(secret)
    return {username, password, host: (given?.proxyEndpoint ?? '').replace(/^https?:\/\//, '')}
  } catch (error) {
    throw explainAwsError(error, 'ecr:GetAuthorizationToken')
  } finally {
    client.destroy()
  }
}
