import {existsSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {resolve} from 'node:path'
import {ECRClient} from '@aws-sdk/client-ecr'
import {clientConfig} from '../../shared/aws/client-config.ts'
import {Failure} from '../../shared/core/diagnosis.ts'
import {workspace} from '../../shared/core/files.ts'
import type {World} from '../../shared/core/world.ts'
import {dockerLogin} from '../../shared/ecr/docker-login.ts'
import type {DockerHome} from '../../shared/ecr/docker-login.ts'
import {makeEcrApi} from '../../shared/ecr/ecr-api.ts'
import {parseRegistryHost} from '../../shared/ecr/registry-host.ts'
import type {RegistryHost} from '../../shared/ecr/registry-host.ts'
import {dockerfileOf} from './build.ts'
import type {BuildOptions} from './inputs.ts'

const PRIVATE_HOST = /\b\d{12}\.dkr[.-]ecr[\w.-]*\.[a-z]+(?=[/:])/g

/**
 * The private ECR registries that a build pulls from: those named in the Dockerfile (FROM, COPY --from, the default of
 * an ARG), in build arguments and in named contexts.
 */
export async function baseRegistries(world: World, options: BuildOptions): Promise<RegistryHost[]> {
  const path = resolve(workspace(world.env), dockerfileOf(options))
  const dockerfile = existsSync(path) ? await readFile(path, 'utf8') : ''
  const instructions = dockerfile.split(/\r?\n/).filter((line) => /^\s*(?:FROM|ARG|COPY|ADD|RUN)\b/i.test(line))
  const text = [...instructions, ...options.buildArgs, ...options.buildContexts].join('\n')
  const hosts = new Set(text.match(PRIVATE_HOST) ?? [])
  return [...hosts].map((host) => parseRegistryHost(host, undefined)).filter(({kind}) => kind === 'private')
}

/**
 * Logs in to the registries of base images, each with credentials of its own region. A refusal is told and not fatal:
 * the image may be in the builder's cache, and the build says best which image it lacks.
 */
export async function logInToBases(world: World, home: DockerHome, registries: readonly RegistryHost[]): Promise<void> {
  for (const {host, region} of registries) {
    try {
      const client = new ECRClient(clientConfig(world.env, 'ecr-build-push', region))
      const login = await makeEcrApi(client, {...(region !== undefined && {region})}).login()
      world.mask.add(login.password)
      await dockerLogin(world.processes, home, host, login)
      world.log.line(`  logged in to ${host} for a base image`)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      world.log.warning(`No login to ${host}, which the Dockerfile pulls from: ${error.diagnosis.cause}.`)
    }
  }
}
