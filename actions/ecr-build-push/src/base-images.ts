import {existsSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {resolve} from 'node:path'
import {ECRClient} from '@aws-sdk/client-ecr'
import {clientConfig} from '../../shared/aws/client-config.ts'
import {Failure} from '../../shared/core/diagnosis.ts'
import {workspace} from '../../shared/core/files.ts'
import {errorMessage} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {dockerLogin} from '../../shared/ecr/docker-login.ts'
import type {DockerHome} from '../../shared/ecr/docker-login.ts'
import {makeEcrApi} from '../../shared/ecr/ecr-api.ts'
import type {Login} from '../../shared/ecr/ecr-api.ts'
import {makePublicCall, PUBLIC_REGION, publicLogin} from '../../shared/ecr/public-api.ts'
import {parseRegistryHost} from '../../shared/ecr/registry-host.ts'
import type {RegistryHost} from '../../shared/ecr/registry-host.ts'
import {dockerfileOf} from './build.ts'
import type {BuildOptions} from './build-inputs.ts'

const ECR_HOST = /(?:\b\d{12}\.dkr[.-]ecr[\w.-]*\.[a-z]+|\bpublic\.ecr\.aws|\becr-public\.aws\.com)(?=[/:])/g

// A network that lets images in may still keep calls of the API from getting out.
const PUBLIC_LOGIN_MS = 5000

/**
 * The ECR registries that a build pulls from, ECR Public among them: those named in the Dockerfile (FROM, COPY --from,
 * the default of an ARG), in build arguments and in named contexts.
 */
export async function baseRegistries(world: World, options: BuildOptions): Promise<RegistryHost[]> {
  const path = resolve(workspace(world.env), dockerfileOf(options))
  const dockerfile = existsSync(path) ? await readFile(path, 'utf8') : ''
  const instructions = dockerfile.split(/\r?\n/).filter((line) => /^\s*(?:FROM|ARG|COPY|ADD|RUN)\b/i.test(line))
  const text = [...instructions, ...options.buildArgs, ...options.buildContexts].join('\n')
  const hosts = new Set(text.match(ECR_HOST) ?? [])
  return [...hosts].map((host) => parseRegistryHost(host, undefined)).filter(({kind}) => kind !== 'other')
}

/**
 * Logs in to the registries of base images, each with credentials of its own region. A refusal is told and not fatal:
 * the image may be in the builder's cache, and the build says best which image it lacks.
 */
export async function logInToBases(world: World, home: DockerHome, registries: readonly RegistryHost[]): Promise<void> {
  for (const registry of registries) {
    const {host} = registry
    try {
      const login = await loginTo(world, registry)
      world.mask.add(login.password)
      await dockerLogin(world.processes, home, host, login)
      world.log.line(`  logged in to ${host} for a base image`)
    } catch (error) {
      // ECR Public gives its images to everybody; the login only raises the limit of pulls, so its lack is no warning.
      if (registry.kind === 'public') world.log.line(`  pulls from ${host} as an unknown caller: ${causeOf(error)}`)
      else if (error instanceof Failure) world.log.warning(notLoggedIn(host, causeOf(error)))
      else throw error
    }
  }
}

async function loginTo(world: World, {host, kind, region}: RegistryHost): Promise<Login> {
  const isPublic = kind === 'public'
  const client = new ECRClient(clientConfig(world.env, 'ecr-build-push', isPublic ? PUBLIC_REGION : region))
  if (isPublic) {
    const call = makePublicCall(world.env, world.clock, client, AbortSignal.timeout(PUBLIC_LOGIN_MS))
    return await publicLogin(call, host)
  }
  return await makeEcrApi(client, {...(region !== undefined && {region})}).login()
}

const notLoggedIn = (host: string, cause: string): string =>
  `No login to ${host}, which the Dockerfile pulls from: ${cause}.`

const causeOf = (error: unknown): string => (error instanceof Failure ? error.diagnosis.cause : errorMessage(error))
