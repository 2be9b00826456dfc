import {existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {CONTROL_GROUP, isolated, makeMountPoints, removeControlGroups, removeMountPoints} from '../core/isolate.ts'
import {rootWith} from '../core/machine.ts'
import {asRoot, type Part, type Starting, type World} from '../core/part.ts'
import type {LabPaths} from '../core/paths.ts'
import {waitFor} from '../core/poll.ts'
import {isAlive, logTail, startDaemon, stopDaemon} from '../core/process.ts'
import {attempt, must} from '../core/run.ts'
import type {PartState} from '../core/state.ts'
import {goPrograms} from '../install/go.ts'
import {installFolder, type Install} from '../install/install.ts'
import {engineEnv} from './docker.ts'
import {REGISTRY_PORT} from './ports.ts'

const NAME = 'buildkit'
/** Folders BuildKit and its runtime have fixed names for. */
const FIXED_FOLDERS = ['/run/buildkit', '/run/runc']
const BUILDER = 'slipway-lab'
const BUILDKIT = 'v0.34.2'
const BUILDX = 'v0.38.2'

/** Whether the machine's docker has the buildx plugin already. */
async function hasBuildx(env: NodeJS.ProcessEnv): Promise<boolean> {
  return (await attempt(['docker', 'buildx', 'version'], {env})).code === 0
}

async function installs(world: World): Promise<Install[]> {
  asRoot(world, 'Running BuildKit')
  const buildkitd = goPrograms({
    name: 'buildkitd',
    recipe: 'buildkit',
    packages: ['github.com/moby/buildkit/cmd/buildkitd'],
    linked: {'github.com/moby/buildkit/version.Version': BUILDKIT},
  })
  if (await hasBuildx(world.env)) return [buildkitd]
  const buildx = goPrograms({
    name: 'buildx',
    recipe: 'buildx',
    packages: ['github.com/docker/buildx/cmd/buildx'],
    linked: {'github.com/docker/buildx/version.Version': BUILDX},
  })
  return [buildkitd, buildx]
}

/** Registries on the lab's port speak plain HTTP; BuildKit has to be told so by name. */
function configText(): string {
  const names = [`localhost:${REGISTRY_PORT}`, `127.0.0.1:${REGISTRY_PORT}`]
  const registries = names.map((name) => `[registry."${name}"]\n  http = true\n  insecure = true\n`)
  return [`[worker.oci]\n  defaultCgroupParent = "${CONTROL_GROUP}"\n`, ...registries].join('')
}

async function start(lab: Starting): Promise<void> {
  const home = join(lab.paths.run, 'buildkit')
  const address = `unix://${join(home, 'buildkitd.sock')}`
  mkdirSync(home, {recursive: true})
  const env = engineEnv(lab)
  const root = rootWith(asRoot(lab, 'Running BuildKit'), env)
  lab.note({notes: {mountPoints: (await makeMountPoints(root, FIXED_FOLDERS)).join(',')}})
  writeFileSync(join(home, 'buildkitd.toml'), configText())
  const daemon = await startDaemon({
    name: 'buildkitd',
    log: join(lab.paths.logs, 'buildkitd.log'),
    env,
    argv: isolated({root, fixed: FIXED_FOLDERS, home}, [
      join(installFolder(lab.paths, 'buildkitd'), 'bin/buildkitd'),
      '--addr',
      address,
      '--root',
      join(home, 'root'),
      '--config',
      join(home, 'buildkitd.toml'),
      '--group',
      String(process.getgid?.() ?? 0),
      '--containerd-worker=false',
      '--oci-worker=true',
    ]),
  })
  lab.note({daemons: [daemon], address})
  const doomed = (): string | undefined => (isAlive(daemon) ? undefined : `it ended:\n${logTail(daemon.log)}`)
  const socket = async (): Promise<true | undefined> => Promise.resolve(existsSync(address.slice(7)) || undefined)
  await waitFor(socket, {seconds: 30, what: 'BuildKit', doomed})
  const version = await makeBuilder(lab, address)
  lab.note({version, vars: {BUILDX_BUILDER: BUILDER}})
}

/** Makes the builder that `docker buildx build` uses by default within the lab's environment. */
async function makeBuilder(lab: Starting, address: string): Promise<string> {
  const env = {...engineEnv(lab), ...lab.part('docker').vars}
  const built = join(installFolder(lab.paths, 'buildx'), 'bin/buildx')
  if (existsSync(built)) linkPlugin(built, lab.part('docker').vars['DOCKER_CONFIG'] ?? '')
  await attempt(['docker', 'buildx', 'rm', '--keep-daemon', BUILDER], {env})
  await must(['docker', 'buildx', 'create', '--name', BUILDER, '--driver', 'remote', address], {env})
  await must(['docker', 'buildx', 'inspect', '--bootstrap', BUILDER], {env})
  const buildx = (await must(['docker', 'buildx', 'version'], {env})).split(' ')[1] ?? ''
  return `${BUILDKIT.slice(1)}, buildx ${buildx.replace(/^v/, '')}`
}

function linkPlugin(program: string, config: string): void {
  const plugins = join(config, 'cli-plugins')
  mkdirSync(plugins, {recursive: true})
  rmSync(join(plugins, 'docker-buildx'), {force: true})
  symlinkSync(program, join(plugins, 'docker-buildx'))
}

async function health(world: World, state: PartState): Promise<string | undefined> {
  const dead = state.daemons.find((daemon) => !isAlive(daemon))
  if (dead) return `${dead.name} ended: ${logTail(dead.log, 1)}`
  const env = {...engineEnv(world), ...state.vars, DOCKER_CONFIG: join(world.paths.run, 'docker-config')}
  const ran = await attempt(['docker', 'buildx', 'inspect', BUILDER], {env, timeout: 10_000})
  return ran.code === 0 && /Status:\s+running/.test(ran.stdout) ? undefined : `${BUILDER} does not answer`
}

async function stop(world: World, state: PartState): Promise<void> {
  for (const daemon of state.daemons) await stopDaemon(daemon)
  if (!world.root) return
  await removeControlGroups(world.root)
  await removeMountPoints(world.root, (state.notes['mountPoints'] ?? '').split(',').filter(Boolean))
}

/** BuildKit and buildx: image builds with every feature, on a builder of the lab's own. */
export const buildkit: Part = {name: NAME, after: ['docker'], installs, start, health, stop}

/** Folder of BuildKit's state. */
export function buildkitHome(paths: LabPaths): string {
  return join(paths.run, 'buildkit')
}
