import {createHash} from 'node:crypto'
import {chmod, mkdir, rename, writeFile} from 'node:fs/promises'
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {errorMessage, InputError} from '../../shared/core/errors.ts'
import {runnerTemp} from '../../shared/core/files.ts'
import type {World} from '../../shared/core/world.ts'
import type {RolloutInputs} from './inputs.ts'

const ARCHITECTURES: Readonly<Record<string, string>> = {x64: 'amd64', arm64: 'arm64'}
const PLATFORMS: Readonly<Record<string, string>> = {linux: 'linux', darwin: 'darwin'}
const DOWNLOAD_TIMEOUT_MS = 300_000

/**
 * The kubectl to use: the one on PATH, or the version that was asked for, fetched once per runner and checked against
 * its published checksum (https://kubernetes.io/docs/tasks/tools/install-kubectl-linux/).
 * @throws {InputError} when there is none, or the version cannot be had
 */
export async function findKubectl(world: World, inputs: RolloutInputs): Promise<string> {
  if (inputs.kubectlVersion !== undefined) return await fetched(world, inputs.kubectlUrl, inputs.kubectlVersion)
  const path = await world.processes.find('kubectl')
  if (path !== undefined) return path
  throw new InputError('kubectl was not found on PATH: install it, or set "kubectl-version" (v1.34.2).')
}

async function fetched(world: World, base: string, version: string): Promise<string> {
  const [platform, architecture] = [PLATFORMS[process.platform], ARCHITECTURES[process.arch]]
  if (platform === undefined || architecture === undefined) {
    throw new InputError(
      `Input "kubectl-version" is set, but there is no kubectl for ${process.platform} ${process.arch}.`,
    )
  }
  const folder = join(world.env['RUNNER_TOOL_CACHE'] ?? runnerTemp(world.env), 'slipway-kubectl', version, architecture)
  const path = join(folder, 'kubectl')
  if (existsSync(path)) return path
  const url = `${base.replace(/\/+$/, '')}/${version}/bin/${platform}/${architecture}/kubectl`
  const [binary, published] = await Promise.all([download(url, version), download(`${url}.sha256`, version)])
  const actual = createHash('sha256').update(binary).digest('hex')
  const wanted = published.toString().trim().split(/\s/)[0]
  if (actual !== wanted) throw new InputError(`${url} has sha256 ${actual}, but ${wanted ?? 'nothing'} is published.`)
  await mkdir(folder, {recursive: true})
  // Under its own name only when it is whole: a run that is killed here leaves nothing that looks like a kubectl.
  await writeFile(`${path}.part`, binary)
  await chmod(`${path}.part`, 0o755)
  await rename(`${path}.part`, path)
  return path
}

async function download(url: string, version: string): Promise<Buffer> {
  try {
    const response = await fetch(url, {signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS)})
    if (response.ok) return Buffer.from(await response.arrayBuffer())
    throw new Error(`it answers ${String(response.status)}`)
  } catch (error) {
    throw new InputError(
      `Input "kubectl-version" is "${version}", which cannot be had from ${url}: ${errorMessage(error)}.`,
    )
  }
}
