import {jest} from '@jest/globals'
import {scriptedKube} from '../support/scripted-kube.ts'
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
