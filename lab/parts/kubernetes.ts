import {existsSync, mkdirSync} from 'node:fs'
import {join} from 'node:path'
import {makeMountPoints, removeControlGroups, removeMountPoints} from '../core/isolate.ts'
import {findTool, rootWith} from '../core/machine.ts'
import {asRoot, type Part, type Starting, type World} from '../core/part.ts'
import type {LabPaths} from '../core/paths.ts'
import {isAlive, logTail, stopDaemon, type Daemon} from '../core/process.ts'
import {attempt, must} from '../core/run.ts'
import type {PartState} from '../core/state.ts'
import {debs, debsEnv} from '../install/debs.ts'
import {goPrograms} from '../install/go.ts'
import {installFolder, type Install} from '../install/install.ts'
import {pauseImage, pauseArchive} from '../kubernetes/pause.ts'
import {connectMachine, disconnectMachine, rememberSysctls, restoreSysctls, routes} from '../kubernetes/cable.ts'
import {startCluster} from '../kubernetes/cluster.ts'
import {freePrefix, KUBERNETES, layout, networkIn} from '../kubernetes/layout.ts'
import {FIXED_FOLDERS, startMachine} from '../kubernetes/machine.ts'
import {kubernetesBuild} from '../kubernetes/programs.ts'
import {prependPath} from './docker.ts'

const NAME = 'kubernetes'
const NODE_PACKAGES = 'kubernetes-node'
const PROGRAMS = 'kubernetes'
const CNI_PLACES = ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni']

const cniFolder = (places: readonly string[]): string | undefined =>
  places.find((place) => existsSync(join(place, 'bridge')) && existsSync(join(place, 'host-local')))

/** Packages for what the machine lacks; a runtime comes with its runc, as the two must suit each other. */
function missingPackages(env: NodeJS.ProcessEnv): string[] {
  const has = (...tools: string[]): boolean => tools.every((tool) => findTool(tool, env))
  const wanted: [boolean, string[]][] = [
    [!has('etcd'), ['etcd-server']],
    [!has('containerd', 'ctr', 'runc'), ['containerd', 'runc']],
    [!cniFolder(CNI_PLACES), ['containernetworking-plugins']],
    [!has('iptables'), ['iptables']],
    [!has('tini') && !has('docker-init'), ['tini']],
  ]
  return wanted.flatMap(([missing, packages]) => (missing ? packages : []))
}

function installs(world: World): Promise<Install[]> {
  return Promise.resolve(world.env['LAB_KUBECONFIG'] ? [] : nodeInstalls(world))
}

function nodeInstalls(world: World): Install[] {
  asRoot(world, 'A Kubernetes node (or name a cluster of your own with LAB_KUBECONFIG)')
  for (const tool of ['unshare', 'nsenter', 'ip', 'sysctl']) {
    if (!findTool(tool, world.env))
      throw new Error(`A Kubernetes node needs ${tool}: install util-linux, iproute2 and procps.`)
  }
  const packages = missingPackages(world.env)
  const programs = goPrograms({name: PROGRAMS, recipe: 'kubernetes', ...kubernetesBuild()})
  return [programs, pauseImage(), ...(packages.length > 0 ? [debs(NODE_PACKAGES, packages)] : [])]
}

/** The environment that has all programs of the node on PATH. */
function nodeEnv(world: {paths: LabPaths; env: NodeJS.ProcessEnv}): NodeJS.ProcessEnv {
  const env = debsEnv(installFolder(world.paths, NODE_PACKAGES), world.env)
  return {...env, PATH: prependPath(env, [join(installFolder(world.paths, PROGRAMS), 'bin')])}
}

async function start(lab: Starting): Promise<void> {
  const named = lab.env['LAB_KUBECONFIG']
  await (named ? useNamedCluster(lab, named) : startOwnCluster(lab))
}

/** A cluster that somebody named is used as it is, and nothing about it is changed. */
async function useNamedCluster(lab: Starting, kubeconfig: string): Promise<void> {
  const env = {...lab.env, KUBECONFIG: kubeconfig}
  const said = JSON.parse(await must(['kubectl', 'version', '-o', 'json', '--request-timeout=10s'], {env})) as {
    serverVersion?: {gitVersion?: string}
  }
  const address = await must(
    ['kubectl', 'config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}'],
    {env},
  )
  const version = `${said.serverVersion?.gitVersion ?? 'unknown'} (named by LAB_KUBECONFIG)`
  lab.note({version, address, borrowed: true, vars: {KUBECONFIG: kubeconfig}})
}

async function startOwnCluster(lab: Starting): Promise<void> {
  const env = nodeEnv(lab)
  const root = rootWith(asRoot(lab, 'A Kubernetes node'), env)
  const place = layout(lab.paths)
  const network = networkIn(freePrefix(await routes()))
  const daemons: Daemon[] = []
  const onDaemon = (daemon: Daemon): void => {
    daemons.push(daemon)
    lab.note({daemons: [...daemons]})
  }
  mkdirSync(place.home, {recursive: true})
  lab.note({notes: {...(await rememberSysctls()), mountPoints: (await makeMountPoints(root, FIXED_FOLDERS)).join(',')}})
  const machine = await startMachine(root, env, {log: join(lab.paths.logs, 'node.log'), home: place.home})
  onDaemon(machine.daemon)
  await connectMachine(root, env, machine, network)
  const debsCni = join(installFolder(lab.paths, NODE_PACKAGES), 'root/usr/lib/cni')
  await startCluster({
    place,
    network,
    machine,
    env,
    onDaemon,
    logs: lab.paths.logs,
    cniBin: cniFolder([...CNI_PLACES, debsCni]) ?? debsCni,
    pauseArchive: pauseArchive(lab.paths),
  })
  lab.note({
    version: KUBERNETES.slice(1),
    address: `https://${network.node}:6443`,
    vars: {
      KUBECONFIG: place.kubeconfig,
      KUBECACHEDIR: join(lab.paths.run, 'kube-cache'),
      LAB_NODE_ADDRESS: network.node,
    },
    path: [join(installFolder(lab.paths, PROGRAMS), 'bin')],
  })
}

async function health(world: World, state: PartState): Promise<string | undefined> {
  const dead = state.daemons.find((daemon) => !isAlive(daemon))
  if (dead) return `${dead.name} ended: ${logTail(dead.log, 1)}`
  const env = {...nodeEnv(world), ...state.vars}
  const args = ['get', '--raw', '/readyz', '--request-timeout=5s']
  const ran = await attempt(['kubectl', ...args], {env, timeout: 10_000})
  return ran.code === 0 ? undefined : ran.stderr.trim().split('\n').at(-1)
}

/** The node's first process takes everything inside with it; what lies outside the node is put back one by one. */
async function stop(world: World, state: PartState): Promise<void> {
  if (state.borrowed || !world.root) return
  const [machine, ...inside] = state.daemons
  if (machine) await stopDaemon(machine, 3)
  for (const daemon of inside) await stopDaemon(daemon, 3)
  await disconnectMachine(rootWith(world.root, nodeEnv(world)), nodeEnv(world))
  await removeControlGroups(world.root, ['*/kubepods*'])
  await restoreSysctls(world.root, state.notes)
  await removeMountPoints(world.root, (state.notes['mountPoints'] ?? '').split(',').filter(Boolean))
}

/** A real one-node cluster, or the one named by LAB_KUBECONFIG. */
export const kubernetes: Part = {name: NAME, after: [], installs, start, health, stop}
