import {jest} from '@jest/globals'
import {scriptedKube} from '../support/scripted-kube.ts'
import type {Script, ScriptedKube, Thing} from '../support/scripted-kube.ts'
import {finish, restartAll, start} from '../support/scripted-workloads.ts'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionResult} from '../support/spawn-action.ts'

jest.setTimeout(90_000)

let kube: ScriptedKube
afterEach(async () => {
  await kube.close()
})

function deployment(name: string, more: {annotations?: object; reads?: string} = {}): Thing {
  const envFrom = more.reads === undefined ? [] : [{configMapRef: {name: more.reads}}]
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name, ...(more.annotations && {annotations: more.annotations})},
    spec: {
      replicas: 1,
      selector: {matchLabels: {app: name}},
      template: {
        metadata: {labels: {app: name}},
        spec: {containers: [{name: 'a', image: 'app:1', envFrom, readinessProbe: {tcpSocket: {port: 3000}}}]},
      },
    },
  }
}
const counts = (ready: boolean, observedGeneration: unknown = 1): object => {
  const available = ready ? 1 : 0
  return {observedGeneration, replicas: 1, updatedReplicas: 1, readyReplicas: available, availableReplicas: available}
}
/** Applied and seen by its controller; ready as the test says. */
const standing =
  (ready: boolean): NonNullable<Script['onApply']> =>
  (thing, self) => {
    if (thing.kind === 'Deployment') self.put({...thing, status: counts(ready, thing.metadata['generation'])})
  }

async function rollOut(things: readonly object[], inputs: Record<string, string> = {}): Promise<ActionResult> {
  return await spawnAction('kubectl-rollout', {
    files: {'k8s/app.yaml': things.map((one) => JSON.stringify(one)).join('\n---\n')},
    path: [kube.bin],
    inputs: {manifests: 'k8s', timeout: '20s', grace: '1s', ...inputs},
  })
}

it('an API server that fell silent is blamed itself, not the workload, and nothing is put back in vain', async () => {
  let silent = false
  kube = await scriptedKube({
    onApply: standing(false),
    fault: ({query, path}) => {
      if (silent) return 'silence'
      // The last that is heard of it is the beginning of this watch.
      if (query.get('watch') === 'true' && path.endsWith('/deployments')) setTimeout(() => (silent = true), 300)
      return undefined
    },
  })
  kube.put({...deployment('api'), metadata: {name: 'api', namespace: 'default', generation: 1}, status: counts(true)})
  const changed = {...deployment('api'), spec: {...(deployment('api')['spec'] as object), replicas: 2}}
  const result = await rollOut([changed], {timeout: '3s'})
  expect(result.outputs).toMatchObject({status: 'timed-out', 'failure-reason': 'unreachable'})
  expect(result.errors[0]).toMatch(/^Kubernetes API server: it has said nothing for \d+ s and does not answer/)
  expect(result.errors[0]).toContain('the last that was seen of Deployment/api:')
  expect(result.errors[0]).toContain('the API server does not answer, so nothing could be put back')
  expect(result.tookMs).toBeLessThan(45_000)
})

describe('slipway.dev/timeout', () => {
  it('ends the wait for its own object earlier, and names it', async () => {
    kube = await scriptedKube({onApply: standing(false)})
    const slow = deployment('slow', {annotations: {'slipway.dev/timeout': '1s'}})
    const result = await rollOut([deployment('other'), slow], {timeout: '60s', 'on-failure': 'keep'})
    expect(result.outputs).toMatchObject({status: 'timed-out', 'failure-reason': 'timeout'})
    expect(result.errors[0]).toContain('Deployment/slow: not rolled out after')
    expect(result.log).toContain('raise its annotation slipway.dev/timeout')
    expect(result.tookMs).toBeLessThan(20_000)
  })

  it('or later than that of all others', async () => {
    kube = await scriptedKube({
      onApply: (thing, self) => {
        standing(false)(thing, self)
        setTimeout(() => self.put({...thing, status: counts(true, thing.metadata['generation'])}), 3000)
      },
    })
    const slow = deployment('slow', {annotations: {'slipway.dev/timeout': '30s'}})
    const result = await rollOut([slow], {timeout: '1s'})
    expect(result.outputs['status']).toBe('succeeded')
  })

  it('that is no time is refused before anything is changed', async () => {
    kube = await scriptedKube()
    const result = await rollOut([deployment('a', {annotations: {'slipway.dev/timeout': 'soon'}})])
    expect(result.errors).toEqual([expect.stringContaining('has the annotation slipway.dev/timeout: "soon"')])
    expect(kube.calls.filter(({method}) => method === 'PATCH')).toEqual([])
  })
})

describe('stable-for', () => {
  const onApply: NonNullable<Script['onApply']> = (thing, self) => {
    start(thing, self)
    finish(self)
  }

  it('sees an app that dies after it was ready, though it runs again', async () => {
    kube = await scriptedKube({
      onApply: (thing, self) => {
        onApply(thing, self)
        setTimeout(() => {
          restartAll(self, 4)
        }, 2500)
      },
    })
    const result = await rollOut([deployment('api')], {'stable-for': '1m', 'on-failure': 'keep'})
    expect([result.code, result.outputs['status'], result.outputs['failure-reason']]).toEqual([
      1,
      'failed',
      'container-exited',
    ])
    expect(result.log).toContain('all rolled out; watching on for 1 min')
    expect(result.errors[0]).toContain(
      'Deployment/api: after the rollout was complete, container "app" exits with code 4 after 9 s',
    )
    expect(result.tookMs).toBeLessThan(30_000)
  })

  it('is over after its time, and an unchanged run does not wait for it again', async () => {
    kube = await scriptedKube({onApply})
    const first = await rollOut([deployment('api')], {'stable-for': '3s'})
    expect(first.outputs['status']).toBe('succeeded')
    expect(first.tookMs).toBeGreaterThan(3000)
    const again = await rollOut([deployment('api')], {'stable-for': '1h'})
    expect([again.outputs['status'], again.log.includes('watching on')]).toEqual(['unchanged', false])
  })

  it('that is no time is refused before the cluster is asked', async () => {
    kube = await scriptedKube()
    const result = await rollOut([deployment('api')], {'stable-for': 'long'})
    expect(result.errors).toEqual(['Input "stable-for" is "long": give a time like 90s, 10m or 1h30m, up to 24h.'])
    expect(kube.calls).toEqual([])
  })
})

it('a new autoscaler of a Deployment of the set is not waited for until its controller looks, every 15 s', async () => {
  kube = await scriptedKube({onApply: standing(true)})
  const autoscaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: {name: 'api'},
    spec: {scaleTargetRef: {apiVersion: 'apps/v1', kind: 'Deployment', name: 'api'}, maxReplicas: 3},
  }
  const result = await rollOut([deployment('api'), autoscaler])
  expect(result.outputs['status']).toBe('succeeded')
  expect(result.log).toContain('HorizontalPodAutoscaler/api  in place, its target is there')
})

it('readers of a changed ConfigMap that are not in the manifests are named', async () => {
  kube = await scriptedKube({onApply: standing(true)})
  const map = (mode: string): object => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {name: 'mode'},
    data: {MODE: mode},
  })
  await rollOut([map('one')])
  for (const [name, reads] of [
    ['reader', 'mode'],
    ['other', 'something'],
  ] as const)
    kube.put({...deployment(name, {reads}), metadata: {name, namespace: 'default'}})
  const says = 'ConfigMap/mode changed; Deployment/reader, which is not in the manifests, reads it at its start'
  const plan = await rollOut([map('two')], {mode: 'plan'})
  expect(plan.warnings).toEqual([expect.stringContaining(says)])
  expect(plan.outputs['preview']).toContain(says)
  const result = await rollOut([map('two')])
  expect(result.warnings[0]).toContain('"mode: restart" with "resources: deployment/reader" does')
  expect((await rollOut([map('two')])).warnings).toEqual([])
})

it('an object of plain kubectl apply whose status changes while it is taken over is taken over all the same', async () => {
  let refused = 0
  kube = await scriptedKube({
    onApply: standing(true),
    fault: ({method, body}) => {
      if (method !== 'PATCH' || !Array.isArray(body)) return undefined
      refused += 1
      const status = {kind: 'Status', reason: 'Conflict', code: 409, message: 'the object has been modified'}
      return refused < 3 ? {status: 409, body: status} : {status: 200, body: {}}
    },
  })
  const fieldsV1 = {'f:spec': {'f:replicas': {}}}
  const managedFields = [{manager: 'kubectl-client-side-apply', operation: 'Update', apiVersion: 'apps/v1', fieldsV1}]
  kube.put({
    ...deployment('old'),
    metadata: {name: 'old', namespace: 'default', generation: 1, managedFields},
    status: counts(true),
  })
  const result = await rollOut([deployment('old')])
  expect([result.errors, result.outputs['status']]).toEqual([[], 'succeeded'])
  expect(refused).toBe(3)
})
