import {existsSync, mkdirSync, readFileSync, rmdirSync} from 'node:fs'
import {join} from 'node:path'
import {findTool} from '../core/machine.ts'
import {waitFor} from '../core/poll.ts'
import {isAlive, startDaemon, type Daemon} from '../core/process.ts'
import {attempt, must} from '../core/run.ts'

/**
 * The node is a machine within the machine: a process, network and mount namespace of its own. Firewall chains, bridges,
 * mounts, containers and every process in it end with its first process, so `down` cannot forget any of them.
 */
export interface Machine {
  readonly daemon: Daemon
  /** The process id, as this machine sees it, of the node's first process. */
  readonly init: number
  /** Words that run a command inside. */
  readonly inside: readonly string[]
}

/** Folders that container runtimes and the kubelet have fixed names for; inside, each is a folder of the lab's own. */
const FIXED_FOLDERS = [
  '/run/containerd',
  '/run/netns',
  '/var/lib/cni',
  '/var/lib/kubelet',
  '/var/log/containers',
  '/var/log/pods',
]

/** Starts the node's first process and prepares the inside. */
export async function startMachine(
  root: readonly string[],
  env: NodeJS.ProcessEnv,
  place: {log: string; home: string},
): Promise<Machine> {
  const init = findTool('tini', env) ?? findTool('docker-init', env)
  if (!init) throw new Error('An init for the node was not found: install tini.')
  const daemon = await startDaemon({
    name: 'node',
    log: place.log,
    env,
    argv: [
      ...root, 'unshare', '--mount', '--propagation', 'private', '--net', '--pid', '--fork', '--kill-child', '--mount-proc',
      init, '-s', '--', 'sleep', 'infinity',
    ],
  })
  const machine = await enter(root, daemon)
  await prepareMounts(machine, place.home, env)
  return machine
}

/** Finds the first process inside; it is the child of unshare, or under sudo the child of its child. */
async function enter(root: readonly string[], daemon: Daemon): Promise<Machine> {
  const find = (): Promise<number | undefined> => Promise.resolve(lastDescendant(daemon.pid, root.length > 0 ? 2 : 1))
  const doomed = (): string | undefined => (isAlive(daemon) ? undefined : `unshare ended, see ${daemon.log}`)
  const init = await waitFor(find, {seconds: 10, what: 'The node’s first process', doomed})
  const inside = [...root, 'nsenter', '--target', String(init), '--mount', '--net', '--pid', '--']
  return {daemon, init, inside}
}

function lastDescendant(pid: number, depth: number): number | undefined {
  if (depth === 0) return pid
  const children = readOrEmpty(`/proc/${pid}/task/${pid}/children`).trim().split(' ')
  const child = Number(children.at(-1))
  return child ? lastDescendant(child, depth - 1) : undefined
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

async function prepareMounts(machine: Machine, home: string, env: NodeJS.ProcessEnv): Promise<void> {
  const inside = (...argv: string[]): Promise<string> => must([...machine.inside, ...argv], {env})
  await inside('mount', '--make-rshared', '/')
  for (const folder of FIXED_FOLDERS) {
    const own = join(home, 'fixed', folder)
    mkdirSync(own, {recursive: true})
    await inside('mount', '--bind', own, folder)
  }
}

/** Makes the mount points that this machine lacks, and names them so that `down` can take them away again. */
export async function makeMountPoints(root: readonly string[]): Promise<string[]> {
  const missing = FIXED_FOLDERS.filter((folder) => !existsSync(folder))
  if (missing.length > 0) await must([...root, 'mkdir', '-p', ...missing])
  return missing
}

/** Removes mount points that are still empty; one that somebody uses by now stays. */
export async function removeMountPoints(root: readonly string[], folders: readonly string[]): Promise<void> {
  for (const folder of folders.filter((one) => existsSync(one))) {
    if (root.length > 0) await attempt([...root, 'rmdir', folder])
    else tryRemove(folder)
  }
}

function tryRemove(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'ENOTEMPTY' && code !== 'ENOENT' && code !== 'EBUSY') throw error
  }
}

/** Control groups do not belong to a namespace: what the kubelet and the runtime made is removed by name, deepest first. */
export async function removeControlGroups(root: readonly string[]): Promise<void> {
  const find = ['find', '/sys/fs/cgroup', '-depth', '-type', 'd', '(', '-path', '*/kubepods*', '-o', '-path', '*/slipway-lab*', ')']
  await attempt([...root, ...find, '-exec', 'rmdir', '{}', '+'])
}
