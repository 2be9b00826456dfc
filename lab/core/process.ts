import {spawn} from 'node:child_process'
import {closeSync, mkdirSync, openSync, readFileSync} from 'node:fs'
import {dirname} from 'node:path'
import {attempt} from './run.ts'
import {waitFor} from './poll.ts'

/** A process the lab started: the pid alone would not do, as the kernel gives it out again. */
export interface Daemon {
  readonly name: string
  readonly pid: number
  /** Clock ticks after boot at which it started (proc(5), stat field 22). */
  readonly born: string
  readonly log: string
}

/** What to start. */
export interface DaemonSpec {
  readonly name: string
  readonly argv: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly log: string
}

/** Field 22 of /proc/<pid>/stat, counted behind the command's closing parenthesis; undefined for a dead process. */
function bornAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

/** Whether this very process still lives. */
export function isAlive(daemon: Daemon): boolean {
  return bornAt(daemon.pid) === daemon.born
}

/**
 * Starts a process that outlives this one, in a process group of its own, its output in a log file.
 * @throws Error when it cannot be started at all.
 */
export async function startDaemon(spec: DaemonSpec): Promise<Daemon> {
  mkdirSync(dirname(spec.log), {recursive: true})
  const log = openSync(spec.log, 'a')
  const [tool, ...args] = spec.argv
  try {
    const child = spawn(tool ?? '', args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: spec.env ?? process.env,
      cwd: spec.cwd ?? '/',
    })
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('spawn', () => {
        resolve(child.pid ?? 0)
      })
    })
    child.unref()
    return {name: spec.name, pid, born: bornAt(pid) ?? 'ended', log: spec.log}
  } finally {
    closeSync(log)
  }
}

/**
 * Ends a process and its group: SIGTERM, and SIGKILL when it is still there after `graceSeconds`.
 * A pid that belongs to somebody else by now is left alone.
 * @throws Error when it survives even SIGKILL.
 */
export async function stopDaemon(daemon: Daemon, graceSeconds = 10): Promise<void> {
  if (!isAlive(daemon)) return
  await signal(daemon, 'TERM')
  const gone = (): Promise<true | undefined> => Promise.resolve(isAlive(daemon) ? undefined : true)
  try {
    await waitFor(gone, {seconds: graceSeconds, what: `The end of ${daemon.name}`})
  } catch {
    await signal(daemon, 'KILL')
    await waitFor(gone, {seconds: 10, what: `The end of ${daemon.name} (pid ${String(daemon.pid)})`})
  }
}

/** A process started through sudo belongs to root, so the signal goes the same way when the direct one is refused. */
async function signal(daemon: Daemon, name: 'TERM' | 'KILL'): Promise<void> {
  try {
    process.kill(-daemon.pid, `SIG${name}`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return
    await attempt(['sudo', '-n', 'kill', `-${name}`, '--', `-${String(daemon.pid)}`])
  }
}

/** The last lines of a log file, for the message about a process that did not stay up. */
export function logTail(path: string, lines = 6): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
  } catch {
    return ''
  }
}
