import {readFileSync, writeFileSync} from 'node:fs'
import {randomUUID} from 'node:crypto'
import {join} from 'node:path'
import {scriptedKube} from '../../support/scripted-kube.ts'
import type {ScriptedKube, Thing} from '../../support/scripted-kube.ts'
import {MACHINE_LATER} from '../core/cells.ts'
import type {LeftOut, Noise, Phase, Room, RoomWish, Standing, Subject} from '../core/model.ts'
import {faultProxy} from '../core/proxy.ts'
import {closeAll} from './aws-room.ts'
import {noiseLine} from './noise.ts'

const OLD = `registry.example:5000/app@sha256:${'00'.repeat(32)}`
const WANTED = `registry.example:5000/app@sha256:${'ab'.repeat(32)}`
const PROBE = {httpGet: {path: '/', port: 8080}}
const manifest = (container: Container): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 1
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - ${JSON.stringify(container)}
`
const READY_MS = 1500
/** How long a version that exits is up: Kubernetes calls it available, and the action still watches it. */
const UP_MS = 700

/** What the new version does: comes up, crashes from its start, or is up for a moment, with nobody who asks whether it is ready. */
type Version = 'good' | 'crash' | 'exits'

interface Container {
  readonly name: string
  readonly image: string
  readonly readinessProbe?: object
}

type Spec = {readonly template: {readonly spec: {readonly containers: readonly [{readonly image: string}]}}}
const imageOf = (thing: Thing): string => (thing['spec'] as Spec).template.spec.containers[0].image

type Pod = 'starting' | 'ready' | 'crashing' | 'exited'

// The Deployment's controller and the kubelet: a pod that is ready after a while, unless it is crashing.
function controller(version: Version): (thing: Thing, kube: ScriptedKube) => void {
  return (thing, kube) => {
    if (thing.kind !== 'Deployment') return
    const generation = Number(thing.metadata['generation'])
    const image = imageOf(thing)
    const does = image === WANTED ? version : 'good'
    const revision = {'deployment.kubernetes.io/revision': String(generation)}
    const annotations = {...(thing.metadata['annotations'] as object), ...revision}
    const set = (pod: Pod): void => {
      const now = kube.things().find(({kind}) => kind === 'Deployment')
      if (now !== undefined && Number(now.metadata['generation']) !== generation) return
      const available = pod === 'ready' ? 1 : 0
      kube.put({
        ...thing,
        metadata: {...thing.metadata, annotations},
        status: {
          observedGeneration: generation,
          replicas: 1,
          updatedReplicas: 1,
          readyReplicas: available,
          availableReplicas: available,
        },
      })
      const replicas = kube.put(
        owned('ReplicaSet', 'apps/v1', `api-${String(generation)}`, thing, {annotations: revision}),
      )
      kube.put({
        ...owned('Pod', 'v1', `api-${String(generation)}-x`, replicas, {}),
        ...podOf(image, pod),
      })
    }
    set(does === 'crash' ? 'crashing' : 'starting')
    if (does !== 'crash') setTimeout(set, READY_MS, 'ready').unref()
    if (does === 'exits') setTimeout(set, READY_MS + UP_MS, 'exited').unref()
  }
}

function owned(kind: string, apiVersion: string, name: string, owner: Thing, metadata: object): Thing {
  const ownerReferences = [{kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid}]
  return {apiVersion, kind, metadata: {name, namespace: 'default', ownerReferences, ...metadata}}
}

const CONTAINERS: Readonly<Record<Pod, object>> = {
  starting: {ready: false, restartCount: 0, state: {running: {}}},
  ready: {ready: true, restartCount: 0, state: {running: {}}},
  crashing: {
    ready: false,
    restartCount: 2,
    state: {waiting: {reason: 'CrashLoopBackOff', message: 'back-off'}},
    lastState: {terminated: {exitCode: 3, reason: 'Error'}},
  },
  exited: {ready: false, restartCount: 0, state: {terminated: {exitCode: 1, reason: 'Error'}}},
}

function podOf(image: string, pod: Pod): object {
  const imageID = image.replace(/^.*@/, 'x@')
  return {
    spec: {containers: [{name: 'api', image}]},
    status: {
      phase: 'Running',
      conditions: [{type: 'Ready', status: pod === 'ready' ? 'True' : 'False'}],
      containerStatuses: [{name: 'api', image, imageID, ...CONTAINERS[pod]}],
    },
  }
}

function kubectl(kube: ScriptedKube, socket: string, noise: Noise | undefined): void {
  const path = join(kube.bin, 'kubectl')
  const program = readFileSync(path, 'utf8').replaceAll(kube.socket, socket)
  writeFileSync(path, program.replace('\n', `\n${noiseLine(noise)}`))
}

async function room(version: Version, {noise}: RoomWish): Promise<Room> {
  const kube = await scriptedKube({onApply: controller(version)})
  const container = (image: string): Container => {
    return {name: 'api', image, ...(version !== 'exits' && {readinessProbe: PROBE})}
  }
  const [socket, token] = [join(kube.bin, 'harmed'), `kube-${randomUUID()}`]
  const proxy = await faultProxy({socketPath: kube.socket}, socket)
  kubectl(kube, socket, noise)
  seed(kube, container(OLD), controller('good'))
  const config = `apiVersion: v1\nkind: Config\ncurrent-context: x\nusers: [{name: u, user: {token: ${token}}}]\n`
  return {
    proxies: [proxy],
    dialect: 'kubernetes',
    secrets: [token],
    call: {
      files: {'k8s/app.yaml': manifest(container('app'))},
      path: [kube.bin],
      inputs: {
        manifests: 'k8s',
        images: `app=${WANTED}`,
        timeout: '30s',
        grace: '1s',
        'on-cancel': 'rollback',
        kubeconfig: config,
      },
    },
    standing: () => standing(kube),
    changes: () => (kube.calls.filter((call) => call.method === 'PATCH' && changes(call)).length > 0 ? 1 : 0),
    left: () => [],
    causes: () => (version === 'exits' ? ['exits with code 1'] : []),
    close: () => closeAll(proxy, kube),
  }
}

function changes({query, body}: ScriptedKube['calls'][number]): boolean {
  return query.get('dryRun') === null && JSON.stringify(body).includes(WANTED)
}

// What ran before, as an earlier run of the action left it.
function seed(kube: ScriptedKube, container: Container, play: ReturnType<typeof controller>): void {
  const containers = [container]
  const labels = {app: 'api'}
  const fields = {'f:spec': {'f:replicas': {}, 'f:selector': {}, 'f:template': {}}}
  play(
    kube.put({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: 'api',
        namespace: 'default',
        generation: 1,
        managedFields: [{manager: 'slipway', operation: 'Apply', fieldsV1: fields}],
      },
      spec: {replicas: 1, selector: {matchLabels: labels}, template: {metadata: {labels}, spec: {containers}}},
    }),
    kube,
  )
}

async function standing(kube: ScriptedKube): Promise<Standing> {
  // Going back is not waited for by a cancelled run.
  await new Promise((resolve) => setTimeout(resolve, READY_MS + 300))
  const deployment = kube.things().find(({kind}) => kind === 'Deployment')
  if (deployment === undefined) return 'between'
  const {availableReplicas} = deployment['status'] as {availableReplicas?: number}
  if (availableReplicas !== 1) return 'between'
  return imageOf(deployment) === WANTED ? 'wanted' : 'before'
}

const PHASES: readonly Phase[] = [
  {name: 'preflight', request: ({name}) => name === 'GET /version', calls: ['*']},
  {name: 'dry run', request: ({name, count}) => name.startsWith('PATCH ') && count === 1},
  {name: 'apply', request: ({name, count}) => name.startsWith('PATCH ') && count === 2},
  {name: 'wait', request: ({name}) => name.startsWith('GET ') && name.endsWith('/pods')},
]
const WATCH_ON: Phase = {name: 'watch on', line: /watching on for/}

const LEFT_OUT: Readonly<Record<Version, readonly LeftOut[]>> = {
  good: [],
  crash: [{...MACHINE_LATER, phase: /^(?:preflight|dry run|apply)/}],
  exits: [{fault: /^/, phase: /^from the start/, why: MACHINE_LATER.why}],
}

const subject = (version: Version, situation: string = version): Subject => ({
  action: 'kubectl-rollout',
  situation,
  post: true,
  writes: ['temp'],
  reachable: version === 'good',
  settles: 'cancelled',
  limitMs: 300_000,
  leftOut: [
    ...LEFT_OUT[version],
    {
      fault: /^no DNS/,
      phase: /^(?!from the start)/,
      why: 'kubectl finds the cluster, and the action speaks to kubectl on a socket',
    },
  ],
  phases: version === 'exits' ? [WATCH_ON] : PHASES,
  room: (wish) => room(version, wish),
})

/** A rollout that comes up, one whose pods crash, and one that is available for a moment. */
export const KUBECTL_ROLLOUT: readonly Subject[] = [
  subject('good'),
  subject('crash'),
  subject('exits', 'exits at once'),
]
