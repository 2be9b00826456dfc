import {labKube} from '../support/lab-kube.ts'
import type {ActionResult} from '../support/spawn-action.ts'

const MINUTE = 60_000
const lab = labKube('kubectl-rollout-helm')
const {namespace, kubectl} = lab

beforeAll(async () => {
  lab.run('helm', ['version', '--short'])
  await lab.open({image: true})
}, 2 * MINUTE)

afterAll(async () => {
  await lab.close()
}, MINUTE)

const CHART = {
  'chart/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.2.3\nkubeVersion: ">=1.30.0-0"\n',
  'chart/values.yaml': 'replicas: 1\nmode: default\n',
  'chart/templates/app.yaml': `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: app
          image: {{ .Values.image | default "shop" }}
          command: [sh, -c, "sleep 600"]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: {{ .Values.mode | quote }}
  kubernetes: {{ .Capabilities.KubeVersion.Version | quote }}
  deployments: {{ .Capabilities.APIVersions.Has "apps/v1/Deployment" | quote }}
  gone: {{ .Capabilities.APIVersions.Has "extensions/v1beta1/Ingress" | quote }}
`,
  'chart/templates/migrate.yaml': `
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: pre-install}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: x}]}}}
`,
  'production.yaml': 'replicas: 2\nmode: production\n',
}

async function rollOut(inputs: Record<string, string>, files: Record<string, string> = {}): Promise<ActionResult> {
  return await lab.rollOut('', {manifests: '', helm: 'chart', ...inputs}, {files: {...CHART, ...files}})
}
const settings = (): unknown =>
  JSON.parse(kubectl('get', 'configmap', 'settings', '-n', namespace, '-o', 'jsonpath={.data}'))

test(
  'a chart is rendered for the cluster, applied, watched, and not changed the second time',
  async () => {
    const inputs = {'helm-values': 'production.yaml', 'helm-overrides': 'mode: over', images: `shop=${lab.image}:v1`}
    const plan = await rollOut({...inputs, mode: 'plan'})
    expect(plan.outputs['diff']).toContain('+ Deployment/shop')
    const result = await rollOut(inputs)
    expect(result.outputs['status']).toBe('succeeded')
    expect(result.log).toContain('✓ Deployment/shop  2/2 available')
    expect(result.warnings).toEqual([expect.stringContaining('Job/migrate is a hook of the chart (pre-install)')])
    expect(settings()).toMatchObject({mode: 'over', deployments: 'true', gone: 'false'})
    expect(settings()).toMatchObject({kubernetes: expect.stringMatching(/^v1\.\d+\.\d+/) as string})
    expect(kubectl('get', 'jobs,secrets', '-n', namespace, '-o', 'name')).toBe('')
    expect((await rollOut(inputs)).outputs['status']).toBe('unchanged')
  },
  2 * MINUTE,
)

test(
  'a chart that fails to render, and one with values that are no YAML, are one sentence of helm’s own',
  async () => {
    const refused = await rollOut({}, {'chart/templates/check.yaml': '{{ fail "replicas must be odd" }}'})
    expect(refused.errors).toEqual([expect.stringMatching(/which cannot be rendered: .*replicas must be odd\.$/)])
    const broken = await rollOut({'helm-overrides': 'mode: ['})
    expect(broken.errors).toEqual([
      expect.stringContaining('which cannot be rendered: "helm-overrides": error converting YAML'),
    ])
    const old = await rollOut({}, {'chart/Chart.yaml': CHART['chart/Chart.yaml'].replace('>=1.30.0-0', '>=1.99.0')})
    expect(old.errors).toEqual([expect.stringContaining('chart requires kubeVersion: >=1.99.0')])
  },
  MINUTE,
)
