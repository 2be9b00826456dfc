import {readFileSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {manifestFacts} from '../../../actions/kubectl-rollout/src/facts.ts'
import {readManifestSet} from '../../../actions/shared/kubernetes/manifests/manifest-set.ts'
import {previewSchema} from '../../../actions/shared/report/preview.ts'
import type {Fact} from '../../../actions/shared/report/preview.ts'

const factsOf = (text: string): Fact[] =>
  manifestFacts(readManifestSet([{file: 'a.yaml', text}], [], []).manifests.map(({object}) => object))
const shown = (facts: readonly Fact[]): string[] =>
  facts.map(
    ({kind, name, value, by}) => `${[kind, name, value].filter((part) => part !== undefined).join(' ')} by ${by}`,
  )

const SET = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: app, annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/path/app-pod"}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {TABLE: "arn:aws:dynamodb:us-east-1:111122223333:table/x", GROUP: "arn:aws:logs:us-east-1:111122223333:log-group:/app:*"}
---
apiVersion: v1
kind: Service
metadata: {name: app}
spec: {ports: [{port: 80, targetPort: http}, {port: 9000}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  jobTemplate:
    spec:
      template:
        spec:
          nodeSelector: {kubernetes.io/arch: arm64, pool: batch}
          affinity:
            nodeAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
                nodeSelectorTerms:
                  - matchExpressions:
                      - {key: zone, operator: In, values: [a, b]}
                      - {key: gpu, operator: DoesNotExist}
          containers:
            - name: api
              image: 111122223333.dkr.ecr.us-east-1.amazonaws.com/team/app@sha256:abc
              ports: [{containerPort: 3000}]
              env:
                - {name: A, value: "arn:aws:secretsmanager:us-east-1:111122223333:secret:db/url-AbCdEf:key::"}
                - {name: B, value: "arn:aws:ssm:us-east-1:111122223333:parameter/db/user"}
                - {name: C, value: plain}
            - {name: sidecar, image: "public.ecr.aws/x/y:1"}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: parameters}
spec: {provider: {aws: {service: ParameterStore}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: one}
spec: {secretStoreRef: {name: parameters}, data: [{remoteRef: {key: /app/key}}]}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: two}
spec: {secretStoreRef: {name: elsewhere}, dataFrom: [{extract: {key: app/all}}, {find: {name: x}}]}
---
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {name: three}
spec:
  parameters:
    objects: |
      - objectName: app/password
        objectType: secretsmanager
      - {objectName: "arn:aws:ssm:us-east-1:111122223333:parameter/app/flag", objectType: ssmparameter}
`

test('what manifests use of other stages, by names that hold no account', () => {
  const facts = factsOf(SET)
  expect(shown(facts)).toEqual([
    'role app-pod by ServiceAccount/app',
    'log group /app by ConfigMap/settings',
    'image repository team/app by CronJob/nightly',
    'secret db/url by CronJob/nightly',
    'parameter /db/user by CronJob/nightly',
    'container port api 3000 by CronJob/nightly',
    'architecture arm64 by CronJob/nightly',
    'node label pool batch by CronJob/nightly',
    'node label zone a by CronJob/nightly',
    'node label zone b by CronJob/nightly',
    'parameter /app/key by ExternalSecret/one',
    'secret app/all by ExternalSecret/two',
    'secret app/password by SecretProviderClass/three',
    'parameter /app/flag by SecretProviderClass/three',
  ])
  expect(JSON.stringify(facts)).not.toContain('111122223333')
  const preview = {
    schema: 'slipway.preview/v1',
    stage: 'kubernetes',
    subject: 'x',
    verdict: 'none',
    headline: '',
    body: '',
    digest: '',
    facts,
  }
  expect(previewSchema.safeParse(preview).success).toBe(true)
})

test.each([
  ['apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: text, nodeSelector: 1}', []],
  ['apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {A: "arn:broken"}', []],
  ['apiVersion: x/v1\nkind: SecretProviderClass\nmetadata: {name: a}\nspec: {parameters: {objects: "- : ["}}', []],
  ['apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 1}]}', []],
])('what nothing can be told from tells nothing: %s', (text, facts) => {
  expect(factsOf(text)).toEqual(facts)
})

const POD = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: api, ports: [{name: http, containerPort: 3000}]}]}
---
`
const service = (targetPort: string, selector = '{app: api}'): string =>
  `${POD}apiVersion: v1\nkind: Service\nmetadata: {name: front}\nspec: {selector: ${selector}, ports: [{port: 80${targetPort}}]}`

test.each([
  ['a number that a container opens', service(', targetPort: 3000'), undefined],
  ['a name that a container has', service(', targetPort: http'), undefined],
  ['another number', service(', targetPort: 8080'), '8080'],
  ['a name that no port has', service(', targetPort: web'), 'web'],
  ['its own port, which nobody opens', service(''), '80'],
  ['pods that are not among the manifests', service(', targetPort: 8080', '{app: other}'), undefined],
])('a Service sends to %s', (_, text, expected) => {
  const told = factsOf(text).filter(({fact}) => fact === 'expects')
  const fact = {fact: 'expects', kind: 'container port', name: 'api', value: expected, by: 'Service/front'}
  expect(told).toEqual(expected === undefined ? [] : [fact])
})

test('the sample app tells its port, to which its Service sends', () => {
  const folder = join(import.meta.dirname, '../../../sample-app/k8s')
  const text = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n---\n')
  expect(shown(factsOf(text))).toEqual(['container port api 3000 by Deployment/streaming-api'])
})

test.each([
  ['readinessProbe: {httpGet: {port: 3000}}', []],
  ['readinessProbe: {httpGet: {port: http}}', []],
  ['livenessProbe: {tcpSocket: {port: 3100}}', ['container port api 3100 by livenessProbe of Deployment/front']],
  ['startupProbe: {grpc: {port: 9}}', ['container port api 9 by startupProbe of Deployment/front']],
  ['readinessProbe: {httpGet: {port: web}}', ['container port api web by readinessProbe of Deployment/front']],
  ['readinessProbe: {exec: {command: [true]}}', []],
])('a probe of a port that its container does not open is told: %s', (probe, facts) => {
  const text = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: front}
spec: {template: {spec: {containers: [{name: api, image: a, ports: [{name: http, containerPort: 3000}], ${probe}}]}}}
`
  expect(shown(factsOf(text).filter(({fact}) => fact === 'expects'))).toEqual(facts)
})
