import {fakeClock} from '../../support/world.ts'
import {scriptedKube, status} from '../../support/scripted-kube.ts'
import type {Thing} from '../../support/scripted-kube.ts'
import {makeKubeApi} from '../../../actions/shared/kubernetes/api/kube-api.ts'
import {pullersOf, refreshPullSecret, registriesOf} from '../../../actions/shared/kubernetes/pull-secret.ts'
import type {KubeObject} from '../../../actions/shared/kubernetes/object.ts'

const ECR = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'
const login = {host: ECR, username: 'AWS', password: 'not-a-real-password'}
const pod = {
  containers: [
    {name: 'a', image: '210987654321.dkr.ecr.us-east-1.amazonaws.com/x:1'},
    {name: 'b', image: 'nginx'},
  ],
}
const object = (kind: string, spec: object): KubeObject =>
  ({apiVersion: 'x/v1', kind, metadata: {name: 'x', namespace: 'shop'}, spec}) as KubeObject

const objects = [
  object('Deployment', {template: {spec: pod}}),
  object('CronJob', {jobTemplate: {spec: {template: {spec: {...pod, serviceAccountName: 'cron'}}}}}),
  object('Pod', pod),
  object('Service', {type: 'ClusterIP'}),
]

it('finds who pulls, once each, and from which ECR registries', () => {
  expect(pullersOf(objects)).toEqual([
    {namespace: 'shop', serviceAccount: 'default'},
    {namespace: 'shop', serviceAccount: 'cron'},
  ])
  expect(registriesOf(objects, login)).toEqual([ECR, '210987654321.dkr.ecr.us-east-1.amazonaws.com'])
})

it('writes the secret and attaches it without a duplicate, once the account is there', async () => {
  const account = '/api/v1/namespaces/shop/serviceaccounts/default'
  let looks = 0
  let secrets: readonly object[] = [{name: 'mine'}]
  const kube = await scriptedKube({
    fault: ({path, method, body}) => {
      if (path !== account) return undefined
      if (method === 'PATCH') {
        secrets = (body as {imagePullSecrets: object[]}).imagePullSecrets
        return {status: 200, body: {}}
      }
      looks++
      if (looks === 1) return {status: 404, body: status(404, 'NotFound', 'not yet')}
      return {status: 200, body: {metadata: {resourceVersion: '7'}, imagePullSecrets: secrets}}
    },
  })
  const clock = fakeClock()
  const api = makeKubeApi(kube.socket, clock)
  try {
    const pullers = [{namespace: 'shop', serviceAccount: 'default'}]
    await refreshPullSecret(api, clock, pullers, [ECR], login, 'slipway')
    await refreshPullSecret(api, clock, pullers, [ECR], login, 'slipway')
    expect(secrets).toEqual([{name: 'mine'}, {name: 'slipway-registry'}])
    expect(kube.calls.filter(({method, path}) => method === 'PATCH' && path === account)).toHaveLength(1)
    const secret = kube.things().find(({kind}) => kind === 'Secret') as Thing & {data: Record<string, string>}
    const config = Buffer.from(secret.data['.dockerconfigjson'] ?? '', 'base64').toString()
    expect(JSON.parse(config)).toEqual({
      auths: {[ECR]: {auth: Buffer.from('AWS:not-a-real-password').toString('base64')}},
    })
  } finally {
    api.close()
    await kube.close()
  }
})
