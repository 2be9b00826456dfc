import {jest} from '@jest/globals'
import {scriptedKube, status} from '../support/scripted-kube.ts'
import type {KubeCall, Script, ScriptedKube} from '../support/scripted-kube.ts'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionCall, ActionResult} from '../support/spawn-action.ts'

jest.setTimeout(60_000)

const config = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: default}\ndata: {A: one}\n`
const ALL = ['keep', 'old-1', 'old-2'].map(config).join('---\n')
const isDelete = ({method}: KubeCall): boolean => method === 'DELETE'

let kube: ScriptedKube
let fault: Script['fault']

beforeEach(async () => {
  fault = undefined
  kube = await scriptedKube({fault: (call, self) => fault?.(call, self)})
  expect((await apply(ALL)).outputs['status']).toBe('succeeded')
})
afterEach(async () => {
  await kube.close()
})

async function apply(manifest: string, call: ActionCall = {}): Promise<ActionResult> {
  return await spawnAction('kubectl-rollout', {
    files: {'k8s/app.yaml': manifest},
    path: [kube.bin],
    inputs: {manifests: 'k8s', prune: 'true', applyset: 'configmap/shop'},
    ...call,
  })
}
const maps = (): string[] =>
  kube
    .things()
    .filter(({kind}) => kind === 'ConfigMap')
    .map(({metadata}) => metadata.name)

it('deletes with the uid that was shown, and notes on the parent where members are', async () => {
  const uids = kube
    .things()
    .filter(({metadata}) => metadata.name.startsWith('old'))
    .map(({metadata}) => metadata.uid)
  const result = await apply(config('keep'))
  expect(result.outputs['diff']).toContain('− ConfigMap/old-1 (not in the manifests any more)')
  expect(result.outputs).toMatchObject({status: 'succeeded', changed: 'true'})
  const bodies = kube.calls.filter(isDelete).map(({body}) => body as {preconditions: {uid: string}})
  expect(bodies.map(({preconditions}) => preconditions.uid)).toEqual(uids)
  expect(maps().sort()).toEqual(['keep', 'shop'])
})

it('a deletion that is refused is red and named, the others are done, and the rollout stays', async () => {
  fault = (call) =>
    isDelete(call) && call.path.endsWith('old-1')
      ? {status: 403, body: status(403, 'Forbidden', 'admission webhook "keep" denied the request')}
      : undefined
  const result = await apply(`${config('keep')}---\n${config('new')}`)
  expect(result.code).toBe(1)
  expect(result.outputs).toMatchObject({status: 'failed', 'failure-reason': 'rejected'})
  expect(result.errors[0]).toContain('ConfigMap/old-1: admission webhook "keep" denied the request')
  expect(result.errors[0]).toContain('1 of 2 that left the manifests are deleted')
  expect(maps().sort()).toEqual(['keep', 'new', 'old-1', 'shop'])
  fault = undefined
  expect(JSON.parse((await apply(`${config('keep')}---\n${config('new')}`)).outputs['pruned'] ?? '')).toHaveLength(1)
})

it('a cancelled run stops deleting, and puts nothing back that is healthy', async () => {
  let cancel = (): void => undefined
  let asked = false
  fault = (call) => {
    if (asked || call.method !== 'GET' || !call.path.endsWith('/configmaps/old-1')) return undefined
    asked = true
    cancel()
    // The next try comes a moment later: the signal is there before.
    return {status: 429, body: status(429, 'TooManyRequests', 'slow down')}
  }
  const result = await apply(config('keep'), {
    inputs: {manifests: 'k8s', prune: 'true', applyset: 'configmap/shop', 'on-cancel': 'rollback'},
    onOutput: (_text, child) => {
      cancel = () => child.kill('SIGINT')
    },
  })
  expect(result.code).toBe(1)
  expect(result.outputs['status']).toBe('cancelled')
  expect(result.errors[0]).toContain('The rollout itself is live and stays; 1 of 2 that left the manifests are deleted')
  expect(maps().sort()).toEqual(['keep', 'old-2', 'shop'])
})

it('what somebody applied again meanwhile is left', async () => {
  fault = ({method, path}, self) => {
    const old = self.things().find(({metadata}) => metadata.name === 'old-2')
    if (method === 'GET' && path.endsWith('/configmaps/old-2') && old !== undefined) {
      self.put({...old, metadata: {...old.metadata, annotations: {'slipway.dev/run': 'another'}}})
    }
    return undefined
  }
  const result = await apply(config('keep'))
  expect(result.outputs['status']).toBe('succeeded')
  expect(result.log).toContain('= ConfigMap/old-2 left: it was applied again or is gone')
  expect(maps().sort()).toEqual(['keep', 'old-2', 'shop'])
})

it('a user who may not delete reads so before anything is changed', async () => {
  fault = ({path, body}) => {
    if (!path.endsWith('/selfsubjectaccessreviews')) return undefined
    const {verb} = (body as {spec: {resourceAttributes: {verb: string}}}).spec.resourceAttributes
    return {status: 201, body: {status: {allowed: verb !== 'delete'}}}
  }
  const result = await apply(`${config('keep')}---\n${config('new')}`)
  expect(result.outputs['failure-reason']).toBe('access-denied')
  expect(result.errors[0]).toContain('this user may not delete configmaps in default')
  expect(maps()).not.toContain('new')
})

it('a set that reaches into a namespace of the cluster is refused', async () => {
  const parent = kube.things().find(({metadata}) => metadata.name === 'shop')
  if (parent === undefined) throw new Error('no parent')
  const annotations = {
    ...(parent.metadata['annotations'] as object),
    'applyset.kubernetes.io/additional-namespaces': 'kube-system',
  }
  kube.put({...parent, metadata: {...parent.metadata, annotations}})
  const result = await apply(config('keep'))
  expect(result.errors[0]).toContain('namespace kube-system, which belongs to the cluster')
  expect(kube.calls.filter(isDelete)).toEqual([])
})
