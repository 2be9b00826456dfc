import {existsSync} from 'node:fs'
import {readdir, readFile, symlink} from 'node:fs/promises'
import {homedir} from 'node:os'
import {join} from 'node:path'
import * as z from 'zod/mini'
import {Failure} from '../core/diagnosis.ts'
import type {Diagnosis} from '../core/diagnosis.ts'
import {lastWords} from '../core/exec.ts'
import type {Processes} from '../core/exec.ts'
import {privateFolder, takeAway, writePrivateFile} from '../core/files.ts'
import type {World} from '../core/world.ts'
import type {Environment} from '../core/inputs.ts'

/** A Docker configuration of this step alone. */
export interface DockerHome {
  readonly folder: string
  /** What child processes must be given so that they use it. */
  readonly env: Readonly<Record<string, string>>
}

// What Docker's client says when the name of a host is not known, or nothing listens behind it.
const NO_WAY = /no such host|connection refused|i\/o timeout|no route to host|network is unreachable/i

const configSchema = z.looseObject({
  credHelpers: z.optional(z.record(z.string(), z.string())),
})

/**
 * Makes a private copy of the user's Docker configuration, so that steps that run side by side on one machine never
 * log each other out (https://github.com/aws-actions/amazon-ecr-login/issues/623) and a password never outlives the
 * step. Other logins, credential helpers, contexts, CLI plugins and builders stay those of the user.
 * @param registries hosts whose password must land in this copy and not in a shared credential store
 */
export async function makeDockerHome(env: Environment, registries: readonly string[]): Promise<DockerHome> {
  const original = dockerFolder(env)
  const folder = await privateFolder(env, 'slipway-docker')
  await linkEverythingElse(original, folder)
  const config = await readConfig(join(original, 'config.json'))
  // An empty helper means "the file": it wins over the store that `credsStore` names for all hosts.
  const helpers = Object.fromEntries(registries.map((host) => [host, '']))
  const own = {...config, credHelpers: {...config.credHelpers, ...helpers}}
  await writePrivateFile(join(folder, 'config.json'), JSON.stringify(own, null, 2))
  return {folder, env: {DOCKER_CONFIG: folder, BUILDX_CONFIG: env['BUILDX_CONFIG'] ?? join(original, 'buildx')}}
}

function dockerFolder(env: Environment): string {
  const named = env['DOCKER_CONFIG']
  return named !== undefined && named !== '' ? named : join(env['HOME'] ?? homedir(), '.docker')
}

async function linkEverythingElse(from: string, to: string): Promise<void> {
  if (!existsSync(from)) return
  for (const name of await readdir(from)) {
    if (name !== 'config.json') await symlink(join(from, name), join(to, name))
  }
}

async function readConfig(path: string): Promise<z.infer<typeof configSchema>> {
  if (!existsSync(path)) return {}
  try {
    return configSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    throw new Error(`The Docker configuration ${path} cannot be read.`, {cause: error})
  }
}

/** Removes a private configuration with the passwords in it. */
export async function removeDockerHome({log}: World, folder: string): Promise<void> {
  await takeAway(log, 'The login to the registry', folder)
}

/**
 * Logs in to a registry. The password travels on standard input: an argument could be read by every process.
 * @throws {Failure} `access-denied`, or `unreachable` where nothing answers, with Docker's own words
 */
export async function dockerLogin(
  processes: Processes,
  home: DockerHome,
  registry: string,
  credentials: {readonly username: string; readonly password: string},
): Promise<void> {
  const argv = ['login', '--username', credentials.username, '--password-stdin', registry]
  const finished = await processes.call('docker', argv, {env: home.env, input: credentials.password})
  if (finished.code === 0) return
  throw new Failure({subject: registry, ...loginRefused(lastWords('docker login', finished))})
}

function loginRefused(words: string): Pick<Diagnosis, 'reason' | 'cause' | 'advice'> {
  if (/Cannot connect to the Docker daemon|docker daemon running/i.test(words)) {
    return {
      reason: 'unreachable',
      cause: `no Docker engine answers: ${words}`,
      advice: 'start Docker on the runner, or run the job on one that has it',
    }
  }
  if (NO_WAY.test(words)) {
    return {
      reason: 'unreachable',
      cause: `the registry cannot be reached: ${words}`,
      advice: 'check the account and the region in its host, and the network of the runner (proxy, DNS, VPC endpoint)',
    }
  }
  return {
    reason: 'access-denied',
    cause: `the registry did not accept the login: ${words}`,
    advice: 'check that the credentials are of the account that owns the registry, and that its host is spelled right',
  }
}
