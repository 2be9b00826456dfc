import {systemClock} from '../../actions/shared/core/clock.ts'
import type {LabEnvironment} from '../../lab/index.ts'
import {followTool, labRepository, labTool} from '../core/lab-room.ts'
import {besides} from '../core/other.ts'
import type {Bench, Case, Measure, Opened, Row, Sample} from '../core/row.ts'
import {ourAction, runStep, runTool} from '../core/step.ts'
import type {Cost, Step} from '../core/step.ts'
import {loopbackGitHub} from '../loopback/github.ts'
import type {LoopbackGitHub} from '../loopback/github.ts'

const GRACE = 4
const LIMIT = 20
const IDLE = 'sleep 600'
const PROBE = {readinessProbe: {exec: {command: ['test', '-f', '/tmp/ready']}, periodSeconds: 1}}

interface Room {
  readonly lab: LabEnvironment
  readonly namespace: string
  /** Without a tag. */
  readonly image: string
  readonly fresh: () => string
}

interface Shape {
  readonly name: string
  readonly run: string
  readonly program?: string
  readonly tag?: string
  /** Ready never comes by itself: without a probe a container that has started once counts as available. */
  readonly probed?: boolean
}

function deployment({image, namespace}: Room, {name, run, program = IDLE, tag = 'v1', probed = false}: Shape): object {
  const container = {
    name: 'api',
    image: `${image}:${tag}`,
    command: ['sh', '-c', `${program} # ${run}`],
    ...(probed && PROBE),
  }
  const labels = {app: name}
  const template = {metadata: {labels}, spec: {terminationGracePeriodSeconds: 0, containers: [container]}}
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name, namespace},
    spec: {replicas: 1, selector: {matchLabels: labels}, template},
  }
}

const manifest = (items: readonly object[]): string => JSON.stringify({apiVersion: 'v1', kind: 'List', items})
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
      'lag after the last was ready': Math.max(0, endedAt - Math.max(...done.values())) / 1000,
    }
  } finally {
    watch.stop()
  }
}

const ours = ({lab, namespace}: Room, text: string, ends: Pick<Step, 'exits' | 'says'>): Promise<Cost> =>
  runStep(ourAction('kubectl-rollout'), {
    ...ends,
    env: lab.vars,
    files: {'k8s/app.json': text},
    inputs: {manifests: 'k8s', namespace, grace: `${String(GRACE)}s`, timeout: '120s', 'on-failure': 'keep'},
    limit: 200,
  })

/** `kubectl apply`, then `kubectl rollout status` of one after the other, as scripts do it. */
function bare({lab, namespace}: Room, text: string, names: readonly string[], exits: number): Promise<Cost> {
  const status = names.map(
    (name) =>
      `kubectl -n ${namespace} rollout status deployment/${name} --timeout=${String(LIMIT * (names.length > 1 ? 6 : 1))}s`,
  )
  const script = `printf '%s' "$MANIFEST" | kubectl apply -f - && ${status.join(' && ')}`
  return runTool(['sh', '-c', script], {exits, cwd: '/', env: {...lab.vars, MANIFEST: text}, limit: 200})
}

const LAG: readonly Measure[] = [
  {name: 'lag after the last was ready', unit: 's', goal: {kind: 'at-most', max: 1}},
  {name: 'until green', unit: 's'},
]

function good(room: Room, count: number): Case {
  const names = Array.from({length: count}, (_, at) => `good-${String(count)}-${String(at)}`)
  const text = (): string => manifest(names.map((name) => deployment(room, {name, run: room.fresh()})))
  return {
    name: `${String(count)} ${count === 1 ? 'workload' : 'workloads'}, a rolling update`,
    measures: LAG,
    ...(count > 1 && {runs: 3}),
    ours: () => observed(room, names, () => ours(room, text(), {exits: 0})),
    other: {
      name: 'kubectl apply && kubectl rollout status',
      run: () => observed(room, names, () => bare(room, text(), names, 0)),
    },
  }
}

// The peer asks GitHub for its workflow, and without an answer tries for 55 s, which no user would see.
function besidePeer(bench: Bench, room: Room, github: LoopbackGitHub): Case {
  const text = (): string => manifest([deployment(room, {name: 'peer', run: room.fresh()})])
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
      const files = {'k8s/app.yaml': JSON.stringify(deployment(room, {name: 'peer', run: room.fresh()}))}
      return observed(room, ['peer'], () => runStep(peer, {exits: 0, env, files, inputs, limit: 200}))
    }),
  }
}

function failing(room: Room, name: string, shape: Omit<Shape, 'name' | 'run'>, says: RegExp, max: number): Case {
  const app = name.replaceAll(' ', '-')
  const text = (): string => manifest([deployment(room, {name: app, run: room.fresh(), ...shape})])
  return {
    name: `${name}, until red`,
    measures: [{name: 'until red', unit: 's', goal: {kind: 'at-most', max}}],
    ours: async () => ({'until red': (await ours(room, text(), {exits: 1, says})).wall}),
    other: {
      name: `kubectl rollout status --timeout=${String(LIMIT)}s`,
      run: async () => ({'until red': (await bare(room, text(), [app], 1)).wall}),
    },
    note: `the other side can only wait for its limit, which is ${String(LIMIT)} s here.`,
  }
}

/** How soon the truth about a rollout is told. */
export const kubernetes: Row = {
  name: 'kubernetes',
  title: 'Kubernetes rollout',
  how: `A real Kubernetes node; deployments of one pod, complete when a watch beside the action says so. Grace time ${String(GRACE)} s.`,
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
    labTool(lab, 'kubectl', ['create', 'namespace', namespace])
    let count = 0
    const room = {lab, namespace, image, fresh: () => `${String(process.pid)}-${String(++count)}`}
    return {
      cases: [
        good(room, 1),
        besidePeer(bench, room, github),
        failing(room, 'a tag that does not exist', {tag: 'v9'}, /image-not-found/, 3),
        failing(
          room,
          'a crash right after start',
          {program: 'echo DATABASE_URL is not set; exit 3', probed: true},
          /container-exited/,
          GRACE + 3,
        ),
        good(room, 50),
      ],
      close: async () => {
        labTool(lab, 'kubectl', ['delete', 'namespace', namespace, '--wait=false'])
        labTool(lab, 'docker', ['rmi', `${image}:v1`])
        await removeRepository()
        await github.close()
      },
    }
  },
}
