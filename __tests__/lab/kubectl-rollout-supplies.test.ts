import {labKube} from '../support/lab-kube.ts'

const MINUTE = 60_000
const lab = labKube('kubectl-rollout-supplies')
const GROUP = `p${String(process.pid)}.example.com`

beforeAll(async () => {
  await lab.open()
})

afterAll(async () => {
  lab.kubectl('delete', 'customresourcedefinition', `widgets.${GROUP}`, '--ignore-not-found')
  await lab.close()
}, MINUTE)

const claim = (storageClassName: string): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: {name: 'data'},
  spec: {accessModes: ['ReadWriteOnce'], storageClassName, resources: {requests: {storage: '1Mi'}}},
})
const autoscaler = (name: string): object => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: {name: 'app'},
  spec: {scaleTargetRef: {apiVersion: 'apps/v1', kind: 'Deployment', name}, maxReplicas: 3},
})
const template = {
  metadata: {labels: {app: 'app'}},
  spec: {containers: [{name: 'app', image: 'never-pulled'}]},
}
const target = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {name: 'app'},
  spec: {replicas: 0, selector: {matchLabels: {app: 'app'}}, template},
}
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {name: `widgets.${GROUP}`},
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: {kind: 'Widget', plural: 'widgets'},
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {openAPIV3Schema: {type: 'object', 'x-kubernetes-preserve-unknown-fields': true}},
      },
    ],
  },
}
const widget = (phase: string): object => ({
  apiVersion: `${GROUP}/v1`,
  kind: 'Widget',
  metadata: {name: 'main'},
  spec: {phase},
})
const set = (...objects: object[]): string => objects.map((one) => JSON.stringify(one)).join('\n---\n')

test(
  'an autoscaler of nothing is red with its reason, and green when its target is there',
  async () => {
    const bad = await lab.rollOut(set(autoscaler('gone')), {grace: '1s'})
    expect(bad.outputs).toMatchObject({status: 'failed', 'failure-reason': 'not-found'})
    expect(bad.errors[0]).toContain('HorizontalPodAutoscaler/app: its target cannot be scaled')
    expect(bad.errors[0]).toContain('deployments.apps "gone" not found')
    // Its controller looks every 15 s, and says that there is no target for that long; that it is there is seen at once.
    const good = await lab.rollOut(set(autoscaler('app'), target), {grace: '1s'})
    expect(good.outputs['status']).toBe('succeeded')
  },
  2 * MINUTE,
)

test(
  'a claim whose class does not exist is red with its reason',
  async () => {
    const result = await lab.rollOut(set(claim('gone')), {grace: '1s'})
    expect(result.outputs).toMatchObject({status: 'failed', 'failure-reason': 'volume'})
    expect(result.errors[0]).toContain('storageclass.storage.k8s.io "gone" not found')
  },
  MINUTE,
)

test(
  'a custom resource comes with its definition, and is done or failed as wait-rules say',
  async () => {
    const rules = 'Widget: jsonpath={.spec.phase}=Up\nWidget: fail jsonpath={.spec.phase}=Broken'
    const typo = await lab.rollOut(set(definition, widget('Up')), {'wait-rules': 'Wigdet: condition=Ready'})
    expect(typo.errors[0]).toContain('but the manifests have no such object')
    const good = await lab.rollOut(set(definition, widget('Up')), {'wait-rules': rules})
    expect(good.outputs['status']).toBe('succeeded')
    const bad = await lab.rollOut(set(definition, widget('Broken')), {'wait-rules': rules, 'on-failure': 'keep'})
    expect(bad.outputs).toMatchObject({status: 'failed', 'failure-reason': 'rejected'})
    expect(bad.errors[0]).toContain('Widget/main: spec.phase=Broken: Broken')
    const late = await lab.rollOut(set(definition, widget('Starting')), {'wait-rules': rules, timeout: '2s'})
    expect(late.outputs).toMatchObject({status: 'rolled-back', 'failure-reason': 'timeout'})
    expect(late.errors[0]).toContain('waiting for spec.phase=Up, now Starting')
  },
  2 * MINUTE,
)
