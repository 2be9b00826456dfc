import {existsSync, mkdirSync} from 'node:fs'
import {join} from 'node:path'
import {attempt, must} from './run.ts'

/** Name of the control group that everything of the lab lives in. */
export const CONTROL_GROUP = 'slipway-lab'

/** A process namespace in which a program runs, and with which all it started ends. */
export interface Isolation {
  /** Words that give root. */
  readonly root: readonly string[]
  /** Further namespaces, as unshare(1) options. */
  readonly also?: readonly string[]
  /** Folders of fixed name; inside, each is an own folder below `home`. The mount points must exist. */
  readonly fixed: readonly string[]
  readonly home: string
}

const BIND_AND_RUN = 'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 1; shift 2; done; shift; exec "$@"'

/**
 * A command that runs a program as the first process of a process and mount namespace of its own: when it ends, in
 * whatever way, the kernel ends everything in it and undoes every mount (pid_namespaces(7), mount_namespaces(7)).
 */
export function isolated(isolation: Isolation, argv: readonly string[]): string[] {
  const binds = isolation.fixed.flatMap((folder) => {
    const own = join(isolation.home, 'fixed', folder)
    mkdirSync(own, {recursive: true})
    return [own, folder]
  })
  const namespaces = ['--mount', '--propagation', 'slave', '--pid', '--fork', '--kill-child', '--mount-proc']
  const extra = isolation.also ?? []
  return [
    ...isolation.root,
    'unshare',
    ...namespaces,
    ...extra,
    'sh',
    '-c',
    BIND_AND_RUN,
    'sh',
    ...binds,
    '--',
    ...argv,
  ]
}

/** Makes the mount points that this machine lacks, and names them so that they can be taken away again. */
export async function makeMountPoints(root: readonly string[], folders: readonly string[]): Promise<string[]> {
  const missing = folders.filter((folder) => !existsSync(folder))
  if (missing.length > 0) await must([...root, 'mkdir', '-p', ...missing])
  return missing
}

/** Removes mount points that are still empty; one that somebody uses by now stays. */
export async function removeMountPoints(root: readonly string[], folders: readonly string[]): Promise<void> {
  const present = folders.filter((folder) => existsSync(folder))
  if (present.length > 0) await attempt([...root, 'rmdir', '--ignore-fail-on-non-empty', ...present])
}

/**
 * Removes the lab's control groups, deepest first: they belong to no namespace and stay when their processes are gone.
 * @param more path patterns (as in `find -path`) of groups that programs make under fixed names
 */
export async function removeControlGroups(root: readonly string[], more: readonly string[] = []): Promise<void> {
  const patterns = [`*/${CONTROL_GROUP}*`, ...more].flatMap((pattern) => ['-o', '-path', pattern]).slice(1)
  const find = ['find', '/sys/fs/cgroup', '-depth', '-type', 'd', '(', ...patterns, ')', '-exec', 'rmdir', '{}', '+']
  await attempt([...root, ...find])
}
