import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {isAbsolute, join, relative, resolve} from 'node:path'
import type {Environment} from './inputs.ts'
import {InputError, errorMessage} from './errors.ts'
import type {Log} from './log.ts'

/** The folder that relative paths of inputs start from: the checkout. */
export function workspace(env: Environment): string {
  return env['GITHUB_WORKSPACE'] ?? process.cwd()
}

/**
 * An absolute path for a path that the user gave.
 * @throws {InputError} when it leads out of the workspace: a file name from a pull request must not reach the
 * runner's own files
 */
export function insideWorkspace(env: Environment, input: string, path: string): string {
  const root = workspace(env)
  const absolute = resolve(root, path)
  const way = relative(root, absolute)
  if (way.startsWith('..') || isAbsolute(way)) {
    throw new InputError(
      `Input "${input}" is "${path}", which is outside the workspace: give a path inside the checkout.`,
    )
  }
  return absolute
}

/**
 * The text of a file that the user named.
 * @throws {InputError} that names the input and the path when the file cannot be read, is empty, or is not UTF-8
 */
export async function readUserFile(env: Environment, input: string, path: string): Promise<string> {
  const named = `Input "${input}" names the file "${path}"`
  let bytes: Buffer
  try {
    bytes = await readFile(resolve(workspace(env), path))
  } catch (error) {
    throw new InputError(`${named}, which cannot be read: ${fileProblem(error)}.`)
  }
  const text = utf8(bytes, named)
  if (text.trim() === '') throw new InputError(`${named}, which is empty.`)
  return text
}

/**
 * The text of a file's bytes, without the mark that editors on Windows put before it.
 * @param named how the sentence about a file in another encoding begins
 * @throws {InputError} for UTF-16, which is what `>` of Windows PowerShell writes
 */
export function utf8(bytes: Buffer, named: string): string {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new InputError(`${named}, which is written in UTF-16: save it as UTF-8.`)
  }
  return bytes.toString('utf8').replace(/^\uFEFF/, '')
}

function fileProblem(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOENT') return 'there is no such file (is the repository checked out?)'
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'EACCES') return 'permission denied'
  return errorMessage(error)
}

/** The runner's temporary folder, emptied after each job. */
export function runnerTemp(env: Environment): string {
  return env['RUNNER_TEMP'] ?? tmpdir()
}

/** A new private folder (mode 0700) for files that may hold secrets. The caller removes it. */
export async function privateFolder(env: Environment, prefix: string): Promise<string> {
  return await mkdtemp(join(runnerTemp(env), `${prefix}-`))
}

/**
 * Takes away what a run made for itself. What cannot be removed is told with its path, and makes nothing red: what the run
 * was for is done, or has failed of something else.
 * @param what begins the sentence: `The file with the variables`
 */
export async function takeAway(log: Pick<Log, 'warning'>, what: string, ...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    try {
      await rm(path, {recursive: true, force: true})
    } catch (error) {
      log.warning(`${what} could not be removed: ${errorMessage(error)}. It may hold secrets: remove it.`)
    }
  }
}

/** Writes a file that only this user can read (mode 0600), and refuses to follow a link that was put in its place. */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  await rm(path, {force: true})
  await writeFile(path, content, {mode: 0o600, flag: 'wx'})
}
