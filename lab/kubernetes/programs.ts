import {join} from 'node:path'
import {KUBERNETES, NODE_NAME, type Layout, type Network} from './layout.ts'

/** One of the cluster's programs and its arguments. */
export interface Program {
  readonly name: string
  readonly argv: readonly string[]
}

const flags = (values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).map(([name, value]) => `--${name}=${value}`)

const kubeconfigOf = (place: Layout, user: string): string => join(place.config, `${user}.kubeconfig`)

/** The store. Writes need not survive the machine, so it does not wait for the disk. */
export function etcd(place: Layout): Program {
  const options = {
    'data-dir': join(place.home, 'etcd'),
    'listen-client-urls': 'http://127.0.0.1:2379',
    'advertise-client-urls': 'http://127.0.0.1:2379',
    'listen-peer-urls': 'http://127.0.0.1:2380',
    'unsafe-no-fsync': 'true',
  }
  return {name: 'etcd', argv: ['etcd', ...flags(options)]}
}

/** The container runtime. */
export function containerd(place: Layout): Program {
  return {name: 'containerd', argv: ['containerd', '--config', join(place.config, 'containerd.toml')]}
}

/** The API server; it signs its own serving certificate into the pki folder. */
export function apiserver(place: Layout, network: Network): Program {
  const options = {
    'advertise-address': network.node,
    'allow-privileged': 'true',
    'authorization-mode': 'Node,RBAC',
    'cert-dir': place.pki,
    'enable-admission-plugins': 'NodeRestriction',
    'etcd-servers': 'http://127.0.0.1:2379',
    'kubelet-preferred-address-types': 'InternalIP',
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': join(place.pki, 'service-account.pub'),
    'service-account-signing-key-file': join(place.pki, 'service-account.key'),
    'service-cluster-ip-range': network.services,
    'token-auth-file': join(place.pki, 'tokens.csv'),
  }
  return {name: 'kube-apiserver', argv: ['kube-apiserver', ...flags(options)]}
}

/** What runs once the API server answers and the kubeconfigs are written. */
export function clients(place: Layout, network: Network): Program[] {
  const manager = kubeconfigOf(place, 'controller-manager')
  const scheduler = kubeconfigOf(place, 'scheduler')
  const own = (name: string): string => join(place.pki, name)
  return [
    program('kube-controller-manager', {
      kubeconfig: manager,
      'authentication-kubeconfig': manager,
      'authorization-kubeconfig': manager,
      'cert-dir': own('controller-manager'),
      'leader-elect': 'false',
      'root-ca-file': own('apiserver.crt'),
      'service-account-private-key-file': own('service-account.key'),
      'use-service-account-credentials': 'true',
    }),
    program('kube-scheduler', {
      kubeconfig: scheduler,
      'authentication-kubeconfig': scheduler,
      'authorization-kubeconfig': scheduler,
      'cert-dir': own('scheduler'),
      'leader-elect': 'false',
    }),
    program('kubelet', {
      config: join(place.config, 'kubelet.json'),
      kubeconfig: kubeconfigOf(place, 'kubelet'),
      'cert-dir': own('kubelet'),
      'hostname-override': NODE_NAME,
      'node-ip': network.node,
    }),
    program('kube-proxy', {config: join(place.config, 'kube-proxy.json')}),
  ]
}

const program = (name: string, options: Readonly<Record<string, string>>): Program => ({
  name,
  argv: [name, ...flags(options)],
})

/** What is built for a cluster, and the version each program is to tell. */
export function kubernetesBuild(): {packages: string[]; linked: Record<string, string>} {
  const programs = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'kubectl']
  const [major = '', minor = ''] = KUBERNETES.slice(1).split('.')
  const base = 'k8s.io/component-base/version'
  return {
    packages: programs.map((name) => `k8s.io/kubernetes/cmd/${name}`),
    linked: {
      [`${base}.gitVersion`]: KUBERNETES,
      [`${base}.gitMajor`]: major,
      [`${base}.gitMinor`]: minor,
      [`${base}.gitTreeState`]: 'clean',
      'k8s.io/client-go/pkg/version.gitVersion': KUBERNETES,
    },
  }
}
