import {labKube} from '../support/lab-kube.ts'
import type {ActionResult} from '../support/spawn-action.ts'

const MINUTE = 60_000
const lab = labKube('kubectl-rollout-prune')
const {namespace, kubectl} = lab
const PARENT = ['configmap', 'shop', '-n', namespace] as const
const TOOLING = 'applyset.kubernetes.io/tooling'

beforeAll(async () => {
  await lab.open({image: true})
}, 2 * MINUTE)

afterAll(async () => {
  kubectl('delete', 'storageclass', namespace, '--ignore-not-found')
  await lab.close()
}, MINUTE)

const config = (name: string, value = '1'): string =>
  JSON.stringify({apiVersion: 'v1', kind: 'ConfigMap', metadata: {name}, data: {value}})
const service = (name: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {name},
    spec: {selector: {app: name}, ports: [{port: 80}]},
  })
const claim = (name: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {name},
    spec: {accessModes: ['ReadWriteOnce'], storageClassName: namespace, resources: {requests: {storage: '1Mi'}}},
  })
function deployment(name: string, code: number): string {
  const container = {
    name,
    image: `${lab.image}:v1`,
    command: [
      'node',
      '-e',
      `setTimeout(process.exit, 600000, 0); ${code === 0 ? '' : `process.exit(${String(code)})`}`,
    ],
  }
  const spec = {terminationGracePeriodSeconds: 0, containers: [container]}
  const labels = {app: name}
  // Without a probe a container counts as ready until it exits: on a busy machine that is long enough for a rollout.
  const minReadySeconds = code === 0 ? 0 : 60
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name},
    spec: {minReadySeconds, selector: {matchLabels: labels}, template: {metadata: {labels}, spec}},
  })
}

const apply = async (objects: readonly string[], inputs: Record<string, string> = {}): Promise<ActionResult> =>
  await lab.rollOut(objects.join('\n---\n'), {prune: 'true', applyset: 'configmap/shop', ...inputs})
const pruned = (result: ActionResult): string[] =>
  (JSON.parse(result.outputs['pruned'] ?? '[]') as {kind: string; name: string}[]).map(
    ({kind, name}) => `${kind}/${name}`,
  )
const names = (kinds: string): string[] =>
  kubectl('get', kinds, '-n', namespace, '-l', 'applyset.kubernetes.io/part-of', '-o', 'name').trim().split('\n').sort()

test(
  'what left the manifests is shown in plan, deleted after the rollout, and nothing else is',
  async () => {
    kubectl('create', 'configmap', 'somebody-elses', '-n', namespace)
    await apply([config('keep'), config('old'), service('old'), deployment('app', 0)])
    const next = [config('keep'), deployment('app', 0)]
    const plan = await apply(next, {mode: 'plan'})
    expect(pruned(plan).sort()).toEqual(['ConfigMap/old', 'Service/old'])
    expect(JSON.parse(plan.outputs['preview'] ?? '')).toMatchObject({verdict: 'destroy'})
    expect(names('configmap,service')).toEqual(['configmap/keep', 'configmap/old', 'service/old'])
    const result = await apply(next)
    expect(result.outputs).toMatchObject({status: 'succeeded', changed: 'true'})
    expect(result.log).toContain('− ConfigMap/old deleted')
    expect(names('configmap,service')).toEqual(['configmap/keep'])
    expect(kubectl('get', 'configmap', 'somebody-elses', '-n', namespace, '-o', 'name')).toContain('somebody-elses')
    expect((await apply(next)).outputs).toMatchObject({status: 'unchanged', changed: 'false', pruned: '[]'})
    const kinds = kubectl('get', ...PARENT, '-o', 'jsonpath={.metadata.annotations}')
    expect(JSON.parse(kinds)).toMatchObject({
      'applyset.kubernetes.io/contains-group-kinds': 'ConfigMap,Deployment.apps',
    })
  },
  2 * MINUTE,
)

test(
  'a rollout that fails deletes nothing, and the next good one does',
  async () => {
    await apply([config('keep'), config('late'), deployment('app', 0)])
    const bad = await apply([config('keep'), deployment('app', 3)])
    expect(bad.outputs).toMatchObject({status: 'rolled-back', 'failure-reason': 'container-exited'})
    expect(names('configmap')).toEqual(['configmap/keep', 'configmap/late'])
    const good = await apply([config('keep'), deployment('app', 0)])
    expect(pruned(good)).toEqual(['ConfigMap/late'])
  },
  3 * MINUTE,
)

test(
  'claims of data, and what is annotated to stay, are named and left',
  async () => {
    const late = {apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: {name: namespace}}
    const first = {...late, provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'WaitForFirstConsumer'}
    lab.run('kubectl', ['apply', '-f', '-'], JSON.stringify(first))
    const started = await apply([config('keep'), claim('data'), config('precious')])
    expect(started.outputs['status']).toBe('succeeded')
    expect(started.log).toContain('bound when its first pod is scheduled')
    kubectl('annotate', 'configmap', 'precious', '-n', namespace, 'slipway.dev/prune=false')
    const result = await apply([config('keep')])
    expect(result.log).toContain('PersistentVolumeClaim/data is not in the manifests any more, and stays')
    expect(result.log).toContain('ConfigMap/precious is not in the manifests any more, and stays')
    expect(names('configmap,persistentvolumeclaim')).toEqual([
      'configmap/keep',
      'configmap/precious',
      'persistentvolumeclaim/data',
    ])
  },
  MINUTE,
)

test(
  "kubectl's own pruning reads our sets and we read its; neither touches the other's before it is handed over",
  async () => {
    const ofKubectl = (manifest: string): string =>
      lab.run(
        'env',
        [
          'KUBECTL_APPLYSET=true',
          'kubectl',
          'apply',
          '--server-side',
          '--force-conflicts',
          '-n',
          namespace,
          '--prune',
          '--applyset=configmap/shop',
          '-f',
          '-',
        ],
        manifest,
      )
    await apply([config('keep'), config('ours')])
    expect(() => ofKubectl(config('keep'))).toThrow(/managed by tooling "slipway" instead of "kubectl"/)
    kubectl('annotate', ...PARENT, '--overwrite', `${TOOLING}=kubectl/v1.34.2`)
    const output = ofKubectl(`${config('keep')}\n---\n${config('theirs')}`)
    expect(output).toContain('configmap/ours pruned')
    const refused = await apply([config('keep')])
    expect(refused.outputs).toMatchObject({status: 'failed', 'failure-reason': 'conflict'})
    expect(refused.errors[0]).toContain('ConfigMap/shop: this ApplySet is kept by kubectl/v1.34.2')
    expect(names('configmap')).toContain('configmap/theirs')
    kubectl('annotate', ...PARENT, '--overwrite', `${TOOLING}=slipway/v1.0.0`)
    const result = await apply([config('keep')], {'force-conflicts': 'true'})
    expect(pruned(result)).toEqual(['ConfigMap/theirs'])
  },
  2 * MINUTE,
)

test.each([
  ['a parent that is something else', {applyset: 'configmap/somebody-elses'}, /is there and is no ApplySet/],
  ['a namespace of the cluster', {namespace: 'kube-system'}, /namespace kube-system, which belongs to the cluster/],
  ['an object of another set', {applyset: 'configmap/other'}, /it belongs to another ApplySet/],
])(
  '%s is refused before anything is changed',
  async (_name, inputs, sentence) => {
    const result = await apply([config('keep')], inputs)
    expect(result.code).toBe(1)
    expect(result.errors[0]).toMatch(sentence)
    expect(kubectl('get', 'configmap', '-A', '-o', 'name')).not.toContain('configmap/other')
  },
  MINUTE,
)
