import {randomUUID} from 'node:crypto'
import {systemClock} from '../../../actions/shared/core/clock.ts'
import {scriptedEcs} from '../../support/scripted-ecs.ts'
import type {ScriptedEcs} from '../../support/scripted-ecs.ts'
import type {History} from '../../support/scripted-ecs-state.ts'
import type {FaultProxy} from '../core/proxy.ts'
import {faultProxy} from '../core/proxy.ts'

/** A scripted ECS behind a proxy that does harm, and credentials that must not be seen. */
export interface EcsBehindProxy {
  readonly ecs: ScriptedEcs
  readonly proxy: FaultProxy
  readonly secret: string
  readonly env: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** Starts both. */
export async function ecsBehindProxy(history: History): Promise<EcsBehindProxy> {
  const ecs = await scriptedEcs(history, systemClock)
  const proxy = await faultProxy({port: Number(new URL(ecs.endpoint).port)})
  const secret = `aws-${randomUUID()}`
  return {ecs, proxy, secret, env: awsEnvironment(proxy.host, secret), close: () => closeAll(proxy, ecs)}
}

/** What leads the SDK of an action to a host on loopback. */
export function awsEnvironment(host: string, secret: string): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: 'AKIATEST',
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL: `http://${host}`,
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}

/** Closes what a room is made of, the first one first. */
export async function closeAll(...parts: readonly {close(): Promise<void>}[]): Promise<void> {
  for (const part of parts) await part.close()
}
