import {spawn} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {createServer} from 'node:https'
import type {Server} from 'node:https'
import type {AddressInfo} from 'node:net'
import {networkInterfaces} from 'node:os'
import {generate} from 'selfsigned'
import {labKube} from '../support/lab-kube.ts'
import type {ActionCall, ActionResult} from '../support/spawn-action.ts'

const MINUTE = 60_000
const lab = labKube('kubectl-rollout-server')
const {namespace, image, kubectl} = lab

beforeAll(async () => {
  await lab.open({image: true})
}, 2 * MINUTE)

afterAll(async () => {
  kubectl('delete', 'validatingwebhookconfiguration', namespace, '--ignore-not-found')
  await lab.close()
}, MINUTE)

function deployment(name: string, replicas = 1, readyAfter = 0): object {
  const container = {
    name: 'app',
    image: `${image}:v1`,
    command: ['sh', '-c', `sleep ${String(readyAfter)}; touch /tmp/ok; sleep 600`],
    readinessProbe: {exec: {command: ['test', '-f', '/tmp/ok']}, periodSeconds: 1},
  }
  const labels = {app: name}
  const spec = {terminationGracePeriodSeconds: 0, containers: [container]}
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name},
    spec: {replicas, selector: {matchLabels: labels}, template: {metadata: {labels}, spec}},
  }
}
const config = (name: string, data: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {name},
  data,
})
const rollOut = async (
  objects: readonly object[],
  inputs: Record<string, string> = {},
  call: ActionCall = {},
): Promise<ActionResult> => await lab.rollOut(objects.map((one) => JSON.stringify(one)).join('\n---\n'), inputs, call)

test(
  'a namespace that is missing: nothing is changed, and "create-namespace" makes it',
  async () => {
    const missing = {namespace: `${namespace}-new`}
    const bad = await rollOut([config('a')], missing)
    expect(bad.outputs).toMatchObject({status: 'failed', 'failure-reason': 'not-found'})
    expect(bad.errors[0]).toBe(`Namespace/${namespace}-new: there is no such namespace in the cluster.`)
    expect(bad.log).toContain('set "create-namespace: true"')
    try {
      const good = await rollOut([config('a'), deployment('app')], {...missing, 'create-namespace': 'true'})
      expect(good.outputs['status']).toBe('succeeded')
    } finally {
      kubectl('delete', 'namespace', `${namespace}-new`, '--ignore-not-found', '--wait=false')
    }
  },
  2 * MINUTE,
)

describe('a webhook', () => {
  let server: Server
  let asked = 0
  /** This machine as the node sees it. */
  function ownAddress(): string {
    const node = lab.vars['LAB_NODE_ADDRESS'] ?? ''
    const near = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .find(({address}) => address.split('.').slice(0, 3).join('.') === node.split('.').slice(0, 3).join('.'))
    if (near === undefined) throw new Error(`This machine has no address beside ${node}.`)
    return near.address
  }

  beforeAll(async () => {
    const address = ownAddress()
    const extensions = [{name: 'subjectAltName' as const, altNames: [{type: 7 as const, ip: address}]}]
    const pair = await generate([{name: 'commonName', value: address}], {extensions})
    server = createServer({key: pair.private, cert: pair.cert}, (request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        asked++
        const {request: review} = JSON.parse(Buffer.concat(parts).toString()) as {
          request: {uid: string; object: {metadata: {labels?: Record<string, string>}}}
        }
        const allowed = review.object.metadata.labels?.['team'] !== undefined
        const status = allowed ? {} : {status: {message: 'every object needs the label "team"'}}
        response.setHeader('content-type', 'application/json')
        response.end(
          JSON.stringify({
            apiVersion: 'admission.k8s.io/v1',
            kind: 'AdmissionReview',
            response: {uid: review.uid, allowed, ...status},
          }),
        )
      })
    })
    await new Promise<void>((resolve) => server.listen(0, address, resolve))
    const url = `https://${address}:${String((server.address() as AddressInfo).port)}/`
    const webhook = {
      name: 'team.example.com',
      clientConfig: {url, caBundle: Buffer.from(pair.cert).toString('base64')},
      rules: [{apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps']}],
      namespaceSelector: {matchLabels: {'kubernetes.io/metadata.name': namespace}},
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      timeoutSeconds: 5,
    }
    const configuration = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: {name: namespace},
      webhooks: [webhook],
    }
    lab.run('kubectl', ['apply', '-f', '-'], JSON.stringify(configuration))
  })
  afterAll(() => {
    server.close()
    kubectl('delete', 'validatingwebhookconfiguration', namespace, '--ignore-not-found')
  })

  test(
    'that refuses is quoted before anything is changed',
    async () => {
      // The API server reads its webhooks a moment later.
      const result = await rollOut([config('plain'), deployment('beside', 0)])
      expect(asked).toBeGreaterThan(0)
      expect(result.outputs).toMatchObject({status: 'failed', 'failure-reason': 'rejected'})
      expect(result.errors[0]).toContain('ConfigMap/plain: the API server refuses it')
      expect(result.errors[0]).toContain('every object needs the label "team"')
      expect(kubectl('get', 'deployments', '-n', namespace, '-o', 'name')).not.toContain('beside')
    },
    MINUTE,
  )

  test(
    'whose server is not there yet is tried again until it is',
    async () => {
      const {port, address} = server.address() as AddressInfo
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      setTimeout(() => server.listen(port, address), 3000)
      const labelled = {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'labelled', labels: {team: 'shop'}}}
      const result = await rollOut([labelled])
      expect(result.outputs['status']).toBe('succeeded')
    },
    MINUTE,
  )
})

test(
  '200 Deployments at once, ten of them with a pod: one list and watch per kind, and green with the last of them',
  async () => {
    const objects = Array.from({length: 200}, (_none, at) => deployment(`many-${String(at)}`, at % 20 === 0 ? 1 : 0))
    const result = await rollOut(objects, {timeout: '180s'})
    expect(result.outputs['status']).toBe('succeeded')
    const resources = JSON.parse(result.outputs['resources'] ?? '[]') as {state: string}[]
    expect(resources.filter(({state}) => state === 'done')).toHaveLength(200)
    const again = await rollOut(objects, {timeout: '180s'})
    expect(again.outputs['status']).toBe('unchanged')
    kubectl('delete', 'deployments', '--all', '-n', namespace, '--wait=false')
  },
  5 * MINUTE,
)

describe('an API server of our own beside the lab’s, on the same store', () => {
  const PORT = 16_443
  let process_: ChildProcess | undefined
  /** How the lab runs its API server: the words that lead into the node, and its arguments. */
  function labServer(): readonly string[] {
    const lines = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          return [{pid, argv: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)}]
        } catch {
          return []
        }
      })
    const inside = lines.find(({argv}) => argv[0] === 'kube-apiserver')
    const way = lines.find(({argv}) => argv.includes('nsenter') && argv.includes('kube-apiserver'))
    if (inside === undefined || way === undefined) throw new Error('The API server of the lab was not found.')
    const program = readlinkSync(`/proc/${inside.pid}/exe`)
    return way.argv.map((word) => (word === 'kube-apiserver' ? program : word))
  }
  function start(): void {
    const own = [`--secure-port=${String(PORT)}`, '--endpoint-reconciler-type=none']
    const [command = '', ...argv] = labServer()
    // A group of its own, which holds the server inside of the node as well.
    process_ = spawn(command, [...argv, ...own], {detached: true, stdio: 'ignore'})
  }
  function kill(): void {
    if (process_?.pid !== undefined) process.kill(-process_.pid, 'SIGKILL')
    process_ = undefined
  }
  interface Kubeconfig {
    clusters: [{cluster: {server: string}}]
  }
  function ownConfig(): string {
    const own = JSON.parse(kubectl('config', 'view', '--minify', '--raw', '-o', 'json')) as Kubeconfig
    const url = new URL(own.clusters[0].cluster.server)
    url.port = String(PORT)
    own.clusters[0].cluster.server = url.href
    return JSON.stringify(own)
  }
  afterAll(() => {
    kill()
  })

  test(
    'is killed in the middle of the watch and started again: the rollout is seen to its end',
    async () => {
      start()
      let killed = false
      // Its preflight asks for a few seconds whether the server is there: it may well be starting still.
      const result = await until(() =>
        rollOut(
          [deployment('survivor', 1, 15)],
          {kubeconfig: ownConfig(), timeout: '150s'},
          {
            onOutput: (text) => {
              if (killed || !text.includes('Deployment/survivor  ')) return
              killed = true
              kill()
              start()
            },
          },
        ),
      )
      expect(killed).toBe(true)
      expect(result.log).toContain('✓ Deployment/survivor  1/1 available')
      expect(result.outputs['status']).toBe('succeeded')
    },
    5 * MINUTE,
  )

  async function until(run: () => Promise<ActionResult>): Promise<ActionResult> {
    for (let tries = 1; ; tries++) {
      const result = await run()
      if (result.outputs['failure-reason'] !== 'unreachable' || tries === 8) return result
    }
  }
})

test(
  'pull-secret: ecr gives the login to the service accounts of the pods, once each',
  async () => {
    for (const status of ['succeeded', 'unchanged']) {
      const result = await rollOut([deployment('puller')], {'pull-secret': 'ecr'})
      expect(result.outputs['status']).toBe(status)
      expect(result.log).toContain(`pull secret renewed for ${namespace}/default`)
    }
    const account = kubectl('get', 'serviceaccount', 'default', '-n', namespace, '-o', 'jsonpath={.imagePullSecrets}')
    expect(JSON.parse(account)).toEqual([{name: 'slipway-registry'}])
    const secret = kubectl('get', 'secret', 'slipway-registry', '-n', namespace, '-o', 'json')
    expect(JSON.parse(secret)).toMatchObject({type: 'kubernetes.io/dockerconfigjson'})
  },
  2 * MINUTE,
)
