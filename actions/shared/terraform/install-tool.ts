import {randomUUID} from 'node:crypto'
import {existsSync} from 'node:fs'
import {chmod, mkdir, rename, rm, writeFile} from 'node:fs/promises'
import {arch, platform} from 'node:process'
import {unzipSync} from 'fflate'
import {InputError} from '../core/errors.ts'
import {runnerTemp} from '../core/files.ts'
import type {World} from '../core/world.ts'
import {downloadRelease} from './releases.ts'
import type {ReleaseSettings} from './releases.ts'
import type {ToolName} from './tool-name.ts'

/**
 * The path of the tool at a version, from the runner's tool cache or downloaded and checked. The cache has the layout of
 * the runner's own (https://github.com/actions/toolkit/tree/main/packages/tool-cache), so that what is baked into a
 * runner's image is found, and what is put there serves the next job.
 * @throws {InputError} when it cannot be had
 */
export async function installTool(
  world: World,
  tool: ToolName,
  version: string,
  settings: ReleaseSettings,
): Promise<string> {
  const folder = `${world.env['RUNNER_TOOL_CACHE'] || runnerTemp(world.env)}/${tool}/${version}/${arch}`
  const binary = platform === 'win32' ? `${tool}.exe` : tool
  const path = `${folder}/${binary}`
  if (existsSync(`${folder}.complete`) && existsSync(path)) return path
  world.log.line(`▸ installing ${tool} ${version}`)
  const content = unzipSync(await downloadRelease(world, tool, version, settings), {
    filter: ({name}) => name === binary,
  })
  const bytes = content[binary]
  if (bytes === undefined) throw new InputError(`The archive of ${tool} ${version} holds no "${binary}".`)
  await mkdir(folder, {recursive: true})
  // Under its own name only when it is whole: jobs on one machine share the cache.
  const part = `${path}.${randomUUID()}`
  try {
    await writeFile(part, bytes)
    await chmod(part, 0o755)
    await rename(part, path)
  } finally {
    await rm(part, {force: true})
  }
  await writeFile(`${folder}.complete`, '')
  const how = settings.signature ? 'checksum and signature hold' : 'checksum holds, signature not checked'
  world.log.line(`  ${tool} ${version}: ${how}`)
  return path
}
