import {accessSync, constants, statSync} from 'node:fs'
import {delimiter, join} from 'node:path'
import {attempt} from './run.ts'

/** Full path of a tool on PATH, or undefined. */
export function findTool(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin']
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/**
 * The words to put before a command that needs root: none for root itself, `sudo -n` where that asks no password.
 * Undefined when this user cannot become root, which decides what the lab can offer.
 */
export async function rootPrefix(uid = process.getuid?.()): Promise<string[] | undefined> {
  if (uid === 0) return []
  const sudo = await attempt(['sudo', '-n', 'true'])
  return sudo.code === 0 ? ['sudo', '-n'] : undefined
}

const KEPT_BY_ROOT = ['PATH', 'LD_LIBRARY_PATH', 'XTABLES_LIBDIR']

/** The words that give root, with those variables that sudo would replace by its own or drop (sudoers(5), env_reset). */
export function rootWith(root: readonly string[], env: NodeJS.ProcessEnv): readonly string[] {
  if (root.length === 0) return root
  return [...root, 'env', ...KEPT_BY_ROOT.flatMap((name) => (env[name] ? [`${name}=${env[name]}`] : []))]
}

/** Go's and npm's names of this machine's architecture (`amd64`/`x64`, `arm64`/`arm64`). */
export function goArch(arch: string = process.arch): string {
  return arch === 'x64' ? 'amd64' : arch
}
