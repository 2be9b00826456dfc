import {labKube} from '../support/lab-kube.ts'
import type {ActionCall, ActionResult} from '../support/spawn-action.ts'

const MINUTE = 60_000
const lab = labKube('kubectl-rollout')
const {namespace: NAMESPACE, image: IMAGE, kubectl, run} = lab

beforeAll(async () => {
  await lab.open({image: true})
}, 2 * MINUTE)

afterAll(async () => {
  await lab.close()
}, MINUTE)

const SERVER = "require('http').createServer((q, s) => s.end('ok')).listen(3000); console.log('up')"

interface Shape {
  readonly kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet'
  readonly name: string
  readonly program?: string
  readonly pod?: object
  readonly container?: object
  readonly init?: string
  readonly path?: string
}

function workload({kind = 'Deployment', name, program = SERVER, path = '/', ...more}: Shape): string {
  const command = (text: string): string[] => ['node', '-e', text]
  const container = {
    name: 'api',
    image: 'app',
    command: command(program),
    readinessProbe: {httpGet: {path, port: 3000}, periodSeconds: 1},
    ...more.container,
  }
  const init = more.init === undefined ? [] : [{name: 'prepare', image: 'app', command: command(more.init)}]
  const spec = {terminationGracePeriodSeconds: 1, containers: [container], initContainers: init, ...more.pod}
  const template = {metadata: {labels: {app: name}}, spec}
  const replicas = kind === 'DaemonSet' ? {} : {replicas: 2}
  const service = kind === 'StatefulSet' ? {serviceName: name} : {}
  const selector = {matchLabels: {app: name}}
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind,
    metadata: {name},
    spec: {...replicas, ...service, selector, template},
  })
}

async function rollOut(
  manifest: string,
  inputs: Record<string, string> = {},
  call: ActionCall = {},
): Promise<ActionResult> {
  return await lab.rollOut(manifest, {images: `app=${IMAGE}:v1`, ...inputs}, call)
}

test(
  'a rolling update ends green, and the second run changes nothing',
  async () => {
    const first = await rollOut(workload({name: 'good'}))
    expect(first.outputs).toMatchObject({status: 'succeeded', changed: 'true'})
    const second = await rollOut(workload({name: 'good'}))
    expect(second.outputs).toMatchObject({status: 'unchanged', changed: 'false'})
    const update = await rollOut(workload({name: 'good', program: `${SERVER}; // two`}))
    expect(update.outputs).toMatchObject({status: 'succeeded', revision: '2'})
  },
  3 * MINUTE,
)

describe('what fails is red in seconds, says why, and goes back', () => {
  beforeAll(async () => {
    const {outputs} = await rollOut(workload({name: 'app'}))
    expect(outputs['status']).toBe('succeeded')
  }, 2 * MINUTE)

  const crash = "console.error(JSON.stringify({msg: 'DATABASE_URL is not set'})); process.exit(3)"
  const hungry = 'const a = []; for (;;) a.push(Buffer.alloc(1e6, 1))'
  type Case = readonly [string, Partial<Shape>, string, RegExp, Readonly<Record<string, string>>]
  const cases: readonly Case[] = [
    ['a tag that does not exist', {}, 'image-not-found', /the registry has no .*:v9/, {images: `app=${IMAGE}:v9`}],
    [
      'a crash',
      {program: crash},
      'container-exited',
      /exits with code 3 right after start: DATABASE_URL is not set/,
      {},
    ],
    [
      'an init container',
      {init: 'process.exit(4)'},
      'container-exited',
      /init container "prepare" exits with code 4/,
      {},
    ],
    [
      'memory',
      {program: hungry, container: {resources: {limits: {memory: '48Mi'}}}},
      'out-of-memory',
      /runs out of memory \(limit 48Mi\)/,
      {},
    ],
    [
      'a missing Secret',
      {container: {envFrom: [{secretRef: {name: 'gone'}}]}},
      'secret-unreadable',
      /needs Secret\/gone/,
      {},
    ],
    [
      'a missing ConfigMap',
      {container: {envFrom: [{configMapRef: {name: 'gone'}}]}},
      'config-missing',
      /ConfigMap\/gone/,
      {},
    ],
    ['no room', {container: {resources: {requests: {cpu: '64'}}}}, 'unschedulable', /Insufficient cpu/, {}],
    [
      'a probe',
      {path: '/none', program: SERVER.replace("s.end('ok')", '{s.statusCode = 404; s.end()}')},
      'health-check-failed',
      /GET :3000\/none: .*404/,
      {},
    ],
    [
      'a probe on a port where nothing listens',
      {container: {readinessProbe: {httpGet: {path: '/', port: 9999}, periodSeconds: 1}}},
      'health-check-failed',
      /GET :9999\/: nothing listens on port 9999 \(connection refused\)/,
      {},
    ],
  ]
  test.each(cases)(
    '%s',
    async (_name, shape, reason, sentence, inputs) => {
      const result = await rollOut(workload({name: 'app', ...shape}), inputs)
      expect(result.outputs).toMatchObject({status: 'rolled-back', 'failure-reason': reason})
      for (const place of [result.log, result.errors[0], result.summary.replaceAll('\\', '')])
        expect(place).toMatch(sentence)
      expect(result.code).toBe(1)
      expect(kubectl('get', 'deployment', 'app', '-n', NAMESPACE, '-o', 'jsonpath={.status.readyReplicas}')).toBe('2')
    },
    2 * MINUTE,
  )

  test(
    'an app without a probe, which is ready until it exits, is seen when it is watched on',
    async () => {
      const late = `setTimeout(() => {console.error('lost the queue'); process.exit(4)}, 4000)`
      const manifest = workload({name: 'app', program: late, container: {readinessProbe: undefined}})
      const result = await rollOut(manifest, {'stable-for': '30s'})
      expect(result.outputs).toMatchObject({status: 'rolled-back', 'failure-reason': 'container-exited'})
      expect(result.errors[0]).toMatch(/container "api" exits with code 4[^:]*: lost the queue/)
      expect(kubectl('get', 'deployment', 'app', '-n', NAMESPACE, '-o', 'jsonpath={.status.readyReplicas}')).toBe('2')
    },
    2 * MINUTE,
  )

  test(
    'a version that exits at once, which nothing asks whether it is ready, was green',
    async () => {
      const program = `console.error('no such module'); process.exit(3)`
      const result = await rollOut(workload({name: 'app', program, container: {readinessProbe: undefined}}))
      expect(result.outputs).toMatchObject({status: 'rolled-back', 'failure-reason': 'container-exited'})
      expect(result.errors[0]).toMatch(/container "api" exits with code 3[^:]*: no such module/)
    },
    2 * MINUTE,
  )

  test(
    'a StatefulSet, whose broken pod would otherwise stay for ever',
    async () => {
      expect((await rollOut(workload({kind: 'StatefulSet', name: 'sts'}))).outputs['status']).toBe('succeeded')
      const bad = await rollOut(workload({kind: 'StatefulSet', name: 'sts', program: crash}))
      expect(bad.outputs).toMatchObject({status: 'rolled-back', 'failure-reason': 'container-exited'})
    },
    3 * MINUTE,
  )
})

test(
  'a ConfigMap-only change is warned of, restarts its pods when asked, and goes back with them when it breaks them',
  async () => {
    const program = `if (process.env.MODE === 'bad') process.exit(5); ${SERVER}`
    const reader = workload({name: 'reader', program, container: {envFrom: [{configMapRef: {name: 'mode'}}]}})
    const config = (mode: string): string =>
      JSON.stringify({apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'mode'}, data: {MODE: mode}})
    const set = async (mode: string, inputs: Record<string, string> = {}): Promise<ActionResult> =>
      await rollOut('', inputs, {
        files: {'k8s/app.yaml': `${reader}\n---\n${config(mode)}\n`},
      })
    const serving = (): string[] =>
      kubectl('exec', '-n', NAMESPACE, 'deployment/reader', '--', 'node', '-p', 'process.env.MODE').trim().split('\n')
    expect((await set('one')).outputs['status']).toBe('succeeded')
    const warned = await set('two')
    expect(warned.warnings.join()).toContain('ConfigMap/mode changed; Deployment/reader reads it at its start')
    expect(serving()).toEqual(['one'])
    const asked = {'restart-on-config-change': 'true'}
    expect((await set('three', asked)).outputs).toMatchObject({status: 'succeeded', revision: '2'})
    expect(serving()).toEqual(['three'])
    const bad = await set('bad', asked)
    expect(bad.outputs).toMatchObject({status: 'rolled-back', 'failure-reason': 'container-exited'})
    expect(serving()).toEqual(['three'])
    expect((await set('three')).outputs['status']).toBe('unchanged')
  },
  2 * MINUTE,
)

test(
  'fields of plain kubectl apply are taken over: what the manifest leaves out goes away',
  async () => {
    const old = workload({name: 'old', container: {env: [{name: 'A', value: '1'}]}}).replace(
      '"app","command"',
      `"${IMAGE}:v1","command"`,
    )
    run('kubectl', ['apply', '-n', NAMESPACE, '-f', '-'], old)
    const result = await rollOut(workload({name: 'old', container: {env: [{name: 'B', value: '2'}]}}))
    expect([result.errors, result.outputs['status']]).toEqual([[], 'succeeded'])
    expect(kubectl('get', 'deployment', 'old', '-n', NAMESPACE, '-o', 'jsonpath={..env[*].name}')).toBe('B')
  },
  2 * MINUTE,
)

test(
  'a user without the permission reads which one, before anything is changed',
  async () => {
    kubectl('create', 'serviceaccount', 'nobody', '-n', NAMESPACE)
    const token = kubectl('create', 'token', 'nobody', '-n', NAMESPACE).trim()
    const config = JSON.parse(kubectl('config', 'view', '--minify', '--raw', '-o', 'json')) as {users: {user: object}[]}
    config.users[0]!.user = {token}
    const result = await rollOut(workload({name: 'refused'}), {kubeconfig: JSON.stringify(config)})
    expect(result.outputs['failure-reason']).toBe('access-denied')
    expect(result.errors[0]).toContain(`patch deployments.apps in ${NAMESPACE}`)
    expect(result.visible).not.toContain(token)
    expect(kubectl('get', 'deployments', '-n', NAMESPACE, '-o', 'name')).not.toContain('refused')
  },
  MINUTE,
)

test(
  'a run that is cancelled is not green, and puts back when asked',
  async () => {
    const result = await rollOut(
      workload({name: 'app', path: '/', program: 'setInterval(() => {}, 1000)'}),
      {'on-cancel': 'rollback'},
      {
        onOutput: (text, child) => {
          if (text.includes('Deployment/app  ')) child.kill('SIGINT')
        },
      },
    )
    expect(result.outputs).toMatchObject({status: 'cancelled', 'failure-reason': 'cancelled'})
    expect(kubectl('get', 'deployment', 'app', '-n', NAMESPACE, '-o', 'jsonpath={..command[2]}')).toBe(SERVER)
  },
  2 * MINUTE,
)
