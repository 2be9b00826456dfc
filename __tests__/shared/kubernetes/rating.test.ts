import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import type {JsonObject, KubeObject} from '../../../actions/shared/kubernetes/object.ts'
import {supplyProblem} from '../../../actions/shared/kubernetes/watch/problems.ts'
import {isWatched, rate} from '../../../actions/shared/kubernetes/watch/rating.ts'

const object = (
  kind: string,
  spec: JsonObject,
  status: JsonObject,
  generation = 2,
  apiVersion = 'apps/v1',
): KubeObject => ({
  apiVersion,
  kind,
  metadata: {name: 'x', generation},
  spec,
  status,
})
const seen = {observedGeneration: 2}
const full = {...seen, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3}
const deadline = {conditions: [{type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded'}]}

describe('a Deployment', () => {
  const spec = {replicas: 3}
  it.each([
    ['is done when all are updated and available', spec, full, 'done', '3/3 available'],
    ['waits for the controller', spec, {...full, observedGeneration: 1}, 'waiting', 'not seen it yet'],
    [
      'never takes the failure of the specification before for its own',
      spec,
      {...full, ...deadline, observedGeneration: 1},
      'waiting',
      '',
    ],
    ['waits for updates', spec, {...full, updatedReplicas: 1}, 'waiting', '1/3 updated'],
    ['waits for old pods to go', spec, {...full, replicas: 4}, 'waiting', '1 old pod still there'],
    ['waits for availability', spec, {...full, availableReplicas: 2}, 'waiting', '2/3 available'],
    ['fails past its deadline', spec, {...full, updatedReplicas: 1, ...deadline}, 'failed', 'progressDeadlineSeconds'],
    ['is done when it is paused', {...spec, paused: true}, {...full, updatedReplicas: 0}, 'done', 'paused'],
    ['is done with no replicas', {replicas: 0}, seen, 'done', '0/0 available'],
  ] as const)('%s', (_name, its, status, state, says) => {
    expect(rate(object('Deployment', its, status))).toMatchObject({
      state,
      says: expect.stringContaining(says) as string,
    })
  })
})

describe('a StatefulSet', () => {
  const done = {...seen, replicas: 3, updatedReplicas: 3, readyReplicas: 3, currentRevision: 'b', updateRevision: 'b'}
  const half = {...done, updatedReplicas: 1, currentRevision: 'a'}
  const partition = {replicas: 3, updateStrategy: {rollingUpdate: {partition: 2}}}
  it.each([
    ['is done', {replicas: 3}, done, 'done'],
    ['waits for updates', {replicas: 3}, half, 'waiting'],
    ['waits for readiness', {replicas: 3}, {...done, readyReplicas: 2}, 'waiting'],
    ['is done at its partition', partition, half, 'done'],
    ['is done with OnDelete', {replicas: 3, updateStrategy: {type: 'OnDelete'}}, half, 'done'],
  ] as const)('%s', (_name, spec, status, state) => {
    expect(rate(object('StatefulSet', spec, status)).state).toBe(state)
  })
})

const VERSIONS: Readonly<Record<string, string>> = {
  DaemonSet: 'apps/v1',
  Job: 'batch/v1',
  Pod: 'v1',
  Service: 'v1',
  Widget: 'example.com/v1',
}

describe('other kinds', () => {
  const condition = (type: string, status: string, message = ''): JsonObject => ({
    conditions: [{type, status, message}],
  })
  const daemons = {...seen, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2}
  const balancer = {loadBalancer: {ingress: [{hostname: 'a.elb.amazonaws.com'}]}}
  it.each([
    ['DaemonSet', {}, daemons, 'done'],
    ['DaemonSet', {}, {...daemons, updatedNumberScheduled: 1}, 'waiting'],
    ['DaemonSet', {}, {...daemons, numberAvailable: 1}, 'waiting'],
    ['Job', {}, {active: 1}, 'waiting'],
    ['Job', {}, {...condition('Complete', 'True'), succeeded: 1}, 'done'],
    ['Job', {}, condition('Failed', 'True', 'Job has reached the specified backoff limit'), 'failed'],
    ['Job', {suspend: true}, {}, 'done'],
    ['Pod', {}, {phase: 'Running', ...condition('Ready', 'True')}, 'done'],
    ['Pod', {}, {phase: 'Pending'}, 'waiting'],
    ['Pod', {}, {phase: 'Succeeded'}, 'done'],
    ['Pod', {}, {phase: 'Failed', message: 'no'}, 'failed'],
    ['Service', {type: 'LoadBalancer'}, {}, 'waiting'],
    ['Service', {type: 'LoadBalancer'}, balancer, 'done'],
    ['Widget', {}, {}, 'done'],
    ['Widget', {}, condition('Ready', 'False'), 'waiting'],
    ['Widget', {}, condition('Ready', 'Unknown'), 'waiting'],
    ['Widget', {}, condition('Stalled', 'True', 'no'), 'failed'],
    ['Widget', {}, condition('Reconciling', 'True'), 'waiting'],
    ['Widget', {}, {observedGeneration: 1, ...condition('Ready', 'True')}, 'waiting'],
  ] as const)('%s %j %j is %s', (kind, spec, status, state) => {
    expect(rate(object(kind, spec, status, 2, VERSIONS[kind])).state).toBe(state)
  })

  it.each([
    ['v1', 'ConfigMap', {}, false],
    ['v1', 'Service', {}, false],
    ['v1', 'Service', {type: 'LoadBalancer'}, true],
    ['apps/v1', 'Deployment', {}, true],
    ['batch/v1', 'CronJob', {}, false],
    ['networking.k8s.io/v1', 'Ingress', {}, true],
    ['networking.k8s.io/v1', 'NetworkPolicy', {}, false],
    ['v1', 'PersistentVolumeClaim', {}, true],
    ['policy/v1', 'PodDisruptionBudget', {}, true],
    ['serving.knative.dev/v1', 'Service', {}, true],
    ['example.com/v1', 'Widget', {}, true],
  ] as const)('%s %s %j is waited for: %s', (apiVersion, kind, spec, watched) => {
    expect(isWatched(object(kind, spec, {}, 1, apiVersion))).toBe(watched)
  })
})

describe('what others supply, as an API server showed it', () => {
  const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'recorded/supplies.json'), 'utf8')) as Readonly<
    Record<string, KubeObject>
  >
  const of = (name: string): KubeObject => {
    const found = recorded[name]
    if (found === undefined) throw new Error(`${name} was not recorded.`)
    return found
  }

  it.each([
    ['PersistentVolumeClaim/bound', 'done', 'bound'],
    ['PersistentVolumeClaim/no-class', 'waiting', 'not bound yet'],
    ['PersistentVolumeClaim/late', 'waiting', 'not bound yet'],
    ['PodDisruptionBudget/some', 'done', '0 disruptions allowed'],
    ['HorizontalPodAutoscaler/no-metrics', 'done', 'no metrics yet'],
    ['HorizontalPodAutoscaler/no-replicas', 'done', 'no replicas'],
    ['HorizontalPodAutoscaler/no-target', 'waiting', 'deployments.apps "gone" not found'],
    ['Ingress/alb', 'waiting', 'waiting for its load balancer'],
    ['Ingress/other', 'done', 'no address yet'],
    ['APIService/v1.apps', 'done', 'available'],
    ['APIService/v1.k7.example.com', 'waiting', 'service/gone in "k7-rec" is not present'],
  ])('%s is %s: %s', (name, state, says) => {
    const rating = rate(of(name))
    expect(rating).toMatchObject({state, says: expect.stringContaining(says) as string})
  })

  it.each(['HorizontalPodAutoscaler/no-target', 'PodDisruptionBudget/some', 'PersistentVolumeClaim/late'])(
    '%s without a status waits for its controller',
    (name) => {
      const fresh = {...of(name), status: {}}
      expect(rate(fresh).state).toBe('waiting')
    },
  )

  it.each([
    ['HorizontalPodAutoscaler/no-target', '', '', 'not-found', 'its target cannot be scaled'],
    [
      'PersistentVolumeClaim/gone-class',
      'ProvisioningFailed',
      'storageclass "gone" not found',
      'volume',
      'gets no volume',
    ],
    ['PersistentVolumeClaim/no-class', 'FailedBinding', 'no persistent volumes', 'volume', 'gets no volume'],
    ['Ingress/alb', 'FailedBuildModel', 'no subnets', 'rejected', 'its load balancer cannot be made: no subnets'],
  ])('%s %s %s: %s, %s', (name, reason, message, slug, says) => {
    const events = reason === '' ? [] : [{...of(name), reason, message}]
    expect(supplyProblem(of(name), events)).toMatchObject({
      reason: slug,
      cause: expect.stringContaining(says) as string,
    })
  })

  it('a healthy autoscaler has no problem', () => {
    expect(supplyProblem(of('HorizontalPodAutoscaler/no-metrics'), [])).toBeUndefined()
  })
})
