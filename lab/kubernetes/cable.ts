import {attempt, must} from '../core/run.ts'
import {forgetRules} from '../parts/docker-network.ts'
import type {Network} from './layout.ts'
import type {Machine} from './machine.ts'

/** This machine's end of the cable to the node. */
const LINK = 'slipway0'
const MARK = 'slipway-lab'

/** Kernel settings that a kubelet changes for the whole machine (its container manager's defaults), to be put back after. */
const KUBELET_SYSCTLS = [
  'vm.overcommit_memory',
  'vm.panic_on_oom',
  'kernel.panic',
  'kernel.panic_on_oops',
  'kernel.keys.root_maxkeys',
  'kernel.keys.root_maxbytes',
]

interface Route {
  readonly dst: string
}

/** Destinations this machine has routes to. */
export async function routes(): Promise<string[]> {
  const listed = JSON.parse(await must(['ip', '-json', '-4', 'route', 'show', 'table', 'all'])) as Route[]
  return listed.map((route) => route.dst)
}

/** Connects the node with this machine and, through it, with what this machine reaches. */
export async function connectMachine(
  root: readonly string[],
  env: NodeJS.ProcessEnv,
  machine: Machine,
  network: Network,
): Promise<void> {
  const here = (...argv: string[]): Promise<string> => must([...root, ...argv], {env})
  const inside = (...argv: string[]): Promise<string> => must([...machine.inside, ...argv], {env})
  await attempt([...root, 'ip', 'link', 'delete', LINK])
  await here('ip', 'link', 'add', LINK, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(machine.init))
  await here('ip', 'address', 'add', `${network.host}/30`, 'dev', LINK)
  await here('ip', 'link', 'set', LINK, 'up')
  await inside('ip', 'link', 'set', 'lo', 'up')
  await inside('ip', 'address', 'add', `${network.node}/30`, 'dev', 'eth0')
  await inside('ip', 'link', 'set', 'eth0', 'up')
  await inside('ip', 'route', 'add', 'default', 'via', network.host)
  for (const reach of [network.pods, network.services]) await here('ip', 'route', 'add', reach, 'via', network.node)
  await inside('sysctl', '-q', '-w', 'net.ipv4.ip_forward=1')
  await attempt([...root, 'modprobe', 'br_netfilter'])
  await attempt([...machine.inside, 'sysctl', '-q', '-w', 'net.bridge.bridge-nf-call-iptables=1'])
  await allowOutward(root, env, network)
}

/** Lets the node reach other registries. An engine sets the FORWARD policy to drop, hence rules of our own, marked as such. */
async function allowOutward(root: readonly string[], env: NodeJS.ProcessEnv, network: Network): Promise<void> {
  const mark = ['-m', 'comment', '--comment', MARK]
  const rules = [
    ['-t', 'nat', '-I', 'POSTROUTING', '-s', `${network.node}/32`, '!', '-o', LINK, ...mark, '-j', 'MASQUERADE'],
    ['-I', 'FORWARD', '-i', LINK, ...mark, '-j', 'ACCEPT'],
    ['-I', 'FORWARD', '-o', LINK, ...mark, '-j', 'ACCEPT'],
  ]
  for (const rule of rules) await must([...root, 'iptables', ...rule], {env})
}

/** Takes the cable and its firewall rules away; routes go with the link. */
export async function disconnectMachine(root: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  await attempt([...root, 'ip', 'link', 'delete', LINK])
  await forgetRules(root, env, 'iptables', new RegExp(`--comment "?${MARK}\\b`))
}

/** The settings as they are before the kubelet's first start. */
export async function rememberSysctls(): Promise<Record<string, string>> {
  const values = await Promise.all(
    KUBELET_SYSCTLS.map(
      async (name) => [`sysctl ${name}`, (await attempt(['sysctl', '-n', name])).stdout.trim()] as const,
    ),
  )
  return Object.fromEntries(values.filter(([, value]) => value !== ''))
}

/** Puts the settings back. */
export async function restoreSysctls(root: readonly string[], notes: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(notes)) {
    if (name.startsWith('sysctl ')) await attempt([...root, 'sysctl', '-q', '-w', `${name.slice(7)}=${value}`])
  }
}
