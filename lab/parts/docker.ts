import {existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {delimiter, join} from 'node:path'
import {CONTROL_GROUP, isolated, makeMountPoints, removeControlGroups, removeMountPoints} from '../core/isolate.ts'
import {findTool, rootWith} from '../core/machine.ts'
import {asRoot, type Part, type Starting, type World} from '../core/part.ts'
import type {LabPaths} from '../core/paths.ts'
import {waitFor} from '../core/poll.ts'
import {isAlive, logTail, startDaemon, stopDaemon} from '../core/process.ts'
import {attempt, must} from '../core/run.ts'
import type {PartState} from '../core/state.ts'
import {debs, debsEnv} from '../install/debs.ts'
import {installFolder, type Install} from '../install/install.ts'
import {dockerLeftovers, rememberFirewall, removeDockerNetwork} from './docker-network.ts'

const NAME = 'docker'
/** Folders the engine, its runtime and its shims have fixed names for. */
const FIXED_FOLDERS = ['/opt/containerd', '/run/containerd', '/run/docker', '/run/runc']
const PACKAGES = ['docker.io', 'containerd', 'runc', 'iptables', 'tini']

/** The address of an engine that answers, as `docker` itself would find it; undefined when there is none. */
export async function runningEngine(env: NodeJS.ProcessEnv): Promise<{host: string; version: string} | undefined> {
  if (!findTool('docker', env)) return undefined
  const version = await attempt(['docker', 'version', '--format', '{{.Server.Version}}'], {env, timeout: 10_000})
  if (version.code !== 0) return undefined
  const context = ['docker', 'context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']
  const host = env['DOCKER_HOST'] ?? (await must(context, {env}))
  return {host, version: version.stdout.trim()}
}

/** The environment that has the engine's own programs, whether the machine's or the unpacked ones. */
export function engineEnv(world: {paths: LabPaths; env: NodeJS.ProcessEnv}): NodeJS.ProcessEnv {
  return debsEnv(installFolder(world.paths, NAME), world.env)
}

async function installs(world: World): Promise<Install[]> {
  if (await runningEngine(world.env)) return []
  asRoot(world, 'Starting a Docker engine, as none is running,')
  if (['dockerd', 'containerd', 'runc', 'iptables'].every((tool) => findTool(tool, world.env))) return []
  return [debs(NAME, PACKAGES)]
}

/** A docker configuration of the lab's own, so that no login, plugin or builder of the user is touched. */
function ownConfig(paths: LabPaths): string {
  const folder = join(paths.run, 'docker-config')
  mkdirSync(folder, {recursive: true})
  if (!existsSync(join(folder, 'config.json'))) writeFileSync(join(folder, 'config.json'), '{}\n', {mode: 0o600})
  return folder
}

async function start(lab: Starting): Promise<void> {
  const found = await runningEngine(lab.env)
  const host = found?.host ?? (await startEngine(lab))
  const env = {...engineEnv(lab), DOCKER_HOST: host}
  const docker = findTool('docker', env) ?? 'docker'
  const version = found?.version ?? (await must(['docker', 'version', '--format', '{{.Server.Version}}'], {env}))
  const own = join(lab.paths.run, 'bin')
  if (!findTool('docker', lab.env)) linkDocker(docker, own)
  lab.note({
    version: `${version}${found ? ' (this machine’s)' : ''}`,
    address: host,
    borrowed: found !== undefined,
    vars: {DOCKER_HOST: host, DOCKER_CONFIG: ownConfig(lab.paths)},
    path: findTool('docker', lab.env) ? [] : [own],
  })
}

function linkDocker(docker: string, folder: string): void {
  mkdirSync(folder, {recursive: true})
  rmSync(join(folder, 'docker'), {force: true})
  symlinkSync(docker, join(folder, 'docker'))
}

/**
 * Starts the engine in a mount and process namespace of its own: whatever way it ends, its containers, shims and mounts
 * end with it. Its network is the machine's, as tasks must be reachable from here.
 */
async function startEngine(lab: Starting): Promise<string> {
  const home = join(lab.paths.run, 'docker')
  const host = `unix://${join(home, 'docker.sock')}`
  mkdirSync(home, {recursive: true})
  const env = engineEnv(lab)
  const root = rootWith(asRoot(lab, 'Starting a Docker engine'), env)
  await forgetRun(root, home)
  const mountPoints = (await makeMountPoints(root, FIXED_FOLDERS)).join(',')
  lab.note({notes: {...(await rememberFirewall(root, env)), mountPoints}})
  const init = findTool('tini', env) ?? findTool('docker-init', env)
  const daemon = await startDaemon({
    name: 'dockerd',
    log: join(lab.paths.logs, 'dockerd.log'),
    env,
    argv: isolated({root, fixed: FIXED_FOLDERS, home}, [
      ...(init ? [init, '-s', '--'] : []),
      'dockerd',
      '--host',
      host,
      '--data-root',
      join(home, 'data'),
      '--exec-root',
      join(home, 'exec'),
      '--pidfile',
      join(home, 'docker.pid'),
      '--group',
      String(process.getgid?.() ?? 0),
      '--cgroup-parent',
      CONTROL_GROUP,
    ]),
  })
  lab.note({daemons: [daemon]})
  const up = async (): Promise<true | undefined> => {
    const info = await attempt(['docker', 'version'], {env: {...env, DOCKER_HOST: host}, timeout: 5000})
    return info.code === 0 ? true : undefined
  }
  const doomed = (): string | undefined => (isAlive(daemon) ? undefined : `it ended:\n${logTail(daemon.log)}`)
  await waitFor(up, {seconds: 60, what: 'The Docker engine', doomed})
  return host
}

/**
 * Removes what a killed engine wrote about its run. Pids count from 1 in its process namespace, so the one in a stale pid
 * file is that of the next engine as well, which takes itself for another one and refuses to start.
 */
async function forgetRun(root: readonly string[], home: string): Promise<void> {
  await must([...root, 'rm', '-rf', '--one-file-system', join(home, 'docker.pid'), join(home, 'exec')])
}

async function health(world: World, state: PartState): Promise<string | undefined> {
  const env = {...engineEnv(world), DOCKER_HOST: state.vars['DOCKER_HOST']}
  const ran = await attempt(['docker', 'version', '--format', '{{.Server.Version}}'], {env, timeout: 5000})
  return ran.code === 0 ? undefined : ran.stderr.trim().split('\n')[0]
}

/** Removes the containers and networks that carry the lab's mark, then the engine itself when the lab started it. */
async function stop(world: World, state: PartState): Promise<void> {
  for (const daemon of state.daemons) await stopDaemon(daemon, 20)
  if (state.borrowed || !world.root) return
  await dockerLeftovers(world.root, join(world.paths.run, 'docker'))
  if (state.daemons.length > 0)
    await removeDockerNetwork(rootWith(world.root, engineEnv(world)), engineEnv(world), state.notes)
  await removeControlGroups(world.root)
  await removeMountPoints(world.root, (state.notes['mountPoints'] ?? '').split(',').filter(Boolean))
}

/** The Docker engine: the one that runs here, or one of the lab's own. */
export const docker: Part = {name: NAME, after: [], installs, start, health, stop}

/** PATH of an environment with more folders before it. */
export function prependPath(env: NodeJS.ProcessEnv, folders: readonly string[]): string {
  return [...folders, env['PATH'] ?? ''].join(delimiter)
}
