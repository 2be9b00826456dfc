import {systemClock} from '../../actions/shared/core/clock.ts'
import {deployment, manifest} from '../core/kube-shapes.ts'
import type {Room, Shape} from '../core/kube-shapes.ts'
import {followTool, labRepository, labTool} from '../core/lab-room.ts'
import {besides} from '../core/other.ts'
import type {Bench, Case, Measure, Opened, Row, Sample} from '../core/row.ts'
import {runStep} from '../core/step.ts'
import type {Cost} from '../core/step.ts'
import {loopbackGitHub} from '../loopback/github.ts'
import type {LoopbackGitHub} from '../loopback/github.ts'
import {troubles} from './kubernetes-red.ts'
import {bare, ours, PATIENCE} from './kubernetes-steps.ts'
import {HELD} from './reasons.ts'

const SHOWN =
  '{.metadata.name} {.metadata.generation} {.status.observedGeneration} {.spec.replicas} {.status.replicas} {.status.updatedReplicas} {.status.availableReplicas}{"\\n"}'

/** Runs it, and tells when the last of the deployments was complete, as seen through a watch beside it. */
async function observed({lab, namespace}: Room, names: readonly string[], run: () => Promise<Cost>): Promise<Sample> {
  const done = new Map<string, number>()
  const generations = new Map<string, string>()
  const argv = ['kubectl', '-n', namespace, 'get', 'deployments', '--watch', '-o', `jsonpath=${SHOWN}`]
  const watch = followTool(lab, argv, (line, at) => {
    const [name = '', generation = '', seen, ...counts] = line.split(' ')
    if (!names.includes(name)) return
    const changed = generations.get(name) !== generation
    generations.set(name, generation)
    if (changed) done.delete(name)
    if (generation === seen && new Set(counts).size === 1 && counts.length === 4 && counts[0] !== '' && !done.has(name))
      done.set(name, at)
  })
  try {
    await systemClock.sleep(1000)
    const {wall, endedAt} = await run()
    await systemClock.sleep(500)
    if (done.size !== names.length)
      throw new Error(`The watch saw ${String(done.size)} of ${String(names.length)} deployments complete.`)
    return {
      'until green': wall,
      [LAG_MEASURE]: Math.max(0, endedAt - Math.max(...done.values())) / 1000,
    }
  } finally {
    watch.stop()
  }
}

const LAG_MEASURE = 'lag after the last was ready'
const LAG: readonly Measure[] = [
  {name: LAG_MEASURE, unit: 's', goal: {kind: 'at-most', max: 1}},
  {name: 'until green', unit: 's'},
]

function good(room: Room, count: number): Case {
  const names = Array.from({length: count}, (_, at) => `good-${String(count)}-${String(at)}`)
  return {...rollingUpdate(room, names, {probe: 'ready'}), ...(count > 1 && {runs: 3})}
}

/** Where no probe tells that a container works, a version that exits at once looks like one that runs. */
function unprobed(room: Room): Case {
  const one = rollingUpdate(room, ['unprobed'], {})
  return {
    ...one,
    name: '1 workload without a readiness probe',
    shortfalls: {[LAG_MEASURE]: HELD},
    note: 'the other side is green on a container that exits right after its start.',
  }
}

function rollingUpdate(room: Room, names: readonly string[], shape: Pick<Shape, 'probe'>): Case {
  const count = names.length
  const text = (): string => manifest(names.map((name) => deployment(room, {name, run: room.fresh(), ...shape})))
  return {
    name: `${String(count)} ${count === 1 ? 'workload' : 'workloads'}, a rolling update`,
    measures: LAG,
    ours: () => observed(room, names, () => ours(room, text(), {exits: 0})),
    other: {
      name: 'kubectl apply && kubectl rollout status',
      run: () => observed(room, names, () => bare(room, text(), names, 0)),
    },
  }
}

// The peer asks GitHub for its workflow, and without an answer tries for 55 s, which no user would see.
function besidePeer(bench: Bench, room: Room, github: LoopbackGitHub): Case {
  const text = (): string => manifest([deployment(room, {name: 'peer', run: room.fresh(), probe: 'ready'})])
  return {
    name: '1 workload, beside k8s-deploy',
    measures: LAG,
    ours: () => observed(room, ['peer'], () => ours(room, text(), {exits: 0})),
    other: besides(bench, 'Azure/k8s-deploy', (peer) => () => {
      const inputs = {
        manifests: 'k8s/app.yaml',
        namespace: room.namespace,
        'annotate-resources': 'false',
        'pull-images': 'false',
        timeout: '60s',
      }
      const env = {...room.lab.vars, GITHUB_API_URL: github.url}
      const files = {
        'k8s/app.yaml': JSON.stringify(deployment(room, {name: 'peer', run: room.fresh(), probe: 'ready'})),
      }
      return observed(room, ['peer'], () => runStep(peer, {exits: 0, env, files, inputs, limit: 200}))
    }),
  }
}

const QUOTA = {
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: {name: 'team'},
  spec: {hard: {'requests.cpu': '100m'}},
}

/** How soon the truth about a rollout is told. */
export const kubernetes: Row = {
  name: 'kubernetes',
  title: 'Kubernetes rollout',
  how: `A real Kubernetes node; deployments of one pod with a readiness probe, complete when a watch beside the action says so. The verdict is the first word of the kubelet, the scheduler or the controller in the status of a pod or ReplicaSet, as a watch beside sees it; each trouble that may heal is given ${String(PATIENCE)} s from there (the input grace is 4 s for crashes, 2 s for quotas, which count double, 1 s for scheduling, which counts four times).`,
  needsLab: true,
  long: true,
  open: async (bench): Promise<Opened> => {
    const lab = bench.lab()
    const namespace = `bench-${String(process.pid)}`
    const image = `${lab.registry}/${namespace}`
    const github = await loopbackGitHub()
    const removeRepository = await labRepository(lab, namespace)
    labTool(lab, 'docker', ['tag', 'node:24-alpine', `${image}:v1`])
    labTool(lab, 'docker', ['push', '--quiet', `${image}:v1`])
    const tight = `${namespace}-quota`
    for (const each of [namespace, tight]) labTool(lab, 'kubectl', ['create', 'namespace', each])
    labTool(lab, 'kubectl', ['-n', tight, 'create', '-f', '-'], JSON.stringify(QUOTA))
    let count = 0
    const room = {lab, namespace, image, fresh: () => `${String(process.pid)}-${String(++count)}`}
    return {
      cases: [
        good(room, 1),
        unprobed(room),
        besidePeer(bench, room, github),
        ...troubles(room, {...room, namespace: tight}),
        good(room, 50),
      ],
      close: async () => {
        labTool(lab, 'kubectl', ['delete', 'namespace', namespace, tight, '--wait=false'])
        labTool(lab, 'docker', ['rmi', `${image}:v1`])
        await removeRepository()
        await github.close()
      },
    }
  },
}
