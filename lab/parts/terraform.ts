import {existsSync, mkdirSync, readdirSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {findTool} from '../core/machine.ts'
import type {Part, Starting, World} from '../core/part.ts'
import {must} from '../core/run.ts'
import {z} from 'zod'

const REGISTRY = 'registry.terraform.io'
const OLDEST = [1, 11] as const
const versionJson = z.object({terraform_version: z.string()})

/** Places where a machine without a way to the provider registry may hold providers, besides Terraform's own implicit ones. */
function mirrorCandidates(env: NodeJS.ProcessEnv): string[] {
  return [env['LAB_TF_MIRROR'], '/opt/tf-plugins', '/usr/share/terraform/mirror'].filter((place) => place !== undefined)
}

function folders(path: string): string[] {
  return existsSync(path) ? readdirSync(path).filter((entry) => statSync(join(path, entry)).isDirectory()) : []
}

/** Providers a mirror holds, as `registry.terraform.io/<namespace>/<name>`. */
export function mirroredProviders(mirror: string): string[] {
  const registry = join(mirror, REGISTRY)
  return folders(registry).flatMap((namespace) =>
    folders(join(registry, namespace)).map((name) => `${REGISTRY}/${namespace}/${name}`),
  )
}

/** A CLI configuration that takes what the mirror holds from there and everything else from its registry. */
function mirrorConfig(mirror: string, providers: readonly string[]): string {
  const list = JSON.stringify(providers)
  return [
    'provider_installation {',
    `  filesystem_mirror {\n    path    = ${JSON.stringify(mirror)}\n    include = ${list}\n  }`,
    `  direct {\n    exclude = ${list}\n  }`,
    '}\n',
  ].join('\n')
}

/**
 * The configuration file Terraform is to use: the user's own where it exists, one that names a mirror where there is one,
 * and an empty one where the environment names a file that is not there, which Terraform would complain about at each run.
 */
function configFile(lab: World): {vars: Record<string, string>; source: string} {
  const wanted = lab.env['TF_CLI_CONFIG_FILE']
  if (wanted && existsSync(wanted)) return {vars: {TF_CLI_CONFIG_FILE: wanted}, source: `as configured in ${wanted}`}
  const mirror = mirrorCandidates(lab.env).find((place) => mirroredProviders(place).length > 0)
  if (!mirror && !wanted) return {vars: {}, source: REGISTRY}
  mkdirSync(lab.paths.run, {recursive: true})
  const file = join(lab.paths.run, 'terraform.tfrc')
  writeFileSync(file, mirror ? mirrorConfig(mirror, mirroredProviders(mirror)) : '')
  return {vars: {TF_CLI_CONFIG_FILE: file}, source: mirror ?? REGISTRY}
}

async function version(): Promise<string> {
  const env = {...process.env, TF_CLI_CONFIG_FILE: ''}
  return versionJson.parse(JSON.parse(await must(['terraform', 'version', '-json'], {env}))).terraform_version
}

async function installs(): Promise<[]> {
  if (!findTool('terraform')) {
    throw new Error(
      'Terraform is not on PATH: install 1.11 or newer, see https://developer.hashicorp.com/terraform/install',
    )
  }
  const found = await version()
  const [major = 0, minor = 0] = found.split('.').map(Number)
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new Error(`Terraform ${found} is too old for state locking in S3: install ${OLDEST.join('.')} or newer.`)
  }
  return []
}

async function start(lab: Starting): Promise<void> {
  const {vars, source} = configFile(lab)
  lab.note({version: await version(), address: `providers: ${source}`, borrowed: true, vars})
}

/** Terraform of the machine, with a way to its providers. */
export const terraform: Part = {
  name: 'terraform',
  after: [],
  installs,
  start,
  health: () => Promise.resolve(findTool('terraform') ? undefined : 'terraform is not on PATH any more'),
  stop: () => Promise.resolve(),
}
