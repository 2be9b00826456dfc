import {scriptedKube} from '../../__tests__/support/scripted-kube.ts'
import {deployments, finish, start} from '../../__tests__/support/scripted-workloads.ts'
import type {Case, Measure, Row, Sample} from '../core/row.ts'
import {ourAction, runStep} from '../core/step.ts'

/** How long the pods of the scripted cluster take once all are applied and watched, in milliseconds. */
const PODS_MS = 2_000
const MEASURES: readonly Measure[] = [
  {name: 'watches', unit: 'calls', goal: {kind: 'at-most', max: 12}},
  {name: 'lag after the last was ready', unit: 's', goal: {kind: 'at-most', max: 1}},
  {name: 'until green', unit: 's'},
  {name: 'peak', unit: 'MiB', goal: {kind: 'at-most', max: 190}},
]

// Flat: not one watch more than for one workload.
const MANY = MEASURES.map((measure): Measure =>
  measure.name === 'watches' ? {...measure, goal: {kind: 'growth', from: '1 workload', max: 100}} : measure,
)

async function rollOut(count: number): Promise<Sample> {
  let readyAt: number | undefined
  let watches = 0
  const kube = await scriptedKube({
    onApply: start,
    fault: ({query, path}, self) => {
      if (query.get('watch') !== 'true') return undefined
      watches++
      if (path.endsWith('/deployments')) {
        setTimeout(() => {
          readyAt ??= Date.now()
          finish(self)
        }, PODS_MS)
      }
      return undefined
    },
  })
  try {
    const {wall, peak, endedAt} = await runStep(ourAction('kubectl-rollout'), {
      exits: 0,
      path: [kube.bin],
      files: {'k8s/app.json': JSON.stringify({apiVersion: 'v1', kind: 'List', items: deployments(count)})},
      inputs: {manifests: 'k8s', timeout: '120s'},
      says: /succeeded/,
      limit: 200,
    })
    if (readyAt === undefined) throw new Error('The scripted cluster was never watched.')
    return {watches, 'lag after the last was ready': (endedAt - readyAt) / 1000, 'until green': wall, peak}
  } finally {
    await kube.close()
  }
}

function many(count: number): Case {
  const name = `${String(count)} ${count === 1 ? 'workload' : 'workloads'}`
  return {name, measures: count === 1 ? MEASURES : MANY, ours: () => rollOut(count)}
}

/** What watching many workloads at once costs. */
export const kubernetesMany: Row = {
  name: 'kubernetes-many',
  title: 'Kubernetes rollout, many workloads',
  how: `An API server on loopback that counts, each Deployment with its ReplicaSet, one pod and events; all pods become ready ${String(PODS_MS / 1000)} s after they are watched. What 200 take longer until green is their 400 calls of dry run and apply.`,
  needsLab: false,
  open: () => Promise.resolve({cases: [many(1), many(50), many(200)], close: () => Promise.resolve()}),
}
