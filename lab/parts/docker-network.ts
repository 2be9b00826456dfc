import {attempt} from '../core/run.ts'

/** Bridges and chains of an engine that is gone: dockerd leaves them behind by design, as a restart takes them up again. */
const DOCKER_LINK = /^(docker0|br-[0-9a-f]{12})$/
const DOCKER_RULE = /\bDOCKER(-[A-Z0-9-]+)?\b|docker0|br-[0-9a-f]{12}/

interface Link {
  readonly ifname: string
}

/** What must be known from before the engine's first start to put it back: forwarding, its policy, links that were there. */
export async function rememberFirewall(
  root: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Record<string, string>> {
  const policy = await attempt([...root, 'iptables', '-S', 'FORWARD'], {env})
  const forward = await attempt(['cat', '/proc/sys/net/ipv4/ip_forward'])
  const links = await linkNames()
  return {
    forwardPolicy: /-P FORWARD (\w+)/.exec(policy.stdout)?.[1] ?? 'ACCEPT',
    ipForward: forward.stdout.trim() || '0',
    linksBefore: links.filter((link) => DOCKER_LINK.test(link)).join(','),
  }
}

async function linkNames(): Promise<string[]> {
  const ran = await attempt(['ip', '-json', 'link', 'show'])
  return ran.code === 0 ? (JSON.parse(ran.stdout) as Link[]).map((link) => link.ifname) : []
}

/** Removes the bridges and firewall rules that the lab's own engine made; those that were there before it stay. */
export async function removeDockerNetwork(
  root: readonly string[],
  env: NodeJS.ProcessEnv,
  notes: Readonly<Record<string, string>>,
): Promise<void> {
  const before = (notes['linksBefore'] ?? '').split(',').filter(Boolean)
  if (before.length > 0) return // another engine shares these chains
  for (const link of (await linkNames()).filter((name) => DOCKER_LINK.test(name))) {
    await attempt([...root, 'ip', 'link', 'delete', link])
  }
  for (const family of ['iptables', 'ip6tables']) await forgetRules(root, env, family, DOCKER_RULE)
  await attempt([...root, 'iptables', '-P', 'FORWARD', notes['forwardPolicy'] ?? 'ACCEPT'], {env})
  await attempt([...root, 'sysctl', '-q', '-w', `net.ipv4.ip_forward=${notes['ipForward'] ?? '0'}`])
}

/** Rewrites the tables without the rules and chains that match; counters and everything else stay as they are. */
export async function forgetRules(
  root: readonly string[],
  env: NodeJS.ProcessEnv,
  family: string,
  ours: RegExp,
): Promise<void> {
  const saved = await attempt([...root, `${family}-save`, '-c'], {env})
  if (saved.code !== 0 || !ours.test(saved.stdout)) return
  const kept = saved.stdout.split('\n').filter((line) => !ours.test(line))
  await attempt([...root, `${family}-restore`, '-c'], {env, input: `${kept.join('\n')}\n`})
}

/** Ends shims and runtimes whose engine died before them; they are known by the lab's own folder in their arguments. */
export async function dockerLeftovers(root: readonly string[], folder: string): Promise<void> {
  const listed = await attempt(['ps', '-eo', 'pid=,comm=,args='])
  const ours = listed.stdout
    .split('\n')
    .filter((line) => line.includes(`${folder}/`))
    .map((line) => /^\s*(\d+)\s+(containerd\S*|runc\S*|docker\S*)\s/.exec(line)?.[1])
    .filter((pid): pid is string => pid !== undefined)
  if (ours.length > 0) await attempt([...root, 'kill', '-KILL', ...ours])
}
