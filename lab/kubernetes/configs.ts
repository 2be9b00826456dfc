import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {LAB_ACCOUNT, LAB_REGION} from '../parts/aws.ts'
import {REGISTRY_PORT} from '../parts/ports.ts'
import {NODE_NAME, PAUSE_IMAGE, type Layout, type Network} from './layout.ts'

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** Writes the configuration files of the node's own programs: runtime, network, kubelet, proxy. */
export function writeConfigs(place: Layout, network: Network, cniBin: string): void {
  mkdirSync(join(place.config, 'net.d'), {recursive: true})
  const write = (name: string, text: string): void => {
    writeFileSync(join(place.config, name), text)
  }
  write('containerd.toml', containerdToml(place, cniBin))
  write('net.d/10-lab.conflist', json(podNetwork(place, network)))
  write('kubelet.json', json(kubeletConfig(place, network)))
  write('kube-proxy.json', json(proxyConfig(place, network)))
  writeRegistryHosts(place, network)
}

/**
 * `restrict_oom_score_adj`: where lowering oom_score_adj is forbidden (nested machines), runc dies without it, with "can't
 * get final child's PID".
 */
function containerdToml(place: Layout, cniBin: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"'
  return `version = 2
root = ${JSON.stringify(join(place.home, 'containerd/root'))}
state = ${JSON.stringify(join(place.home, 'containerd/state'))}
[grpc]
  address = ${JSON.stringify(place.containerdSocket)}
[${cri}]
  sandbox_image = ${JSON.stringify(PAUSE_IMAGE)}
  restrict_oom_score_adj = true
[${cri}.cni]
  bin_dir = ${JSON.stringify(cniBin)}
  conf_dir = ${JSON.stringify(join(place.config, 'net.d'))}
[${cri}.registry]
  config_path = ${JSON.stringify(join(place.config, 'registries'))}
`
}

/**
 * Inside the node, localhost is the node: the lab's registry is reached over the cable, under the name images carry here
 * and under the one they would carry in AWS.
 */
function writeRegistryHosts(place: Layout, network: Network): void {
  const url = `http://${network.host}:${REGISTRY_PORT}`
  const hosts = `server = "${url}"\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`
  for (const name of [`localhost:${REGISTRY_PORT}`, `${LAB_ACCOUNT}.dkr.ecr.${LAB_REGION}.amazonaws.com`]) {
    const folder = join(place.config, 'registries', name)
    mkdirSync(folder, {recursive: true})
    writeFileSync(join(folder, 'hosts.toml'), hosts)
  }
}

function podNetwork(place: Layout, network: Network): unknown {
  const bridge = {
    type: 'bridge',
    bridge: 'cni0',
    isGateway: true,
    ipMasq: true,
    hairpinMode: true,
    ipam: {
      type: 'host-local',
      dataDir: join(place.home, 'addresses'),
      ranges: [[{subnet: network.pods, gateway: network.podGateway}]],
      routes: [{dst: '0.0.0.0/0'}],
    },
  }
  return {cniVersion: '0.4.0', name: 'lab', plugins: [bridge, {type: 'portmap', capabilities: {portMappings: true}}]}
}

/** The disk of a developer's machine is often fuller than eviction allows, and it is not the lab's to judge. */
const NEVER_EVICT = {'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%'}

function kubeletConfig(place: Layout, network: Network): unknown {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {anonymous: {enabled: true}, webhook: {enabled: false}},
    authorization: {mode: 'AlwaysAllow'}, // only this machine and the pods have a route to the node
    cgroupDriver: 'cgroupfs',
    clusterDNS: [network.dns],
    clusterDomain: 'cluster.local',
    containerRuntimeEndpoint: `unix://${place.containerdSocket}`,
    enforceNodeAllocatable: [],
    evictionHard: NEVER_EVICT,
    failCgroupV1: false,
    failSwapOn: false,
    imageGCHighThresholdPercent: 100,
    podLogsDir: '/var/log/pods',
    resolvConf: join(place.config, 'resolv.conf'),
    serializeImagePulls: false,
  }
}

/**
 * Connection tracking limits belong to the whole machine and cannot be set from within a network namespace. Everything is
 * masqueraded because a kernel without br_netfilter lets the answer of a neighbour pod bypass the translation back.
 */
function proxyConfig(place: Layout, network: Network): unknown {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: {kubeconfig: join(place.config, 'proxy.kubeconfig')},
    clusterCIDR: network.pods,
    conntrack: {maxPerCore: 0, min: 0, tcpCloseWaitTimeout: '0s', tcpEstablishedTimeout: '0s'},
    hostnameOverride: NODE_NAME,
    iptables: {masqueradeAll: true, minSyncPeriod: '0s', syncPeriod: '30s'},
  }
}
