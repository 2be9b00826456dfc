import {existsSync} from 'node:fs'
import {dirname} from 'node:path'
import {labPaths} from './core/paths.ts'
import {readState} from './core/state.ts'
import {LAB_ACCOUNT, LAB_REGION} from './parts/aws.ts'
import {PARTS} from './parts/index.ts'
import {prependPath} from './parts/docker.ts'

/** How to use the running lab. */
export interface LabEnvironment {
  /** Where every AWS API answers. */
  readonly endpoint: string
  /** `host:port` of the registry, the first part of an image's name. */
  readonly registry: string
  readonly region: string
  readonly accountId: string
  /** Path of an administrator's kubeconfig. */
  readonly kubeconfig: string
  readonly dockerHost: string
  readonly tfCliConfigFile: string | undefined
  /** Folders that go before PATH. */
  readonly path: readonly string[]
  /** The variables a child process needs on top of its own, PATH included. */
  readonly vars: Readonly<Record<string, string>>
}

/** Whether `up` was carried out to its end; it says nothing about the health of the parts since. */
export function isLabPrepared(env: NodeJS.ProcessEnv = process.env): boolean {
  const paths = labPaths(env)
  if (!existsSync(paths.run)) return false
  const {parts} = readState(paths)
  return PARTS.every((part) => parts[part.name]?.ready)
}

/**
 * The environment of the running lab, from what `up` recorded.
 * @throws Error when the lab is not up.
 */
export function labEnvironment(env: NodeJS.ProcessEnv = process.env): LabEnvironment {
  if (!isLabPrepared(env)) throw new Error('The lab is not up: run `npm run lab -- up` first.')
  const {parts} = readState(labPaths(env))
  const states = PARTS.map((part) => parts[part.name]).filter((state) => state !== undefined)
  const own = Object.assign({}, ...states.map((state) => state.vars)) as Record<string, string>
  // Actions run under the Node this very program runs under, which is the version they declare.
  const path = [dirname(process.execPath), ...new Set(states.flatMap((state) => state.path))]
  return {
    endpoint: own['AWS_ENDPOINT_URL'] ?? '',
    registry: own['LAB_REGISTRY'] ?? '',
    region: LAB_REGION,
    accountId: LAB_ACCOUNT,
    kubeconfig: own['KUBECONFIG'] ?? '',
    dockerHost: own['DOCKER_HOST'] ?? '',
    tfCliConfigFile: own['TF_CLI_CONFIG_FILE'],
    path,
    vars: {...own, PATH: prependPath(env, path)},
  }
}

/** Options of any AWS client that is to speak with the lab. */
export function labClient(lab: LabEnvironment): {
  endpoint: string
  region: string
  credentials: {accessKeyId: string; secretAccessKey: string}
} {
  const {AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = ''} = lab.vars
  return {endpoint: lab.endpoint, region: lab.region, credentials: {accessKeyId, secretAccessKey}}
}
