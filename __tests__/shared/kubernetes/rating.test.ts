import type {JsonObject, KubeObject} from '../../../actions/shared/kubernetes/object.ts'
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
    expect(rate(object(kind, spec, status)).state).toBe(state)
  })

  it.each([
    ['v1', 'ConfigMap', {}, false],
    ['v1', 'Service', {}, false],
    ['v1', 'Service', {type: 'LoadBalancer'}, true],
    ['apps/v1', 'Deployment', {}, true],
    ['batch/v1', 'CronJob', {}, false],
    ['networking.k8s.io/v1', 'Ingress', {}, false],
    ['example.com/v1', 'Widget', {}, true],
  ] as const)('%s %s %j is waited for: %s', (apiVersion, kind, spec, watched) => {
    expect(isWatched(object(kind, spec, {}, 1, apiVersion))).toBe(watched)
  })
})
