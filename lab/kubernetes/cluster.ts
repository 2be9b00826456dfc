import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {logTail, isAlive, startDaemon, type Daemon} from '../core/process.ts'
import {waitFor} from '../core/poll.ts'
import {attempt, must} from '../core/run.ts'
import {writeConfigs} from './configs.ts'
import {writeCredentials, writeKubeconfig, type Tokens, type User} from './credentials.ts'
import {NODE_NAME, type Layout, type Network} from './layout.ts'
import type {Machine} from './machine.ts'
import {apiserver, clients, containerd, etcd, type Program} from './programs.ts'

/** What a cluster is started with. */
export interface ClusterWorld {
  readonly place: Layout
  readonly network: Network
  readonly machine: Machine
  /** Environment in which all of the cluster's programs are on PATH. */
  readonly env: NodeJS.ProcessEnv
  readonly logs: string
  readonly cniBin: string
  readonly pauseArchive: string
  /** Called for each process as soon as it exists. */
  readonly onDaemon: (daemon: Daemon) => void
}

/** Starts the cluster inside its machine and returns when its node is ready to take pods. */
export async function startCluster(world: ClusterWorld): Promise<void> {
  const {place, network} = world
  const tokens = writeCredentials(place)
  writeConfigs(place, network, world.cniBin)
  writeFileSync(join(place.config, 'resolv.conf'), upstreamResolvers())
  await launch(world, etcd(place))
  const api = await launch(world, apiserver(place, network))
  const runtime = await launch(world, containerd(place))
  await importPause(world, runtime)
  await waitFor(() => apiReady(world, tokens.admin), {seconds: 60, what: 'The API server', doomed: doomOf(api)})
  writeKubeconfigs(world, tokens)
  const rest: Daemon[] = []
  for (const program of clients(place, network)) rest.push(await launch(world, program))
  await waitFor(() => nodeReady(world), {seconds: 60, what: 'The node', doomed: () => firstDoom(rest)})
}

const doomOf = (daemon: Daemon) => (): string | undefined =>
  isAlive(daemon) ? undefined : `${daemon.name} ended:\n${logTail(daemon.log)}`

const firstDoom = (daemons: readonly Daemon[]): string | undefined =>
  daemons.map((daemon) => doomOf(daemon)()).find((doom) => doom !== undefined)

async function launch(world: ClusterWorld, program: Program): Promise<Daemon> {
  mkdirSync(world.logs, {recursive: true})
  const daemon = await startDaemon({
    name: program.name,
    log: join(world.logs, `${program.name}.log`),
    env: world.env,
    argv: [...world.machine.inside, ...program.argv],
  })
  world.onDaemon(daemon)
  return daemon
}

/** The pause image comes out of the cache, so that a pod needs nothing but its own images. */
async function importPause(world: ClusterWorld, runtime: Daemon): Promise<void> {
  const ctr = [...world.machine.inside, 'ctr', '--address', world.place.containerdSocket]
  const up = async (): Promise<true | undefined> =>
    (await attempt([...ctr, 'version'], {env: world.env})).code === 0 ? true : undefined
  await waitFor(up, {seconds: 30, what: 'containerd', doomed: doomOf(runtime)})
  await must([...ctr, '--namespace', 'k8s.io', 'images', 'import', world.pauseArchive], {env: world.env})
}

function apiUrl(world: ClusterWorld): string {
  return `https://${world.network.node}:6443`
}

/** The certificate appears with the first start; from then on the server is asked, by the very config users will have. */
async function apiReady(world: ClusterWorld, adminToken: string): Promise<true | undefined> {
  try {
    writeKubeconfig(world.place, world.place.kubeconfig, apiUrl(world), adminToken)
  } catch {
    return undefined
  }
  return (await kubectl(world, ['get', '--raw', '/readyz'])).code === 0 ? true : undefined
}

function kubectl(world: ClusterWorld, args: readonly string[]): ReturnType<typeof attempt> {
  const env = {...world.env, KUBECONFIG: world.place.kubeconfig, KUBECACHEDIR: join(world.place.home, 'cache')}
  return attempt(['kubectl', '--request-timeout=5s', ...args], {env, timeout: 15_000})
}

function writeKubeconfigs(world: ClusterWorld, tokens: Tokens): void {
  const inside: User[] = ['controller-manager', 'scheduler', 'proxy', 'kubelet']
  for (const user of inside) {
    writeKubeconfig(world.place, join(world.place.config, `${user}.kubeconfig`), apiUrl(world), tokens[user])
  }
}

async function nodeReady(world: ClusterWorld): Promise<true | undefined> {
  const status = '{.status.conditions[?(@.type=="Ready")].status}'
  const ran = await kubectl(world, ['get', 'node', NODE_NAME, '-o', `jsonpath=${status}`])
  if (ran.stdout !== 'True') return undefined
  const account = await kubectl(world, ['get', 'serviceaccount', 'default', '-o', 'name'])
  return account.code === 0 ? true : undefined // without it the first pod of a newcomer would be refused
}

/** The machine's real name servers; a resolver on a loopback address would be somebody else's loopback inside a pod. */
function upstreamResolvers(): string {
  for (const file of ['/run/systemd/resolve/resolv.conf', '/etc/resolv.conf']) {
    try {
      return readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => !/^nameserver\s+127\./.test(line))
        .join('\n')
    } catch {
      continue
    }
  }
  return ''
}
