import {createHash, randomUUID} from 'node:crypto'
import {existsSync} from 'node:fs'
import {cp, mkdir, readdir, rename, rm, stat, symlink, utimes} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {arch, platform} from 'node:process'
import {errorMessage} from '../core/errors.ts'
import {runnerTemp} from '../core/files.ts'
import type {World} from '../core/world.ts'
import type {Tool} from './tool.ts'

/** Keeps what `init` has installed for later runs, unless it is kept already. It never fails a run. */
export type KeepProviders = (lockFile: string | undefined) => Promise<void>

const KEEP_NONE: KeepProviders = () => Promise.resolve()

const DAY_MS = 86_400_000
/** Days after which providers that no run has asked for are removed. */
const DAYS_UNUSED = 30

/** What decides which cache is used. */
export interface CacheSettings {
  /** The folder of all caches; undefined switches them off. */
  readonly folder: string | undefined
  /** The text of `.terraform.lock.hcl`; without one nobody can say which providers will be needed. */
  readonly lockFile: string | undefined
  /** The tool's data folder, absolute. */
  readonly dataFolder: string
}

/** The folder of the `provider-cache` input: `true` is the runner's tool cache, `false` none. */
export function cacheFolder(
  env: World['env'],
  input: string,
  inWorkspace: (path: string) => string,
): string | undefined {
  if (input === 'false') return undefined
  return input === 'true' ? join(env['RUNNER_TOOL_CACHE'] || runnerTemp(env), 'slipway-providers') : inWorkspace(input)
}

/**
 * Puts the providers that a lock file names where `init` looks for them first, if an earlier run on this machine had them:
 * it then compares their checksums with the lock file and fetches nothing. Gives what keeps those of this run.
 *
 * `TF_PLUGIN_CACHE_DIR` is not safe when several jobs share it: `init` writes into it in place, and a provider that another
 * job is running cannot be written to (https://github.com/hashicorp/terraform/issues/31964). Here each lock file has a
 * folder of its own, which appears whole by one rename and is only linked to from then on. A cache that the user has set
 * up is left to the user.
 */
export async function openProviderCache(world: World, tool: Tool, settings: CacheSettings): Promise<KeepProviders> {
  const {folder, lockFile, dataFolder} = settings
  if (folder === undefined || lockFile === undefined || (world.env['TF_PLUGIN_CACHE_DIR'] ?? '') !== '') {
    return KEEP_NONE
  }
  const hash = createHash('sha256').update(lockFile).digest('hex').slice(0, 32)
  const place = join(folder, `${tool.name}-${platform}-${arch}`, hash)
  const providers = join(dataFolder, 'providers')
  if (existsSync(providers)) return KEEP_NONE
  if (existsSync(place)) {
    world.log.line(`providers come from ${place}`)
    const now = world.clock.now() / 1000
    await utimes(place, now, now).catch(() => undefined)
    await link(await packagesIn(place), place, providers)
    return KEEP_NONE
  }
  return async (after) => {
    // A lock file that `init` had to add to did not name all that is needed.
    if (after !== lockFile) return
    try {
      if (await keepProviders(providers, place)) await removeUnused(dirname(place), world.clock.now())
    } catch (error) {
      world.log.line(`the providers are not kept for later runs: ${errorMessage(error)}`)
    }
  }
}

async function link(packages: readonly string[], from: string, to: string): Promise<void> {
  for (const name of packages) {
    await mkdir(dirname(join(to, name)), {recursive: true})
    await symlink(join(from, name), join(to, name), 'junction')
  }
}

/**
 * Moves installed providers into the cache and leaves links in their place, as `init` itself makes them for a cache.
 * Providers that are links already come from a mirror on disk, which is as quick as a cache.
 * @returns whether there were any to keep
 */
async function keepProviders(providers: string, place: string): Promise<boolean> {
  const packages = await packagesIn(providers)
  if (packages.length === 0) return false
  await mkdir(dirname(place), {recursive: true})
  const part = `${place}.${randomUUID()}`
  try {
    const moved = await moveOrCopy(providers, part)
    const taken = await rename(part, place).then(
      () => true,
      () => false,
    )
    if (!moved) return true
    // Another job may have been quicker with the same providers.
    if (taken) await link(packages, place, providers)
    else await rename(part, providers)
    return true
  } finally {
    await rm(part, {recursive: true, force: true})
  }
}

/** The folders `HOST/NAMESPACE/TYPE/VERSION/PLATFORM`; none when one of them is a link. */
async function packagesIn(providers: string, depth = 5): Promise<string[]> {
  if (depth === 0) return ['']
  const entries = await readdir(providers, {withFileTypes: true}).catch(() => [])
  const found: string[] = []
  for (const entry of entries) {
    if (!entry.isDirectory()) return []
    const below = await packagesIn(join(providers, entry.name), depth - 1)
    if (below.length === 0) return []
    found.push(...below.map((name) => join(entry.name, name)))
  }
  return found
}

async function moveOrCopy(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    await cp(from, to, {recursive: true})
    return false
  }
}

async function removeUnused(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const {mtimeMs} = await stat(path)
    if (now - mtimeMs > DAYS_UNUSED * DAY_MS) await rm(path, {recursive: true, force: true})
  }
}
