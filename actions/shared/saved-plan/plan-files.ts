import {chmod, glob, lstat, mkdir, readFile, realpath} from 'node:fs/promises'
import {isAbsolute, join, relative, sep} from 'node:path'
import {Failure} from '../core/diagnosis.ts'
import {InputError} from '../core/errors.ts'
import {writePrivateFile} from '../core/files.ts'

/** In front of the path of a file in a parcel: what it is restored as. */
const [FILE, PROGRAM] = ['file:', 'program:']

/** Never taken along, whatever a pattern says: they are made anew, or none of the plan's business. */
const NEVER = new Set(['.terraform', '.git'])

/**
 * The patterns of the `plan-files` input, which name files below the root module's folder.
 * @throws {InputError} for a pattern that leads out of it
 */
export function checkPatterns(patterns: readonly string[]): readonly string[] {
  for (const pattern of patterns) {
    if (isAbsolute(pattern) || pattern.split(/[\\/]/).includes('..')) {
      throw new InputError(
        `Input "plan-files" has "${pattern}", which leads out of "working-directory": name files below it, such as build/*.zip.`,
      )
    }
  }
  return patterns
}

/**
 * The files that a plan has made and its apply will read, by their names in a parcel: a Lambda's archive that
 * `archive_file` writes while it is planned is not there when another job applies
 * (https://github.com/hashicorp/terraform-provider-archive/issues/39).
 * @returns also the patterns that no file matches
 * @throws {Failure} when a file is a link to somewhere outside of the root module
 */
export async function gatherFiles(
  folder: string,
  patterns: readonly string[],
): Promise<{readonly files: ReadonlyMap<string, Uint8Array>; readonly unmatched: readonly string[]}> {
  const files = new Map<string, Uint8Array>()
  const unmatched: string[] = []
  for (const pattern of patterns) {
    const paths = await matching(folder, pattern)
    if (paths.length === 0) unmatched.push(pattern)
    for (const path of paths) {
      await refuseOutside(folder, join(folder, path), path)
      const {mode} = await lstat(join(folder, path))
      const name = `${(mode & 0o100) === 0 ? FILE : PROGRAM}${path.replaceAll(sep, '/')}`
      files.set(name, await readFile(join(folder, path)))
    }
  }
  return {files, unmatched}
}

async function matching(folder: string, pattern: string): Promise<string[]> {
  const found: string[] = []
  for await (const entry of glob(pattern, {
    cwd: folder,
    withFileTypes: true,
    exclude: ({name}) => NEVER.has(name),
  })) {
    if (!entry.isDirectory()) found.push(relative(folder, join(entry.parentPath, entry.name)))
  }
  return found.sort()
}

/**
 * Puts the files of a saved plan back to where they were when it was made; what stands there is replaced. Gives their
 * paths below the root module's folder.
 * @throws {Failure} when a path leads out of that folder: a plan that is not sealed may have been changed
 */
export async function restoreFiles(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<string[]> {
  const restored: string[] = []
  for (const [name, content] of files) {
    const kind = [FILE, PROGRAM].find((prefix) => name.startsWith(prefix))
    if (kind === undefined) continue
    const path = name.slice(kind.length)
    await restore(folder, path, content, kind === PROGRAM ? 0o700 : 0o600)
    restored.push(path)
  }
  return restored
}

async function restore(folder: string, path: string, content: Uint8Array, mode: number): Promise<void> {
  const parts = path.split('/')
  if (isAbsolute(path) || parts.some((part) => part === '..' || part === '' || NEVER.has(part))) throw outside(path)
  const file = join(folder, ...parts)
  // Folder by folder: a link in the checkout must not be followed by the folders that are made here.
  for (let depth = 1; depth < parts.length; depth += 1) {
    const parent = join(folder, ...parts.slice(0, depth))
    await mkdir(parent).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    })
    await refuseOutside(folder, parent, path)
  }
  await writePrivateFile(file, content)
  await chmod(file, mode)
}

async function refuseOutside(folder: string, file: string, path: string): Promise<void> {
  const way = relative(await realpath(folder), await realpath(file))
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) throw outside(path)
}

function outside(path: string): Failure {
  return new Failure({
    reason: 'plan-rejected',
    subject: 'Files of the plan',
    cause: `"${path}" is outside of the root module`,
    advice: 'let the configuration write such files below its own folder (path.module), and name them in "plan-files"',
    undo: 'nothing was changed',
  })
}
