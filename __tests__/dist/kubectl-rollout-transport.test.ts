import {readFileSync} from 'node:fs'
import {jest} from '@jest/globals'
import {scriptedKube, status} from '../support/scripted-kube.ts'
import type {KubeCall, Script, ScriptedKube, Thing} from '../support/scripted-kube.ts'
import {deployments, finish, start} from '../support/scripted-workloads.ts'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionResult} from '../support/spawn-action.ts'

jest.setTimeout(90_000)

const deployment = (name: string): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name},
    spec: {
      replicas: 1,
      selector: {matchLabels: {app: name}},
      template: {
        metadata: {labels: {app: name}},
        spec: {containers: [{name: 'a', image: 'app:1', readinessProbe: {tcpSocket: {port: 3000}}}]},
      },
    },
  })
const counts = (ready: boolean): object => ({
  observedGeneration: 1,
  replicas: 1,
  updatedReplicas: 1,
  readyReplicas: ready ? 1 : 0,
  availableReplicas: ready ? 1 : 0,
})
const isWatch = ({path, query}: KubeCall, plural = 'deployments'): boolean =>
  query.get('watch') === 'true' && path.endsWith(`/${plural}`)
const isList = ({method, path, query}: KubeCall): boolean =>
  method === 'GET' && query.get('limit') !== null && path.endsWith('/deployments')

let kube: ScriptedKube
afterEach(async () => {
  await kube.close()
})

/** Applied and seen by its controller; ready only when a test says so. */
const starting: NonNullable<Script['onApply']> = (thing, self) => {
  if (thing.kind === 'Deployment') self.put({...thing, status: counts(false)})
}
/** What the controllers do when all is well. */
function becomeReady(self: ScriptedKube): void {
  for (const thing of self.things().filter(({kind}) => kind === 'Deployment'))
    self.put({...thing, status: counts(true)})
}

async function rollOut(script: Script, names: readonly string[] = ['api']): Promise<ActionResult> {
  kube = await scriptedKube({onApply: starting, ...script})
  return await spawnAction('kubectl-rollout', {
    files: {'k8s/app.yaml': names.map(deployment).join('\n---\n')},
    path: [kube.bin],
    inputs: {manifests: 'k8s', timeout: '30s', grace: '1s'},
  })
}

it('a token that ends in the middle of the watch is renewed by kubectl, and the watch goes on from where it was', async () => {
  const versions: (string | null)[] = []
  const result = await rollOut({
    fault: (call, self) => {
      if (!isWatch(call)) return undefined
      versions.push(call.query.get('resourceVersion'))
      if (versions.length === 1)
        setTimeout(() => {
          self.endWatches('reset')
        }, 50)
      if (versions.length === 2) return {status: 401, body: status(401, 'Unauthorized', 'Unauthorized')}
      if (versions.length === 3)
        setTimeout(() => {
          becomeReady(self)
        }, 50)
      return undefined
    },
  })
  expect(result.outputs['status']).toBe('succeeded')
  expect(new Set(versions).size).toBe(1)
  expect(kube.calls.filter((call) => isList(call) && call.query.get('watch') === null)).toHaveLength(1)
})

it('a bookmark moves the place from which the watch goes on', async () => {
  const versions: (string | null)[] = []
  const bookmark = {
    type: 'BOOKMARK',
    object: {kind: 'Deployment', apiVersion: 'apps/v1', metadata: {resourceVersion: '4711'}},
  }
  const result = await rollOut({
    fault: (call, self) => {
      if (!isWatch(call)) return undefined
      versions.push(call.query.get('resourceVersion'))
      if (versions.length === 1)
        setTimeout(() => {
          self.endWatches({line: bookmark})
        }, 50)
      if (versions.length === 2)
        setTimeout(() => {
          becomeReady(self)
        }, 50)
      return undefined
    },
  })
  expect(result.outputs['status']).toBe('succeeded')
  expect(versions[1]).toBe('4711')
})

it('a list in pages is put together, and one that expires between two pages is begun anew', async () => {
  let pages = 0
  const result = await rollOut(
    {
      onApply: (thing, self) => {
        if (thing.kind === 'Deployment') self.put({...thing, status: counts(true)})
      },
      fault: (call, self) => {
        if (!isList(call)) return undefined
        pages++
        const items = self.things().filter(({kind}) => kind === 'Deployment')
        const list = (some: readonly Thing[], next: string): object => ({
          kind: 'DeploymentList',
          apiVersion: 'apps/v1',
          metadata: {resourceVersion: '500', continue: next},
          items: some,
        })
        if (pages === 2)
          return {status: 410, body: status(410, 'Expired', 'the provided continue parameter is too old')}
        return {
          status: 200,
          body: call.query.get('continue') === null ? list(items.slice(0, 1), 'more') : list(items.slice(1), ''),
        }
      },
    },
    ['one', 'two'],
  )
  expect(result.outputs['status']).toBe('succeeded')
  expect(pages).toBe(4)
})

it('a list that is throttled is asked for again after the time that the server names', async () => {
  let asked = 0
  const result = await rollOut({
    fault: (call, self) => {
      if (isWatch(call))
        setTimeout(() => {
          becomeReady(self)
        }, 50)
      if (!isList(call) || ++asked > 3) return undefined
      return {status: 429, body: status(429, 'TooManyRequests', 'slow down')}
    },
  })
  expect(result.outputs['status']).toBe('succeeded')
  expect(asked).toBe(4)
})

it('an API server that dies and comes back during the watch costs nothing but time', async () => {
  let dead = false
  let tries = 0
  const result = await rollOut({
    fault: (call, self) => {
      if (isWatch(call) && tries === 0) {
        tries++
        setTimeout(() => {
          dead = true
          self.endWatches('reset')
        }, 100)
        return undefined
      }
      if (!dead) return undefined
      if (++tries < 12) return 'reset'
      dead = false
      setTimeout(() => {
        becomeReady(self)
      }, 50)
      return undefined
    },
  })
  expect(tries).toBe(12)
  expect(result.outputs['status']).toBe('succeeded')
})

it('watches that break again and again end at the timeout, not before and not green', async () => {
  kube = await scriptedKube({
    onApply: starting,
    fault: (call, self) => {
      if (!isWatch(call)) return undefined
      setTimeout(() => {
        self.endWatches('reset')
      }, 20)
      return undefined
    },
  })
  const result = await spawnAction('kubectl-rollout', {
    files: {'k8s/app.yaml': deployment('api')},
    path: [kube.bin],
    inputs: {manifests: 'k8s', timeout: '2s', 'on-failure': 'keep'},
  })
  expect(result.outputs).toMatchObject({status: 'timed-out', 'failure-reason': 'timeout'})
})

it('200 Deployments are watched with four watches, read and listed once, in less than 200 MB', async () => {
  kube = await scriptedKube({
    onApply: start,
    fault: (call, self) => {
      if (isWatch(call)) setTimeout(finish, 200, self)
      return undefined
    },
  })
  let peakKiB = 0
  const items = deployments(200)
  const result = await spawnAction('kubectl-rollout', {
    files: {'k8s/app.json': JSON.stringify({apiVersion: 'v1', kind: 'List', items})},
    path: [kube.bin],
    inputs: {manifests: 'k8s', timeout: '60s'},
    onOutput: (_text, {pid = 0}) => {
      const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8')
      peakKiB = Math.max(peakKiB, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0))
    },
  })
  expect(result.outputs['status']).toBe('succeeded')
  expect(JSON.parse(result.outputs['resources'] ?? '[]')).toHaveLength(200)
  expect(kube.calls.filter(({query}) => query.get('watch') === 'true')).toHaveLength(4)
  expect(kube.calls.filter(({method, path}) => method === 'GET' && /deployments\/d\d+$/.test(path))).toEqual([])
  expect(peakKiB).toBeGreaterThan(0)
  expect(peakKiB * 1024).toBeLessThan(200e6)
})

it.each([
  ['31', 1],
  ['33', 0],
  ['34+', 0],
  ['35', 0],
  ['36', 1],
  ['', 0],
])('kubectl 1.%s for a cluster of 1.34: %d warnings', async (kubectlMinor, warnings) => {
  const result = await rollOut({
    kubectlMinor,
    onApply: (_thing, self) => {
      becomeReady(self)
    },
  })
  expect(result.outputs['status']).toBe('succeeded')
  expect(result.warnings).toHaveLength(warnings)
  if (warnings > 0) expect(result.warnings[0]).toContain('set "kubectl-version: v1.34.2"')
})
