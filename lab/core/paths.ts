import {homedir} from 'node:os'
import {join} from 'node:path'

/** Where the lab keeps what it downloads and what it runs; nothing of it lies in the repository. */
export interface LabPaths {
  /** Root of everything below. */
  readonly cache: string
  /** One folder per installed thing; survives `down`. */
  readonly installs: string
  /** State, sockets, logs and data of the running lab; removed by `down`. */
  readonly run: string
  /** One log file per process. */
  readonly logs: string
  /** How long each installation took last time, in seconds. */
  readonly times: string
}

/** Longest path the kernel takes for a unix socket, less the terminating zero (unix(7): sun_path is 108 bytes). */
const SOCKET_PATH_LIMIT = 107
const LONGEST_SOCKET = 'run/kubernetes/containerd.sock.ttrpc'

/**
 * The lab's folders: `SLIPWAY_LAB_CACHE`, else `$XDG_CACHE_HOME/slipway-lab`, else `~/.cache/slipway-lab`.
 * @throws Error when the folder is so deep that a socket in it could not be opened.
 */
export function labPaths(env: NodeJS.ProcessEnv = process.env): LabPaths {
  const cache = env['SLIPWAY_LAB_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'slipway-lab')
  if (join(cache, LONGEST_SOCKET).length > SOCKET_PATH_LIMIT) {
    throw new Error(`The lab folder ${cache} is too deep for unix sockets: set SLIPWAY_LAB_CACHE to a shorter path.`)
  }
  const run = join(cache, 'run')
  return {cache, installs: join(cache, 'install'), run, logs: join(run, 'logs'), times: join(cache, 'times.json')}
}
