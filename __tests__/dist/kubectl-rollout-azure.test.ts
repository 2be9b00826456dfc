import {jest} from '@jest/globals'
import {parse} from 'yaml'
import {scriptedKube, status} from '../support/scripted-kube.ts'
import type {ScriptedKube, Thing} from '../support/scripted-kube.ts'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionResult} from '../support/spawn-action.ts'

jest.setTimeout(60_000)

let kube: ScriptedKube
beforeEach(async () => {
  kube = await scriptedKube()
})
afterEach(async () => {
  await kube.close()
})

const pod = (image: string): string => `containers: [{name: a, image: "${image}"}]`
const deployment = (name: string, image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: 0
  paused: true
  selector: {matchLabels: {app: ${name}}}
  template: {metadata: {labels: {app: ${name}}}, spec: {${pod(image)}}}
`
const MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {A: b}\n'

/** As a workflow for Azure/k8s-deploy gives them, only `uses:` changed. */
async function azure(files: Record<string, string>, inputs: Record<string, string> = {}): Promise<ActionResult> {
  const usual = {
    action: 'deploy',
    strategy: 'basic',
    namespace: 'default',
    timeout: '10m',
    token: 'x',
    'pull-images': 'false',
  }
  return await spawnAction('kubectl-rollout', {files, path: [kube.bin], inputs: {...usual, mode: 'plan', ...inputs}})
}
/** What reached the server in the dry run. */
const sent = (kind: string, name: string): Thing =>
  kube.calls.find(
    ({method, body}) => method === 'PATCH' && (body as Thing).kind === kind && (body as Thing).metadata.name === name,
  )?.body as Thing
const template = (name: string): {spec: Record<string, unknown> & {containers: [{image: string}]}} =>
  (sent('Deployment', name)['spec'] as {template: never}).template

describe('a workflow that was written for Azure/k8s-deploy (basic strategy) works by changing "uses:"', () => {
  it('manifests by lines, commas and semicolons, several images, pull secrets', async () => {
    const result = await azure(
      {'a/one.yml': deployment('one', 'acr.azurecr.io/one:1'), 'b/two.yaml': deployment('two', 'two'), 'c.yaml': MAP},
      {
        manifests: 'a/one.yml;b/two.yaml\nc.yaml',
        images: 'acr.azurecr.io/one:9\ntwo=registry:5000/two:8',
        imagepullsecrets: 'login\nlogin\nother',
      },
    )
    expect(result.code).toBe(0)
    expect(template('one').spec.containers[0].image).toBe('acr.azurecr.io/one:9')
    expect(template('two').spec.containers[0].image).toBe('registry:5000/two:8')
    expect(template('one').spec['imagePullSecrets']).toEqual([{name: 'login'}, {name: 'other'}])
    expect(sent('ConfigMap', 'map')).not.toHaveProperty('spec')
  })

  it.each([
    [{strategy: 'canary'}, 'Input "strategy" is "canary"'],
    [{action: 'reject'}, 'Input "action" is "reject"'],
    [{force: 'true'}, 'Input "force" is "true"'],
  ])('what is not offered is one sentence: %j', async (inputs, sentence) => {
    const result = await azure({'a.yaml': MAP}, {manifests: 'a.yaml', ...inputs})
    expect(result.code).toBe(1)
    expect(result.errors).toEqual([expect.stringContaining(sentence)])
    expect(kube.calls).toEqual([])
  })
})

describe('what people met with it', () => {
  it('defaultMode: 0400 was written back as the decimal 400', async () => {
    const volume = 'volumes: [{name: v, secret: {secretName: s, defaultMode: 0400}}]'
    await azure(
      {'a.yaml': deployment('a', 'x').replace('{containers', `{${volume}, containers`)},
      {manifests: 'a.yaml'},
    )
    expect(template('a').spec['volumes']).toEqual([{name: 'v', secret: {secretName: 's', defaultMode: 256}}])
  })

  it('a document with nothing but a comment crashed it', async () => {
    const result = await azure({'a.yaml': `${MAP}---\n# nothing\n---\n${deployment('a', 'x')}`}, {manifests: 'a.yaml'})
    expect(result.code).toBe(0)
    expect(sent('Deployment', 'a')).toBeDefined()
  })

  it('a registry with a port: every image of it became the one image (k8s-deploy#2)', async () => {
    const files = {
      'a.yaml': deployment('a', 'localhost:5000/app:1'),
      'b.yaml': deployment('b', 'localhost:5000/other:1'),
    }
    await azure(files, {manifests: 'a.yaml,b.yaml', images: 'localhost:5000/app:2'})
    expect(template('a').spec.containers[0].image).toBe('localhost:5000/app:2')
    expect(template('b').spec.containers[0].image).toBe('localhost:5000/other:1')
  })

  it('an image that nothing uses was passed over in silence (k8s-deploy#286)', async () => {
    const result = await azure({'a.yaml': deployment('a', 'x')}, {manifests: 'a.yaml', images: 'y:1'})
    expect(result.errors[0]).toContain('but no manifest uses the image "docker.io/library/y": they name x.')
  })

  it('JSON files, lists and two files of one name were dropped or overwrote each other (k8s-deploy#315)', async () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: in-list}}\n`
    const json = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "in-json"}}'
    const files = {'one/app.yaml': MAP, 'two/app.yaml': list, 'two/more.json': json}
    const result = await azure(files, {manifests: 'one\ntwo'})
    expect(result.code).toBe(0)
    for (const name of ['map', 'in-list', 'in-json']) expect(sent('ConfigMap', name)).toBeDefined()
  })

  it('with pull secrets, what has a generated name and no pods was not deployed', async () => {
    const job = `apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: run-}\n---\n${MAP}`
    await azure({'a.yaml': job}, {manifests: 'a.yaml', imagepullsecrets: 'login'})
    expect(sent('ConfigMap', 'map')).toBeDefined()
    expect(
      kube.calls.some(
        ({method, body}) => method === 'POST' && (body as Partial<Thing>).metadata?.['generateName'] === 'run-',
      ),
    ).toBe(true)
  })

  it('an object with its own namespace failed when "namespace" was set (k8s-deploy#163)', async () => {
    kube.put({apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'other'}})
    const result = await azure(
      {'a.yaml': MAP.replace('name: map', 'name: map, namespace: other')},
      {manifests: 'a.yaml'},
    )
    expect(result.code).toBe(0)
    expect(kube.calls.some(({path}) => path === '/api/v1/namespaces/other/configmaps/map')).toBe(true)
  })
})

describe('strategies that moved traffic or left objects out are refused, not imitated', () => {
  it.each([
    ['canary', 'deployed only what has a spec: ConfigMaps, Secrets and Roles beside it were left out in silence'],
    ['blue-green', 'sent the traffic to the new version before it had looked whether it came up'],
  ])('%s %s', async (strategy) => {
    const result = await azure({'a.yaml': `${MAP}---\n${deployment('a', 'x')}`}, {manifests: 'a.yaml', strategy})
    expect(result.errors).toEqual([expect.stringContaining(`Input "strategy" is "${strategy}": use basic or none.`)])
    expect(kube.calls).toEqual([])
  })
})

describe('what it did after the apply', () => {
  /** Deployments that are live at once, and the pods behind them in ReplicaSets. */
  const live = (thing: Thing, self: ScriptedKube): void => {
    if (thing.kind !== 'Deployment') return
    const counts = {replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1}
    self.put({...thing, status: {observedGeneration: thing.metadata['generation'], ...counts}})
  }
  const serving = (name: string): string =>
    deployment(name, 'x').replace('replicas: 0', 'replicas: 1').replace('paused: true', 'paused: false')
  const writes = (): string[] =>
    kube.calls
      .filter(({method, query}) => ['PATCH', 'PUT', 'POST'].includes(method) && query.get('dryRun') === null)
      .filter(({path}) => !path.endsWith('selfsubjectaccessreviews'))
      .map(({method, path}) => `${method} ${path}`)

  async function live2(inputs: Record<string, string> = {}, more = ''): Promise<ActionResult> {
    await kube.close()
    kube = await scriptedKube({onApply: live})
    return await azure(
      {'a.yaml': `${serving('a')}---\n${serving('b')}${more}`},
      {manifests: 'a.yaml', mode: 'deploy', ...inputs},
    )
  }

  it('annotateChildPods looked for the new ReplicaSet in the text of "kubectl describe", and wrote to its pods', async () => {
    const result = await live2({'annotate-resources': 'true'})
    expect(result.outputs['status']).toBe('succeeded')
    expect(kube.calls.filter(({method, path}) => method !== 'GET' && /\/(?:pods|replicasets)\b/.test(path))).toEqual([])
    expect(JSON.stringify(sent('Deployment', 'a')['spec'])).not.toContain('slipway.dev')
    expect(sent('Deployment', 'a').metadata['annotations']).toHaveProperty(['slipway.dev/run'])
  })

  it('labels "workflow" and "workflowFriendlyName" were written to live objects after the apply, also when annotating was off', async () => {
    await live2({'annotate-resources': 'false'})
    expect(writes()).toEqual([
      'PATCH /apis/apps/v1/namespaces/default/deployments/a',
      'PATCH /apis/apps/v1/namespaces/default/deployments/b',
    ])
    expect(sent('Deployment', 'a').metadata).not.toHaveProperty('labels')
  })

  it('annotations that somebody refuses made a good deploy red (k8s-deploy#149, #226)', async () => {
    await kube.close()
    kube = await scriptedKube({
      onApply: live,
      fault: ({method, body}) =>
        method === 'PATCH' && JSON.stringify(body).includes('slipway.dev/run')
          ? {status: 403, body: status(403, 'Forbidden', 'admission webhook "notes" denied the request')}
          : undefined,
    })
    const result = await azure({'a.yaml': serving('a')}, {manifests: 'a.yaml', mode: 'deploy'})
    expect(result.outputs['status']).toBe('succeeded')
    expect(result.log).toContain('run and commit are not noted on Deployment/a: it was refused')
  })

  it('rollouts were awaited one by one, each with the whole timeout; of a failed one only "describe" was shown', async () => {
    await kube.close()
    kube = await scriptedKube({
      onApply: (thing, self) => {
        const counts = {replicas: 1, updatedReplicas: 1, readyReplicas: 0, availableReplicas: 0}
        if (thing.kind === 'Deployment') self.put({...thing, status: {observedGeneration: 1, ...counts}})
      },
    })
    const files = {'a.yaml': ['a', 'b', 'c'].map(serving).join('---\n')}
    const result = await azure(files, {manifests: 'a.yaml', mode: 'deploy', timeout: '2s', 'on-failure': 'keep'})
    expect(result.outputs).toMatchObject({status: 'timed-out', 'failure-reason': 'timeout'})
    expect(result.tookMs).toBeLessThan(3 * 2000 + 2000)
    expect(
      kube.calls.filter(({path, query}) => query.get('watch') === 'true' && path.endsWith('/deployments')),
    ).toHaveLength(1)
    for (const name of ['a', 'b', 'c']) expect(result.log).toContain(`· Deployment/${name}  0/1 available`)
  })

  it('"kind: List" was never taken apart: no image was set in it and nothing of it was waited for', async () => {
    await kube.close()
    kube = await scriptedKube({onApply: live})
    const item = JSON.stringify(parse(serving('in-list')))
    const list = `{"apiVersion": "v1", "kind": "List", "items": [${item}]}`
    const result = await azure({'a.json': list}, {manifests: 'a.json', mode: 'deploy', images: 'x=registry:5000/x:2'})
    expect(template('in-list').spec.containers[0].image).toBe('registry:5000/x:2')
    expect(result.log).toContain('✓ Deployment/in-list  1/1 available')
  })

  it('one name in two namespaces in the same millisecond overwrote each other in a file', async () => {
    kube.put({apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'other'}})
    const both = `${MAP}---\n${MAP.replace('name: map', 'name: map, namespace: other')}`
    await azure({'a.yaml': both}, {manifests: 'a.yaml', imagepullsecrets: 'login'})
    for (const namespace of ['default', 'other'])
      expect(kube.calls.some(({path}) => path === `/api/v1/namespaces/${namespace}/configmaps/map`)).toBe(true)
  })

  it('yes, on and y were written back as text; an object without a kind crashed it', async () => {
    const spec = deployment('a', 'x').replace('paused: true', 'paused: yes').replace('replicas: 0', 'replicas: 0o10')
    await azure({'a.yaml': spec}, {manifests: 'a.yaml'})
    expect(sent('Deployment', 'a')['spec']).toMatchObject({paused: true, replicas: 8})
    const bare = await azure({'a.yaml': 'a: yes\n'}, {manifests: 'a.yaml'})
    expect(bare.errors).toEqual([expect.stringContaining('The object at a.yaml:1 has no apiVersion.')])
  })
})

it('a bare pod that fails was green: its check crashed and was only a warning', async () => {
  await kube.close()
  kube = await scriptedKube({
    onApply: (thing, self) => {
      if (thing.kind === 'Pod') self.put({...thing, status: {phase: 'Failed', message: 'it broke'}})
    },
  })
  const bare = `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {${pod('x')}}\n`
  const result = await azure({'a.yaml': bare}, {manifests: 'a.yaml', mode: 'deploy'})
  expect(result.code).toBe(1)
  expect(result.errors[0]).toContain('Pod/a: ')
  expect(result.errors[0]).toContain('it broke')
})

it('a load balancer was never waited for: its kind was compared in lower case, and host names were not read', async () => {
  await kube.close()
  kube = await scriptedKube({
    onApply: (thing, self) => {
      setTimeout(
        () => self.put({...thing, status: {loadBalancer: {ingress: [{hostname: 'a.elb.amazonaws.com'}]}}}),
        500,
      )
    },
  })
  const service =
    'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n'
  const result = await azure({'a.yaml': service}, {manifests: 'a.yaml', mode: 'deploy'})
  expect(result.log).toContain('Service/a  waiting for its load balancer')
  expect(JSON.parse(result.outputs['endpoints'] ?? '')).toEqual([
    {object: 'Service/a', namespace: 'default', addresses: ['a.elb.amazonaws.com']},
  ])
})
