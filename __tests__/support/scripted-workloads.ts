import type {ScriptedKube, Thing} from './scripted-kube.ts'

const REVISION = {'deployment.kubernetes.io/revision': '1'}

/** `count` Deployments as a user writes them, named `d0`, `d1` and so on. */
export function deployments(count: number): Thing[] {
  return Array.from({length: count}, (_none, at) => {
    const labels = {app: `d${String(at)}`}
    const env = Array.from({length: 10}, (_other, key) => ({name: `KEY_${String(key)}`, value: 'value'.repeat(5)}))
    const containers = [
      {
        name: 'app',
        image: 'registry.example:5000/app:1',
        env,
        ports: [{containerPort: 3000}],
        readinessProbe: {tcpSocket: {port: 3000}},
      },
    ]
    const template = {metadata: {labels}, spec: {containers}}
    const spec = {replicas: 1, selector: {matchLabels: labels}, template}
    return {apiVersion: 'apps/v1', kind: 'Deployment', metadata: {name: labels.app}, spec}
  })
}

/** Plays the controllers and the kubelet up to where every Deployment has one pod that is not ready yet. */
export function start(thing: Thing, kube: ScriptedKube): void {
  if (thing.kind !== 'Deployment') return
  const {name} = thing.metadata
  const deployment = kube.put(withCounts(thing, 0))
  const template = (thing['spec'] as {template: {spec: object}}).template
  const set = kube.put({...owned('ReplicaSet', 'apps/v1', `${name}-5d4f8c7b9`, deployment), spec: {template}})
  const pod = kube.put(podOf(owned('Pod', 'v1', `${name}-5d4f8c7b9-x2x9z`, set), template.spec, false))
  const event = {type: 'Normal', reason: 'Pulling', message: 'Pulling image', lastTimestamp: new Date().toISOString()}
  const metadata = {name: `${pod.metadata.name}.17a`, namespace: 'default'}
  kube.put({apiVersion: 'v1', kind: 'Event', metadata, involvedObject: {uid: pod.metadata.uid}, ...event})
}

/** All pods are ready, and their Deployments complete. */
export function finish(kube: ScriptedKube): void {
  for (const thing of [...kube.things()]) {
    if (thing.kind === 'Pod') kube.put(podOf(thing, thing['spec'] as object, true))
    if (thing.kind === 'Deployment') kube.put(withCounts(thing, 1))
  }
}

/** The container of every pod exits, is started again, and is ready as before: what a look at a bad moment misses. */
export function restartAll(kube: ScriptedKube, exitCode: number): void {
  for (const thing of [...kube.things()].filter(({kind}) => kind === 'Pod')) {
    const pod = podOf(thing, thing['spec'] as object, true) as Thing & {status: {containerStatuses: object[]}}
    const terminated = {exitCode, startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:09Z'}
    const [container] = pod.status.containerStatuses
    const containerStatuses = [{...container, restartCount: 1, lastState: {terminated}}]
    kube.put({...pod, status: {...pod.status, containerStatuses}})
  }
}

function withCounts(thing: Thing, ready: number): Thing {
  const {annotations, generation} = thing.metadata
  const counts = {replicas: 1, updatedReplicas: 1, readyReplicas: ready, availableReplicas: ready}
  const metadata = {...thing.metadata, annotations: {...(annotations as object | undefined), ...REVISION}}
  return {...thing, metadata, status: {observedGeneration: generation, ...counts}}
}

function owned(kind: string, apiVersion: string, name: string, owner: Thing): Thing {
  const ownerReferences = [{kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid}]
  return {apiVersion, kind, metadata: {name, namespace: 'default', ownerReferences, annotations: REVISION}}
}

function podOf(pod: Thing, spec: object, ready: boolean): Thing {
  const state = ready ? {running: {}} : {waiting: {reason: 'ContainerCreating'}}
  const container = {name: 'app', image: 'registry.example:5000/app:1', imageID: '', restartCount: 0, ready, state}
  const conditions = [{type: 'Ready', status: ready ? 'True' : 'False'}]
  return {...pod, spec, status: {phase: ready ? 'Running' : 'Pending', conditions, containerStatuses: [container]}}
}
