import {spawnSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {createServer} from 'node:http'
import type {Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'
import {jest} from '@jest/globals'
import {scriptedKube, status} from '../support/scripted-kube.ts'
import type {Script, ScriptedKube, Thing} from '../support/scripted-kube.ts'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionCall, ActionResult} from '../support/spawn-action.ts'

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 1
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - {name: api, image: "app:1"}
`
const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {MODE: "on", KEY: yes-please}\n'
const GOOD = `registry.example:5000/app@sha256:${'ab'.repeat(32)}`

jest.setTimeout(60_000)

let kube: ScriptedKube
const started: ScriptedKube[] = []

async function cluster(script: Script): Promise<ScriptedKube> {
  kube = await scriptedKube(script)
  started.push(kube)
  return kube
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.close()))
})

async function rollOut(inputs: Record<string, string> = {}, call: ActionCall = {}): Promise<ActionResult> {
  return await spawnAction('kubectl-rollout', {
    files: {'k8s/app.yaml': DEPLOYMENT, 'k8s/config.yaml': CONFIG},
    path: [kube.bin],
    inputs: {manifests: 'k8s', images: `app=${GOOD}`, timeout: '20s', grace: '1s', ...inputs},
    ...call,
  })
}

interface PodState {
  readonly ready?: boolean
  readonly containerStatuses?: readonly Record<string, unknown>[]
}

/** Plays the Deployment controller and the kubelet: a new ReplicaSet with one pod in the given state. */
function controller(stateOf: (image: string) => PodState): NonNullable<Script['onApply']> {
  return (thing, self) => {
    const put = (one: Thing): Thing => self.put(one)
    if (thing.kind !== 'Deployment') return
    const generation = Number(thing.metadata['generation'])
    const image = imageOf(thing)
    const state = stateOf(image)
    const revision = {'deployment.kubernetes.io/revision': String(generation)}
    const ready = state.ready === true
    put({
      ...thing,
      metadata: {...thing.metadata, annotations: {...annotations(thing), ...revision}},
      status: counts(ready, generation),
    })
    const set = put(owned('ReplicaSet', 'apps/v1', `api-${String(generation)}`, thing, {annotations: revision}))
    const conditions = [{type: 'Ready', status: ready ? 'True' : 'False'}]
    const pod = owned('Pod', 'v1', `api-${String(generation)}-x`, set, {})
    put({
      ...pod,
      spec: {containers: [{name: 'api', image}]},
      status: {phase: 'Running', conditions, ...podStatus(image, state)},
    })
  }
}

const imageOf = (thing: Thing): string =>
  (thing['spec'] as {template: {spec: {containers: [{image: string}]}}}).template.spec.containers[0].image
const annotations = (thing: Thing): object => thing.metadata['annotations'] as object
const counts = (ready: boolean, observedGeneration: number): object => {
  const available = ready ? 1 : 0
  return {observedGeneration, replicas: 1, updatedReplicas: 1, readyReplicas: available, availableReplicas: available}
}
const podStatus = (image: string, {containerStatuses, ready}: PodState): object => ({
  containerStatuses: containerStatuses ?? [
    {name: 'api', image, imageID: image.replace(/^.*@/, 'x@'), ready, restartCount: 0, state: {running: {}}},
  ],
})

function owned(kind: string, apiVersion: string, name: string, owner: Thing, metadata: object): Thing {
  const ownerReferences = [{kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid}]
  return {apiVersion, kind, metadata: {name, namespace: 'default', ownerReferences, ...metadata}}
}

const healthy = controller(() => ({ready: true}))

describe('the main road', () => {
  it('sets the image, applies, waits and proves what runs', async () => {
    await cluster({onApply: healthy})
    const result = await rollOut()
    expect(result.log).toContain('✓ Deployment/api  1/1 available')
    expect(result.code).toBe(0)
    expect(result.outputs).toMatchObject({status: 'succeeded', 'failure-reason': '', changed: 'true', revision: '1'})
    expect(JSON.parse(result.outputs['resources'] ?? '')).toEqual([
      expect.objectContaining({kind: 'Deployment', action: 'create', state: 'done', images: [GOOD], proven: true}),
      expect.objectContaining({kind: 'ConfigMap', action: 'create'}),
    ])
    expect(JSON.parse(result.outputs['receipt'] ?? '')).toMatchObject({stage: 'kubernetes', status: 'succeeded'})
    expect(result.summary).toContain('proven by imageID')
  })

  it('sends values as Kubernetes reads them, and notes the run on the object but not on its pods', async () => {
    await cluster({onApply: healthy})
    await rollOut()
    const sent = kube.calls.filter(({method, query}) => method === 'PATCH' && query.get('dryRun') === null)
    expect(sent.map(({path}) => path)).toEqual([
      '/api/v1/namespaces/default/configmaps/settings',
      '/apis/apps/v1/namespaces/default/deployments/api',
    ])
    expect(sent.every(({query}) => query.get('fieldManager') === 'slipway' && query.get('force') === 'false')).toBe(
      true,
    )
    expect(sent[0]?.body).toMatchObject({data: {MODE: 'on', KEY: 'yes-please'}})
    const deployment = sent[1]?.body as Thing
    expect(deployment.metadata['annotations']).toMatchObject({
      'slipway.dev/commit': '4c1f2e9000000000000000000000000000000000',
    })
    expect(JSON.stringify(deployment['spec'])).not.toContain('slipway.dev')
  })

  it('changes nothing the second time', async () => {
    await cluster({onApply: healthy})
    await rollOut()
    const before = kube.calls.length
    const result = await rollOut()
    expect(result.outputs).toMatchObject({status: 'unchanged', changed: 'false'})
    const later = kube.calls
      .slice(before)
      .filter(({method, query}) => method === 'PATCH' && query.get('dryRun') === null)
    expect(later).toEqual([])
  })

  it('mode: plan shows what would change and changes nothing', async () => {
    await cluster({onApply: healthy})
    await rollOut()
    const before = kube.things().length
    const result = await rollOut({mode: 'plan', images: 'app=registry.example:5000/app:2'})
    expect(result.code).toBe(0)
    const preview = JSON.parse(result.outputs['preview'] ?? '') as Record<string, string>
    expect(preview).toMatchObject({stage: 'kubernetes', verdict: 'change', headline: 'Deployment/api: `image`'})
    expect(preview['body']).toContain(
      `! spec.template.spec.containers[api].image: ${GOOD} → registry.example:5000/app:2`,
    )
    const ports = DEPLOYMENT.replace('image: "app:1"', 'image: "app:1", ports: [{containerPort: 3000}]')
    const told = await rollOut({mode: 'plan'}, {files: {'k8s/app.yaml': ports}})
    expect(JSON.parse(told.outputs['preview'] ?? '')).toMatchObject({
      facts: [{fact: 'uses', kind: 'container port', name: 'api', value: '3000', by: 'Deployment/api'}],
    })
    expect(kube.things()).toHaveLength(before)
    expect(imageOf(kube.things().find(({kind}) => kind === 'Deployment') as Thing)).toBe(GOOD)
  })
})

describe('a change of configuration alone', () => {
  const reading = DEPLOYMENT.replace('image: "app:1"', 'image: "app:1", envFrom: [{configMapRef: {name: settings}}]')
  const files = (mode: string): Record<string, string> => ({
    'k8s/app.yaml': reading,
    'k8s/config.yaml': CONFIG.replace('"on"', `"${mode}"`),
  })
  const deployment = (): Thing => kube.things().find(({kind}) => kind === 'Deployment') as Thing
  const config = (): unknown => kube.things().find(({kind}) => kind === 'ConfigMap')?.['data']
  const says = 'ConfigMap/settings changed; Deployment/api reads it at its start and will not see it until it restarts'

  it('warns that the pods go on with what they read, in plan and in deploy', async () => {
    await cluster({onApply: healthy})
    await rollOut({}, {files: files('on')})
    const plan = await rollOut({mode: 'plan'}, {files: files('off')})
    expect(plan.warnings).toEqual([expect.stringContaining(says)])
    expect((JSON.parse(plan.outputs['preview'] ?? '') as {body: string}).body).toContain(`⚠ ${says}`)
    const result = await rollOut({}, {files: files('off')})
    expect(result.warnings).toEqual([expect.stringContaining('"restart-on-config-change: true" restarts it')])
    expect(result.summary).toContain(`⚠ ${says}`)
    expect(result.outputs).toMatchObject({status: 'succeeded', revision: '1'})
    expect((await rollOut({}, {files: files('off')})).warnings).toEqual([])
  })

  it('restarts them in the same rollout when asked, once', async () => {
    await cluster({onApply: healthy})
    const asked = {'restart-on-config-change': 'true'}
    await rollOut(asked, {files: files('on')})
    expect(JSON.stringify(deployment()['spec'])).not.toContain('slipway.dev/config')
    const result = await rollOut(asked, {files: files('off')})
    expect(result.warnings).toEqual([])
    expect(result.outputs).toMatchObject({status: 'succeeded', revision: '2'})
    expect(result.outputs['diff']).toContain('spec.template.metadata')
    for (const inputs of [asked, {}]) {
      const again = await rollOut(inputs, {files: files('off')})
      expect(again.outputs['status']).toBe('unchanged')
    }
  })

  it('goes back to the configuration before, and its pods with it, when they do not come up', async () => {
    const marked = (thing: Thing): boolean => JSON.stringify(thing['spec']).includes('slipway.dev/config')
    await cluster({
      onApply: (thing, self) => {
        const message = 'configmap "gone" not found'
        const waiting = {waiting: {reason: 'CreateContainerConfigError', message}}
        const broken = {
          containerStatuses: [{name: 'api', image: GOOD, imageID: '', ready: false, restartCount: 0, state: waiting}],
        }
        controller(() => (marked(thing) ? broken : {ready: true}))(thing, self)
      },
    })
    await rollOut({}, {files: files('on')})
    const before = config()
    const result = await rollOut({'restart-on-config-change': 'true'}, {files: files('off')})
    expect(result.outputs).toMatchObject({status: 'rolled-back', 'failure-reason': 'config-missing'})
    expect(config()).toEqual(before)
    expect(marked(deployment())).toBe(false)
  })
})

describe('failures', () => {
  const waiting =
    (reason: string, message: string) =>
    (image: string): PodState =>
      image === GOOD
        ? {ready: true}
        : {
            containerStatuses: [
              {name: 'api', image, imageID: '', ready: false, restartCount: 0, state: {waiting: {reason, message}}},
            ],
          }

  it('fails at once when the image does not exist, and puts back what ran', async () => {
    await cluster({onApply: controller(waiting('ErrImagePull', 'manifest unknown'))})
    await rollOut()
    const result = await rollOut({images: 'app=registry.example:5000/app:v1.4.O', grace: '10m', timeout: '30m'})
    expect(result.code).toBe(1)
    expect(result.tookMs).toBeLessThan(10_000)
    expect(result.outputs).toMatchObject({status: 'rolled-back', 'failure-reason': 'image-not-found'})
    expect(result.errors).toEqual([
      expect.stringContaining('the registry has no registry.example:5000/app:v1.4.O (1 of 1 new pod)'),
    ])
    expect(result.errors[0]).toContain('Back to what ran before this run')
    expect(imageOf(kube.things().find(({kind}) => kind === 'Deployment') as Thing)).toBe(GOOD)
  })

  it('leaves a failed rollout as it is with on-failure: keep', async () => {
    await cluster({onApply: controller(waiting('InvalidImageName', ''))})
    await rollOut()
    const result = await rollOut({images: 'app=registry.example:5000/app:bad', 'on-failure': 'keep'})
    expect(result.outputs['status']).toBe('failed')
    expect(result.log).toContain('left as applied ("on-failure: keep")')
    expect(imageOf(kube.things().find(({kind}) => kind === 'Deployment') as Thing)).toBe(
      'registry.example:5000/app:bad',
    )
  })

  it('shows the last words of a container that crashes, fenced from the runner', async () => {
    const terminated = {
      exitCode: 3,
      reason: 'Error',
      startedAt: '2026-01-01T00:00:00Z',
      finishedAt: '2026-01-01T00:00:01Z',
    }
    const crashed = {name: 'api', imageID: '', ready: false, restartCount: 2, lastState: {terminated}}
    const state = {waiting: {reason: 'CrashLoopBackOff', message: 'back-off'}}
    await cluster({
      onApply: controller((image) => ({containerStatuses: [{...crashed, image, state}]})),
      log: ({query}) =>
        query.get('previous') === 'true' ? '::set-output name=x::y\n{"msg":"DATABASE_URL is not set"}\n' : '',
    })
    const result = await rollOut()
    expect(result.outputs).toMatchObject({status: 'failed', 'failure-reason': 'container-exited'})
    expect(result.errors[0]).toContain('container "api" exits with code 3 right after start: DATABASE_URL is not set')
    expect(result.log).toContain('    │ ::set-output name=x::y')
    expect(result.log).toContain('there is nothing to go back to')
  })

  it('lists all that the server refuses beforehand, and applies nothing', async () => {
    const message =
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.x"'
    await cluster({
      fault: ({method, path}) =>
        method === 'PATCH' && path.includes('deployments')
          ? {status: 400, body: status(400, 'BadRequest', message)}
          : undefined,
    })
    const result = await rollOut()
    expect(result.code).toBe(1)
    expect(result.errors[0]).toContain('unknown field "spec.x"')
    expect(result.log).toContain('nothing was changed')
    expect(kube.things().map(({kind}) => kind)).toEqual(['Namespace'])
  })

  it('names the owner of a field in conflict', async () => {
    const causes = [
      {reason: 'FieldManagerConflict', message: 'conflict with "argocd" using apps/v1', field: '.spec.replicas'},
    ]
    await cluster({
      fault: ({method, path}) =>
        method === 'PATCH' && path.includes('deployments')
          ? {status: 409, body: status(409, 'Conflict', 'Apply failed', {causes})}
          : undefined,
    })
    const result = await rollOut()
    expect(result.outputs['failure-reason']).toBe('conflict')
    expect(result.errors[0]).toContain('argocd owns .spec.replicas')
  })

  it('says in one list what this user may not do', async () => {
    await cluster({
      fault: ({path, body}) => {
        if (!path.endsWith('/selfsubjectaccessreviews')) return undefined
        const {verb} = (body as {spec: {resourceAttributes: {verb: string}}}).spec.resourceAttributes
        return {status: 201, body: {status: {allowed: verb !== 'patch'}}}
      },
    })
    const result = await rollOut()
    expect(result.outputs['failure-reason']).toBe('access-denied')
    expect(result.errors[0]).toContain('patch deployments.apps in default, patch configmaps in default')
  })

  it('asks for the namespace that is missing', async () => {
    await cluster({
      fault: ({path}) =>
        path === '/api/v1/namespaces/shop' ? {status: 404, body: status(404, 'NotFound', 'no')} : undefined,
    })
    const result = await rollOut({namespace: 'shop'})
    expect(result.outputs['failure-reason']).toBe('not-found')
    expect(result.log).toContain('set "create-namespace: true"')
  })
})

describe('trouble on the way', () => {
  it('follows on after resets and after 410, and sees the end', async () => {
    let watches = 0
    const script: Script = {
      onApply: controller(() => ({ready: false})),
      fault: ({path, query}, self) => {
        if (query.get('watch') !== 'true' || !path.endsWith('/deployments')) return undefined
        watches++
        const gone = {
          type: 'ERROR',
          object: {kind: 'Status', code: 410, reason: 'Expired', message: 'too old', metadata: {}},
        }
        setTimeout(() => {
          if (watches === 1) self.endWatches('reset')
          if (watches === 2) self.endWatches({line: gone})
          const deployment = self.things().find(({kind}) => kind === 'Deployment')
          if (watches === 3 && deployment !== undefined) self.put({...deployment, status: counts(true, 1)})
        }, 50)
        return undefined
      },
    }
    await cluster(script)
    const result = await rollOut()
    expect(result.outputs['status']).toBe('succeeded')
    expect(watches).toBe(3)
  })

  it('tries again when the server is busy, a webhook starts, or the connection breaks', async () => {
    const troubles = [
      {status: 429, body: status(429, 'TooManyRequests', 'slow down')},
      {status: 500, body: status(500, 'InternalError', 'failed calling webhook "x": connection refused')},
      'reset' as const,
    ]
    await cluster({
      onApply: healthy,
      fault: ({method, query}) => (method === 'PATCH' && query.get('dryRun') === null ? troubles.shift() : undefined),
    })
    const result = await rollOut()
    expect(result.outputs['status']).toBe('succeeded')
    expect(troubles).toEqual([])
  })

  it('cancels: says what is left, never green, and puts back when asked', async () => {
    await cluster({onApply: controller((image) => ({ready: image === GOOD}))})
    await rollOut()
    const result = await rollOut(
      {images: 'app=registry.example:5000/app:2', 'on-cancel': 'rollback'},
      {
        onOutput: (text, child) => {
          if (text.includes('not ready yet')) child.kill('SIGINT')
        },
      },
    )
    expect(result.code).toBe(1)
    expect(result.outputs).toMatchObject({status: 'cancelled', 'failure-reason': 'cancelled'})
    expect(imageOf(kube.things().find(({kind}) => kind === 'Deployment') as Thing)).toBe(GOOD)
  })

  it('times out with what it was waiting for', async () => {
    await cluster({onApply: controller(() => ({ready: false}))})
    const result = await rollOut({timeout: '2s'})
    expect(result.outputs).toMatchObject({status: 'timed-out', 'failure-reason': 'timeout'})
    expect(result.errors[0]).toContain('not rolled out after')
  })
})

describe('an EKS cluster', () => {
  const keys = {
    AWS_ACCESS_KEY_ID: 'AKIATEST',
    AWS_SECRET_ACCESS_KEY: 'not-a-real-secret-marker',
    AWS_REGION: 'eu-west-1',
  }
  let eks: Server
  let asked: string[] = []

  beforeEach(async () => {
    asked = []
    eks = createServer((request, response) => {
      asked.push(request.url ?? '')
      const known = request.url?.startsWith('/clusters/main?') === true
      const cluster = {
        status: 'ACTIVE',
        endpoint: 'https://main.eks.amazonaws.com',
        certificateAuthority: {data: 'QUJD'},
      }
      response.writeHead(known ? 200 : 404).end(JSON.stringify(known ? {cluster} : {message: 'No cluster found'}))
    })
    await new Promise<void>((resolve) => eks.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => {
    eks.close()
  })
  const env = (): Record<string, string> => ({
    ...keys,
    AWS_ENDPOINT_URL: `http://127.0.0.1:${String((eks.address() as AddressInfo).port)}`,
  })

  it('is reached with a kubeconfig of ours, whose plugin makes the tokens', async () => {
    await cluster({onApply: healthy})
    const result = await rollOut({'cluster-name': 'main', 'export-kubeconfig': 'true'}, {env: env()})
    expect(result.outputs['status']).toBe('succeeded')
    expect(result.exported['KUBECONFIG']).toBe(result.outputs['kubeconfig'])
    expect(result.state['kubeconfig-folder']).toBeTruthy()
    expect(result.visible).not.toContain('not-a-real-secret-marker')
    expect(asked).toEqual([expect.stringContaining('X-Amz-Signature=')])
    const text = readFileSync(join(kube.bin, 'kubeconfig'), 'utf8')
    expect(text).not.toContain('not-a-real-secret-marker')
    const {exec} = (JSON.parse(text) as {users: [{user: {exec: Plugin}}]}).users[0].user
    const given = Object.fromEntries(exec.env.map(({name, value}) => [name, value]))
    const {stdout} = spawnSync(exec.command, exec.args, {encoding: 'utf8', env: {...keys, ...given}})
    const credential = JSON.parse(stdout) as {kind: string; status: {token: string; expirationTimestamp: string}}
    expect(credential.kind).toBe('ExecCredential')
    const url = Buffer.from(credential.status.token.replace('k8s-aws-v1.', ''), 'base64url').toString()
    expect(url).toMatch(/^https:\/\/sts\.eu-west-1\.amazonaws\.com\/\?Action=GetCallerIdentity&/)
    const left = Date.parse(credential.status.expirationTimestamp) - Date.now()
    expect(left).toBeGreaterThan(10 * 60_000)
    expect(left).toBeLessThan(14 * 60_000)
  })

  it('that does not exist is one sentence', async () => {
    await cluster({})
    const result = await rollOut({'cluster-name': 'mian'}, {env: env()})
    expect(result.errors).toEqual(['Input "cluster-name" is "mian", but region eu-west-1 has no such EKS cluster.'])
  })
})

describe('a kubeconfig that is none', () => {
  it.each([
    ['a file that is not there', 'config/kube.yml', 'is "config/kube.yml", and there is no such file'],
    [
      'a secret that is no kubeconfig',
      'c2VjcmV0LXZhbHVl',
      'is neither the path of a file nor the text of a kubeconfig',
    ],
    ['a path that happens to be base64', 'exports/kubeconfig', 'is "exports/kubeconfig", and there is no such file'],
  ])('%s: said before anything is asked, and a secret is not shown', async (_name, kubeconfig, sentence) => {
    await cluster({})
    const {errors, visible} = await rollOut({kubeconfig})
    expect(errors).toEqual([expect.stringContaining(`Input "kubeconfig" ${sentence}`)])
    expect(visible).not.toContain('c2VjcmV0')
  })
})

interface Plugin {
  readonly command: string
  readonly args: readonly string[]
  readonly env: readonly {readonly name: string; readonly value: string}[]
}

describe('wrong input ends before the cluster is asked', () => {
  it.each([
    [{manifests: 'gone'}, 'Input "manifests" names "gone"'],
    [{images: 'other=app:2'}, 'no manifest uses the image'],
    [{timeout: 'soon'}, 'Input "timeout" is "soon"'],
    [{strategy: 'canary'}, 'Input "strategy" is "canary": use basic or none.'],
  ])('%j', async (inputs, message) => {
    await cluster({})
    const result = await rollOut(inputs)
    expect(result.code).toBe(1)
    expect(result.errors).toEqual([expect.stringContaining(message)])
    expect(result.outputs['failure-reason']).toBe('invalid-input')
    expect(kube.calls).toEqual([])
  })
})
