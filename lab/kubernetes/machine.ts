import {readFileSync} from 'node:fs'
import {basename} from 'node:path'
import {isolated} from '../core/isolate.ts'
import {findTool} from '../core/machine.ts'
import {waitFor} from '../core/poll.ts'
import {isAlive, startDaemon, type Daemon} from '../core/process.ts'
import {must} from '../core/run.ts'

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
export const FIXED_FOLDERS = [
  '/opt/containerd',
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
    argv: isolated({root, also: ['--net'], fixed: FIXED_FOLDERS, home: place.home}, [
      init,
      '-s',
      '--',
      'sleep',
      'infinity',
    ]),
  })
  const machine = await enter(root, daemon, basename(init))
  // A volume that is mounted in one container must be able to show in another, as on a node of its own.
  await must([...machine.inside, 'mount', '--make-rshared', '/'], {env})
  return machine
}

/** Finds the first process inside: the init among the descendants of what was started, be it unshare or sudo. */
async function enter(root: readonly string[], daemon: Daemon, name: string): Promise<Machine> {
  const find = (): Promise<number | undefined> =>
    Promise.resolve(descendants(daemon.pid).find((pid) => commOf(pid) === name))
  const doomed = (): string | undefined => (isAlive(daemon) ? undefined : `it ended, see ${daemon.log}`)
  const init = await waitFor(find, {seconds: 10, what: 'The node’s first process', doomed})
  const inside = [...root, 'nsenter', '--target', String(init), '--mount', '--net', '--pid', '--']
  return {daemon, init, inside}
}

function descendants(pid: number): number[] {
  const children = readOrEmpty(`/proc/${String(pid)}/task/${String(pid)}/children`)
    .split(' ')
    .filter(Boolean)
    .map(Number)
  return children.flatMap((child) => [child, ...descendants(child)])
}

/** Its shell has made the mounts once it has become the init. */
const commOf = (pid: number): string => readOrEmpty(`/proc/${String(pid)}/comm`).trim()

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
