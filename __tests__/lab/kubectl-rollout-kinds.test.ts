import {labKube} from '../support/lab-kube.ts'
import type {ActionCall, ActionResult} from '../support/spawn-action.ts'

const MINUTE = 60_000
const lab = labKube('kubectl-rollout-kinds')
const {namespace, image, kubectl} = lab

beforeAll(async () => {
  await lab.open({image: true})
}, 2 * MINUTE)

afterAll(async () => {
  await lab.close()
}, MINUTE)

const GOOD = 'touch /tmp/ok; sleep 600'
const BAD = 'echo no database; exit 3'
const PROBE = {readinessProbe: {exec: {command: ['test', '-f', '/tmp/ok']}, periodSeconds: 1}}

function template(name: string, run: string, container: object = {}, pod: object = {}): object {
  const one = {name: 'app', image: `${image}:v1`, command: ['sh', '-c', run], ...PROBE, ...container}
  return {metadata: {labels: {app: name}}, spec: {terminationGracePeriodSeconds: 0, containers: [one], ...pod}}
}
function workload(
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet',
  name: string,
  run: string,
  spec: object = {},
): object {
  const selector = {matchLabels: {app: name}}
  const service = kind === 'StatefulSet' ? {serviceName: name} : {}
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: {name},
    spec: {...service, ...spec, selector, template: template(name, run)},
  }
}
const rollOut = async (
  objects: readonly object[],
  inputs: Record<string, string> = {},
  call: ActionCall = {},
): Promise<ActionResult> => await lab.rollOut(objects.map((one) => JSON.stringify(one)).join('\n---\n'), inputs, call)
const get = (what: string, path: string): string =>
  kubectl('get', ...what.split(' '), '-n', namespace, '-o', `jsonpath={${path}}`)
const command = (kind: string, name: string): string =>
  get(`${kind} ${name}`, '.spec.template.spec.containers[0].command[2]')

test(
  'a DaemonSet: green, and red with its cause and back to the revision before',
  async () => {
    expect((await rollOut([workload('DaemonSet', 'agent', GOOD)])).outputs['status']).toBe('succeeded')
    const bad = await rollOut([workload('DaemonSet', 'agent', BAD)])
    expect(bad.outputs).toMatchObject({status: 'rolled-back', 'failure-reason': 'container-exited'})
    expect(bad.errors[0]).toContain('DaemonSet/agent: container "app" exits with code 3 right after start: no database')
    expect(command('daemonset', 'agent')).toBe(GOOD)
    expect(get('daemonset agent', '.status.numberAvailable')).toBe('1')
  },
  3 * MINUTE,
)

test(
  'mode: rollback by receipt takes Deployments, StatefulSets and DaemonSets back together',
  async () => {
    const all = (run: string): object[] => [
      workload('Deployment', 'back-d', run),
      workload('StatefulSet', 'back-s', run),
      workload('DaemonSet', 'back-a', run),
    ]
    expect((await rollOut(all(GOOD))).outputs['status']).toBe('succeeded')
    const second = await rollOut(all(`${GOOD}; true`))
    expect(second.outputs['status']).toBe('succeeded')
    const receipt = second.outputs['receipt'] ?? ''
    const {before} = JSON.parse(receipt) as {before: {resources: string[]}}
    expect(before.resources.map((one) => one.replace(/@.*/, ''))).toEqual([
      'Deployment/back-d',
      'StatefulSet/back-s',
      'DaemonSet/back-a',
    ])
    const result = await rollOut([], {mode: 'rollback', receipt, manifests: ''})
    expect(result.outputs).toMatchObject({status: 'succeeded', changed: 'true'})
    for (const [kind, name] of [
      ['deployment', 'back-d'],
      ['statefulset', 'back-s'],
      ['daemonset', 'back-a'],
    ] as const)
      expect(command(kind, name)).toBe(GOOD)
    // Going back is a run like others: its own receipt undoes it.
    const again = await rollOut([], {mode: 'rollback', receipt: result.outputs['receipt'] ?? '', manifests: ''})
    expect(again.outputs['status']).toBe('succeeded')
    expect(command('statefulset', 'back-s')).toBe(`${GOOD}; true`)
    expect(command('daemonset', 'back-a')).toBe(`${GOOD}; true`)
  },
  4 * MINUTE,
)

test(
  'one workload of a receipt that cannot go back is said before the others are touched',
  async () => {
    const both = [workload('Deployment', 'here', GOOD), workload('Deployment', 'gone', GOOD)]
    await rollOut(both)
    const second = await rollOut(
      both.map((_one, at) => workload('Deployment', at === 0 ? 'here' : 'gone', `${GOOD}; true`)),
    )
    kubectl('delete', 'deployment', 'gone', '-n', namespace)
    const result = await rollOut([], {mode: 'rollback', receipt: second.outputs['receipt'] ?? '', manifests: ''})
    expect(result.errors).toEqual([`Input "receipt" has "Deployment/gone", but namespace ${namespace} has none.`])
    expect(command('deployment', 'here')).toBe(`${GOOD}; true`)
  },
  3 * MINUTE,
)

test(
  'what a failed rollout changed goes back: ConfigMap and Service too; what it did not change, and fields of others, stay',
  async () => {
    const config = (mode: string): object => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {name: 'undo'},
      data: {MODE: mode, ...(mode === 'two' && {NEW: 'key'})},
    })
    const service = (port: number): object => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {name: 'undo'},
      spec: {selector: {app: 'undo'}, ports: [{name: 'http', port}]},
    })
    const untouched = {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'untouched'}, data: {A: 'b'}}
    await rollOut([config('one'), service(80), untouched, workload('Deployment', 'undo', GOOD)])
    kubectl('label', 'service', 'undo', '-n', namespace, 'team=shop')
    const before = get('configmap untouched', '.metadata.resourceVersion')
    const clusterIp = get('service undo', '.spec.clusterIP')
    const bad = await rollOut([config('two'), service(8080), untouched, workload('Deployment', 'undo', BAD)])
    expect(bad.outputs).toMatchObject({status: 'rolled-back', 'failure-reason': 'container-exited'})
    expect(JSON.parse(get('configmap undo', '.data'))).toEqual({MODE: 'one'})
    expect(get('service undo', '.spec.ports[*].port')).toBe('80')
    expect(get('service undo', '.spec.clusterIP')).toBe(clusterIp)
    expect(get('service undo', '.metadata.labels.team')).toBe('shop')
    expect(get('configmap untouched', '.metadata.resourceVersion')).toBe(before)
    expect(command('deployment', 'undo')).toBe(GOOD)
    expect(bad.log).toContain('what changed')
  },
  3 * MINUTE,
)

test(
  'a quota that is full is red with its numbers',
  async () => {
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: {name: 'small'},
      spec: {hard: {'limits.memory': '64Mi'}},
    }
    const [{spec}] = [workload('Deployment', 'quota', GOOD) as {spec: object}]
    const limits = {resources: {limits: {memory: '128Mi'}}}
    const big = {...workload('Deployment', 'quota', GOOD), spec: {...spec, template: template('quota', GOOD, limits)}}
    const result = await rollOut([quota, big], {
      namespace: `${namespace}-quota`,
      'create-namespace': 'true',
      grace: '2s',
    })
    try {
      expect(result.outputs).toMatchObject({status: 'failed', 'failure-reason': 'quota'})
      expect(result.errors[0]).toMatch(
        /Deployment\/quota: quota "small" leaves no room for its pods: asked limits.memory=128Mi, used limits.memory=0 of/,
      )
      expect(result.log).toMatch(/small\s+limits.memory\s+0\s+64Mi/)
    } finally {
      kubectl('delete', 'namespace', `${namespace}-quota`, '--wait=false')
    }
  },
  2 * MINUTE,
)

function job(name: string, run: string, spec: object): object {
  const pod = {restartPolicy: 'Never'}
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {generateName: `${name}-`},
    spec: {...spec, template: template(name, run, {readinessProbe: undefined}, pod)},
  }
}

describe('a Job', () => {
  test(
    'that is done is green',
    async () => {
      const result = await rollOut([job('good', 'true', {backoffLimit: 0})])
      expect(result.outputs['status']).toBe('succeeded')
      expect(result.log).toContain('1 completion')
    },
    MINUTE,
  )

  test(
    'tries again as often as its backoffLimit says, and is red with the last words only then',
    async () => {
      const result = await rollOut([job('bad', 'echo no such table; exit 7', {backoffLimit: 1})])
      expect(result.outputs).toMatchObject({status: 'failed', 'failure-reason': 'container-exited'})
      expect(result.errors[0]).toMatch(
        /Job\/bad-\w+: container "app" exits with code 7 right after start: no such table \(2 of 2 new pods\)/,
      )
    },
    2 * MINUTE,
  )

  test(
    'that heals within its backoffLimit is green: the first crash does not end the wait',
    async () => {
      // A pod of a Job knows nothing of the one before it but the time.
      const run = `[ $(date +%s) -gt ${String(Math.floor(Date.now() / 1000) + 12)} ] || exit 1`
      const result = await rollOut([job('heals', run, {backoffLimit: 6})], {grace: '1s'})
      expect(result.outputs['status']).toBe('succeeded')
    },
    2 * MINUTE,
  )

  test(
    'whose image does not exist is red at once, whatever its backoffLimit',
    async () => {
      const one = JSON.parse(JSON.stringify(job('image', 'true', {backoffLimit: 6})).replace(':v1', ':v9')) as object
      const result = await rollOut([one])
      expect(result.outputs['failure-reason']).toBe('image-not-found')
    },
    MINUTE,
  )
})

test(
  'a workflow that was written for Azure/k8s-deploy, with only "uses:" changed',
  async () => {
    const azure = {
      action: 'deploy',
      strategy: 'basic',
      'pull-images': 'false',
      'annotate-resources': 'true',
      token: 'x',
      manifests: 'k8s/deployment.yml;k8s/service.yml',
      images: `${image}:v1`,
      timeout: '60s',
    }
    const files = {
      'k8s/deployment.yml': JSON.stringify(workload('Deployment', 'azure', GOOD)).replace(':v1', ':before'),
      'k8s/service.yml': JSON.stringify({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: {name: 'azure'},
        spec: {selector: {app: 'azure'}, ports: [{port: 80}]},
      }),
    }
    const result = await rollOut([], azure, {files})
    expect(result.outputs['status']).toBe('succeeded')
    expect(get('deployment azure', '.spec.template.spec.containers[0].image')).toBe(`${image}:v1`)
    expect(JSON.parse(result.outputs['endpoints'] ?? '')).toMatchObject([{object: 'Service/azure'}])
  },
  2 * MINUTE,
)
