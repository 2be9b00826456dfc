import {readFileSync} from 'node:fs'
import {connect, createServer} from 'node:net'
import type {Server, Socket} from 'node:net'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'
import {parseAllDocuments} from 'yaml'
import {labKube} from '../support/lab-kube.ts'
import type {ActionResult} from '../support/spawn-action.ts'

const MINUTE = 60_000
const lab = labKube('kubectl-rollout-access')
const {namespace, kubectl} = lab

interface Kubeconfig {
  clusters: {cluster: {server: string; 'tls-server-name'?: string}}[]
  users: {user: object}[]
}
const config = (): Kubeconfig => JSON.parse(kubectl('config', 'view', '--minify', '--raw', '-o', 'json')) as Kubeconfig

beforeAll(async () => {
  await lab.open({image: true})
}, 2 * MINUTE)

afterAll(async () => {
  await lab.close()
}, MINUTE)

function workload(name: string, readyAfter = 0): string {
  const program = `setTimeout(() => require('http').createServer((q, s) => s.end()).listen(3000), ${String(readyAfter)})`
  const probe = {readinessProbe: {httpGet: {path: '/', port: 3000}, periodSeconds: 1}}
  const container = {name: 'api', image: `${lab.image}:v1`, command: ['node', '-e', program], ...probe}
  const labels = {app: name}
  const template = {
    metadata: {labels},
    spec: {terminationGracePeriodSeconds: 0, containers: [container]},
  }
  const objects = [
    {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name}, data: {A: 'b'}},
    {apiVersion: 'v1', kind: 'Service', metadata: {name}, spec: {selector: labels, ports: [{port: 80}]}},
    {apiVersion: 'apps/v1', kind: 'Deployment', metadata: {name}, spec: {selector: {matchLabels: labels}, template}},
  ]
  return objects.map((one) => JSON.stringify(one)).join('\n---\n')
}

interface Role {
  metadata: {name: string}
  rules: {apiGroups: string[]; resources: string[]; verbs: string[]}[]
}

/** The Role of this name that a page shows; without a name the first one. */
function roleOf(page: string, name?: string): Role {
  const text = readFileSync(join(import.meta.dirname, '../..', page), 'utf8')
  const blocks = [...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, block = '']) => block)
  const start = name === undefined ? 'kind: Role\n' : `kind: Role\nmetadata:\n  name: ${name}\n`
  const block = blocks.find((one) => one.includes(start)) ?? ''
  return parseAllDocuments(block)[0]?.toJS() as Role
}

/** A kubeconfig of somebody who has these rights and no others. */
function userWith(name: string, rules: Role['rules']): string {
  const role = {apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: {name, namespace}, rules}
  lab.run('kubectl', ['apply', '-f', '-'], JSON.stringify(role))
  kubectl('create', 'serviceaccount', name, '-n', namespace)
  kubectl('create', 'rolebinding', name, '-n', namespace, `--role=${name}`, `--serviceaccount=${namespace}:${name}`)
  const own = config()
  own.users[0]!.user = {token: kubectl('create', 'token', name, '-n', namespace).trim()}
  return JSON.stringify(own)
}

// In the words of kubectl itself.
describe('a cluster that kubectl does not find', () => {
  test(
    '"connection to localhost:8080 was refused": no kubeconfig was named',
    async () => {
      const {PATH = ''} = lab.vars
      const {errors} = await lab.rollOut(workload('nowhere'), {}, {env: {PATH, HOME: '/nonexistent'}})
      expect(errors).toEqual([expect.stringContaining('no kubeconfig names one, so kubectl asked localhost:8080')])
    },
    MINUTE,
  )

  test(
    'a context that the kubeconfig does not have: those it has, from a secret in base64, too',
    async () => {
      const known = kubectl('config', 'get-contexts', '-o', 'name').trim()
      const text = JSON.stringify(config())
      for (const kubeconfig of [text, Buffer.from(text).toString('base64')]) {
        const {errors} = await lab.rollOut(workload('nowhere'), {kubeconfig, context: 'prod'})
        expect(errors).toEqual([`Input "context" is "prod", which the kubeconfig does not have: use ${known}.`])
      }
    },
    MINUTE,
  )
})

describe('the Role of the README, and nothing more', () => {
  async function asUser(name: string, role: Role, manifest: string): Promise<ActionResult> {
    return await lab.rollOut(manifest, {kubeconfig: userWith(name, role.rules)})
  }

  test.each(['actions/kubectl-rollout/README.md', 'docs/kubernetes.md'])(
    '%s: rolls out, without a warning',
    async (file) => {
      const name = `good-${String(file.length)}`
      const result = await asUser(name, roleOf(file), workload(name))
      expect(result.warnings).toEqual([])
      expect(result.outputs['status']).toBe('succeeded')
    },
    2 * MINUTE,
  )

  test(
    'with a verb less: what is missing is one clear list, and nothing has changed',
    async () => {
      const role = roleOf('actions/kubectl-rollout/README.md')
      const rules = role.rules.map((rule) => ({...rule, verbs: rule.verbs.filter((verb) => verb !== 'patch')}))
      const result = await asUser('less', {...role, rules}, workload('less'))
      expect(result.outputs).toMatchObject({status: 'failed', 'failure-reason': 'access-denied'})
      expect(result.errors[0]).toContain(
        `this user may not patch configmaps in ${namespace}, patch services in ${namespace}, patch deployments.apps in ${namespace}`,
      )
      expect(kubectl('get', 'configmap', '-n', namespace, '-o', 'name')).not.toContain('configmap/less')
    },
    MINUTE,
  )

  test(
    'without "create": the object that is new is named, and nothing has changed',
    async () => {
      const role = roleOf('actions/kubectl-rollout/README.md')
      const rules = role.rules.map((rule) => ({...rule, verbs: rule.verbs.filter((verb) => verb !== 'create')}))
      const result = await asUser('no-create', {...role, rules}, workload('no-create'))
      expect(result.outputs['failure-reason']).toBe('access-denied')
      expect(result.errors[0]).toMatch(/create/)
      expect(kubectl('get', 'configmap', '-n', namespace, '-o', 'name')).not.toContain('configmap/no-create')
    },
    MINUTE,
  )
})

describe('the Role of the README with that of its features', () => {
  const README = 'actions/kubectl-rollout/README.md'
  const set = (kind: 'StatefulSet' | 'DaemonSet', run: string): string => {
    const name = kind.toLowerCase()
    const probe = {readinessProbe: {exec: {command: ['test', '-f', '/tmp/ok']}, periodSeconds: 1}}
    const container = {name: 'app', image: `${lab.image}:v1`, command: ['sh', '-c', run], ...probe}
    const spec = {terminationGracePeriodSeconds: 0, containers: [container]}
    const selector = {matchLabels: {app: name}}
    const template = {metadata: {labels: {app: name}}, spec}
    const service = kind === 'StatefulSet' ? {serviceName: name} : {}
    return JSON.stringify({apiVersion: 'apps/v1', kind, metadata: {name}, spec: {...service, selector, template}})
  }
  const both = (run: string): string => [set('StatefulSet', run), set('DaemonSet', run)].join('\n---\n')
  const GOOD = 'touch /tmp/ok; sleep 600'

  test(
    'is enough to prune, to lend a login, to put a StatefulSet back and to roll back by receipt, without a warning',
    async () => {
      const kubeconfig = userWith('features', [...roleOf(README).rules, ...roleOf(README, 'slipway-features').rules])
      const features = {kubeconfig, prune: 'true', applyset: 'configmap/features', 'pull-secret': 'ecr'}
      const map = JSON.stringify({apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'leaves'}, data: {A: 'b'}})
      const first = await lab.rollOut(`${both(GOOD)}\n---\n${map}`, features)
      const second = await lab.rollOut(both(`${GOOD}; true`), features)
      expect(JSON.parse(second.outputs['pruned'] ?? '')).toMatchObject([{kind: 'ConfigMap', name: 'leaves'}])
      const bad = await lab.rollOut(both('exit 3'), features)
      expect(bad.outputs['status']).toBe('rolled-back')
      const receipt = second.outputs['receipt'] ?? ''
      const back = await lab.rollOut('', {kubeconfig, mode: 'rollback', receipt, manifests: ''})
      expect(back.outputs['status']).toBe('succeeded')
      for (const result of [first, second, bad, back]) expect(result.warnings).toEqual([])
      for (const kind of ['statefulset', 'daemonset'])
        expect(
          kubectl('get', kind, kind, '-n', namespace, '-o', 'jsonpath={.spec.template.spec.containers[0].command[2]}'),
        ).toBe(GOOD)
    },
    5 * MINUTE,
  )

  test(
    'without it, what is missing is named before anything is changed, or warned of where the rollout can do without',
    async () => {
      const kubeconfig = userWith('basic', roleOf(README).rules)
      const plain = await lab.rollOut(set('StatefulSet', GOOD), {kubeconfig})
      expect(plain.outputs['status']).toMatch(/succeeded|unchanged/)
      expect(plain.warnings).toEqual([
        `A StatefulSet that fails can be put back only in part: this user may not delete pods in ${namespace}.`,
      ])
      const login = await lab.rollOut(set('StatefulSet', `${GOOD}; :`), {kubeconfig, 'pull-secret': 'ecr'})
      expect(login.errors[0]).toContain(`this user may not get serviceaccounts in ${namespace}, patch serviceaccounts`)
      const inputs = {kubeconfig, mode: 'rollback', resources: 'statefulset/statefulset', manifests: ''}
      const back = await lab.rollOut('', inputs)
      expect(back.errors[0]).toContain(`this user may not list controllerrevisions.apps in ${namespace}`)
    },
    2 * MINUTE,
  )
})

/** A way to the API server that can be cut. */
class Cuttable {
  readonly #target: {readonly host: string; readonly port: number}
  readonly #sockets = new Set<Socket>()
  readonly #server: Server
  #open = true
  cuts = 0

  constructor(url: URL) {
    this.#target = {host: url.hostname, port: Number(url.port === '' ? 443 : url.port)}
    this.#server = createServer((client) => {
      this.#join(client)
    })
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  /** Ends all connections, and refuses new ones for a while. */
  cut(ms: number): void {
    this.cuts++
    this.#open = false
    for (const socket of this.#sockets) socket.resetAndDestroy()
    setTimeout(() => {
      this.#open = true
    }, ms)
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #join(client: Socket): void {
    if (!this.#open) {
      client.resetAndDestroy()
      return
    }
    const server = connect(this.#target)
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  }
}

test(
  'an API server that goes away in the middle of the watch and comes back: the rollout is seen to its end',
  async () => {
    const own = config()
    const [{cluster}] = own.clusters as [Kubeconfig['clusters'][number]]
    const url = new URL(cluster.server)
    const way = new Cuttable(url)
    try {
      cluster.server = `https://127.0.0.1:${String(await way.listen())}`
      cluster['tls-server-name'] = url.hostname
      const result = await lab.rollOut(
        workload('cut', 6000),
        {kubeconfig: JSON.stringify(own)},
        {
          onOutput: (text) => {
            if (way.cuts === 0 && text.includes('Deployment/cut  ')) way.cut(4000)
          },
        },
      )
      expect(way.cuts).toBe(1)
      expect(result.log).toContain('✓ Deployment/cut  1/1 available')
      expect(result.outputs['status']).toBe('succeeded')
    } finally {
      way.close()
    }
  },
  2 * MINUTE,
)
