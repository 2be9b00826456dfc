import {createHash} from 'node:crypto'
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {LabPaths} from '../core/paths.ts'
import {readTimes, writeTime, type Progress} from '../core/progress.ts'

/** One thing that is fetched or built once into the cache. */
export interface Install {
  readonly name: string
  /** Everything that decides what is installed: another fingerprint means installing anew. */
  readonly fingerprint: string
  /** Compilers share the processors, so only a few run at a time; downloads need not wait. */
  readonly lane: 'cpu' | 'net'
  /** Fills the (empty) folder. */
  readonly build: (folder: string) => Promise<void>
}

const STAMP = '.installed'
const LANE_WIDTH = {cpu: 2, net: 6}

/** A short hash of what decides an installation's content. */
export function fingerprint(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16)
}

/** The folder an installation lives in, whether it is there yet or not. */
export function installFolder(paths: LabPaths, name: string): string {
  return join(paths.installs, name)
}

/** Whether this very recipe was carried out to its end; the stamp is the last thing an installation writes. */
export function isInstalled(paths: LabPaths, install: Install): boolean {
  try {
    return readFileSync(join(installFolder(paths, install.name), STAMP), 'utf8') === install.fingerprint
  } catch {
    return false
  }
}

async function carryOut(paths: LabPaths, install: Install, progress: Progress): Promise<void> {
  const folder = installFolder(paths, install.name)
  rmSync(folder, {recursive: true, force: true})
  mkdirSync(folder, {recursive: true})
  const done = progress.begin(install.name, readTimes(paths)[install.name])
  try {
    await install.build(folder)
    writeFileSync(join(folder, STAMP), install.fingerprint)
    writeTime(paths, install.name, done())
  } catch (error) {
    done('failed')
    throw error
  }
}

/**
 * Carries out what is not installed yet: the longest first within its lane, lanes side by side.
 * @throws AggregateError with every installation that failed; the others are done and stay.
 */
export async function installAll(paths: LabPaths, installs: readonly Install[], progress: Progress): Promise<void> {
  const missing = installs.filter((install) => !isInstalled(paths, install))
  const failures: unknown[] = []
  const worker = async (queue: Install[]): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      await carryOut(paths, next, progress).catch((error: unknown) => failures.push(error))
    }
  }
  await Promise.all(
    (['cpu', 'net'] as const).flatMap((lane) => {
      const queue = missing.filter((install) => install.lane === lane)
      return Array.from({length: LANE_WIDTH[lane]}, () => worker(queue))
    }),
  )
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1) throw new AggregateError(failures, 'Several parts could not be installed.')
}
