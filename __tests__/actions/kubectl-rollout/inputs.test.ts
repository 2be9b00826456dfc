import {readInputs} from '../../../actions/kubectl-rollout/src/inputs.ts'
import {parseResources, workloadsInReceipt} from '../../../actions/kubectl-rollout/src/resources.ts'
import {makeReceipt} from '../../../actions/shared/report/receipt.ts'

const read = (inputs: Readonly<Record<string, string>>): ReturnType<typeof readInputs> =>
  readInputs(Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])))

it('takes a workflow that was written for Azure/k8s-deploy', () => {
  const inputs = read({
    action: 'deploy',
    strategy: 'basic',
    manifests: 'k8s/app.yaml;k8s/service.yaml,k8s/more.yaml\nk8s/last.yaml',
    images: 'registry:5000/app:1\nregistry:5000/sidecar:2',
    namespace: 'shop',
    timeout: '5m',
  })
  expect(inputs.manifests).toEqual(['k8s/app.yaml', 'k8s/service.yaml', 'k8s/more.yaml', 'k8s/last.yaml'])
  expect(inputs.images.map(({repository}) => repository)).toEqual(['registry:5000/app', 'registry:5000/sidecar'])
  expect(inputs.timeoutMs).toBe(300_000)
})

it('has the defaults of action.yml', () => {
  expect(read({manifests: 'k8s'})).toMatchObject({
    mode: 'deploy',
    createNamespace: false,
    forceConflicts: false,
    fieldManager: 'slipway',
    timeoutMs: 600_000,
    graceMs: 30_000,
    failFast: true,
    onFailure: 'rollback',
    onCancel: 'keep',
    logLines: 40,
    kubectlUrl: 'https://dl.k8s.io/release',
  })
})

it.each([
  [{}, 'Give "manifests"'],
  [{manifests: 'k8s', mode: 'apply'}, 'Input "mode" is "apply": use deploy, plan, restart, rollback or watch.'],
  [{manifests: 'k8s', namespace: 'Shop'}, 'Input "namespace" is "Shop"'],
  [{manifests: 'k8s', timeout: '0'}, 'Input "timeout" is "0"'],
  [{manifests: 'k8s', timeout: '25h'}, 'up to 24h'],
  [{manifests: 'k8s', grace: '1d'}, 'Input "grace" is "1d"'],
  [{manifests: 'k8s', 'server-side': 'false'}, 'always applies server-side'],
  [{manifests: 'k8s', 'pull-secret': 'gcr'}, 'Input "pull-secret" is "gcr": use ecr.'],
  [{manifests: 'k8s', force: 'true'}, 'Input "force" is "true": deleting and creating again is an outage'],
  [{manifests: 'k8s', 'skip-tls-verify': 'true'}, 'Input "skip-tls-verify" is "true"'],
  [{manifests: 'k8s', 'private-cluster': 'true'}, 'reach a private endpoint with "proxy-url"'],
  [{manifests: 'k8s', action: 'promote'}, 'Input "action" is "promote": use deploy.'],
  [{manifests: 'k8s', strategy: 'blue-green'}, 'Input "strategy" is "blue-green": use basic or none.'],
  [{manifests: 'k8s', prune: 'true'}, '"applyset" is not given'],
  [{manifests: 'k8s', applyset: 'shop'}, '"prune" is not "true": set both or none.'],
  [{manifests: 'k8s', prune: 'true', applyset: 'deployment/shop'}, 'Input "applyset" is "deployment/shop"'],
  [{helm: '--set=a'}, 'Input "helm" is "--set=a": give the folder or the name of a chart.'],
  [{'helm-values': 'a.yaml', manifests: 'k8s'}, 'Input "helm-values" is given, but "helm" names no chart'],
  [{'helm-chart-version': '1', manifests: 'k8s'}, 'Input "helm-chart-version" is given'],
  [{helm: 'chart', 'helm-release': 'Shop'}, 'Input "helm-release" is "Shop"'],
  [{mode: 'restart'}, 'Mode "restart" works on what is in the cluster'],
  [{mode: 'rollback', 'to-revision': 'one', resources: 'deployment/a'}, 'Input "to-revision" is "one"'],
])('%j', (inputs, message) => {
  expect(() => read(inputs as Record<string, string>)).toThrow(message)
})

describe('workloads by name', () => {
  it('takes the names of kubectl', () => {
    expect(
      parseResources(['deploy/a', 'StatefulSet/b', 'ds/c']).map(({resource, name}) => [resource.plural, name]),
    ).toEqual([
      ['deployments', 'a'],
      ['statefulsets', 'b'],
      ['daemonsets', 'c'],
    ])
  })
  it.each(['a', 'pod/a', 'deployment/', 'deployment/a/b'])('%s is none', (value) => {
    expect(() => parseResources([value])).toThrow(`Input "resources" has "${value}": write kind/name`)
  })
})

describe('a receipt', () => {
  const receipt = (before: readonly string[], stage: 'kubernetes' | 'ecs' = 'kubernetes'): string =>
    makeReceipt(
      {},
      {
        stage,
        subject: 'shop',
        status: 'succeeded',
        headline: 'x',
        started: 0,
        ended: 1,
        now: {},
        before: {resources: [...before]},
      },
    )
  it('tells which workloads were there before, in which revision and namespace', () => {
    const lines = ['Deployment/api@12', 'StatefulSet/db@db-5f', 'other/DaemonSet/logs@logs-7c', 'Widget/x@1']
    expect(
      workloadsInReceipt(receipt(lines)).map((one) => [one.resource.plural, one.namespace, one.name, one.revision]),
    ).toEqual([
      ['deployments', undefined, 'api', 12],
      ['statefulsets', undefined, 'db', 'db-5f'],
      ['daemonsets', 'other', 'logs', 'logs-7c'],
    ])
  })
  it.each([
    ['{}', 'is not a receipt of kubectl-rollout'],
    ['nothing', 'is not a receipt of kubectl-rollout'],
    [receipt(['Deployment/api@1'], 'ecs'), 'is not a receipt of kubectl-rollout'],
    [receipt([]), 'there is nothing to go back to'],
  ])('%s', (text, message) => {
    expect(() => workloadsInReceipt(text)).toThrow(message)
  })
})
