import {systemClock} from '../../actions/shared/core/clock.ts'
import {deployment, manifest} from '../core/kube-shapes.ts'
import type {Room, Shape} from '../core/kube-shapes.ts'
import {followTool, labRepository, labTool} from '../core/lab-room.ts'
import {besides} from '../core/other.ts'
import type {Bench, Case, Measure, Opened, Row, Sample} from '../core/row.ts'
import {ourAction, runStep, runTool} from '../core/step.ts'
import type {Cost, Step} from '../core/step.ts'
import {loopbackGitHub} from '../loopback/github.ts'
import type {LoopbackGitHub} from '../loopback/github.ts'

const GRACE = 4
const LIMIT = 20
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

const SIGNS =
  '{.metadata.labels.app} {.status.containerStatuses[*].state.waiting.reason} {.status.containerStatuses[*].state.terminated.reason} {.status.containerStatuses[*].lastState.terminated.reason}{"\\n"}'

/** Runs it, and tells how long after the kubelet's first word of the trouble it ended, as seen through a watch beside it. */
async function afterVerdict(
  {lab, namespace}: Room,
  app: string,
  sign: RegExp,
  run: () => Promise<Cost>,
): Promise<Sample> {
  let first: number | undefined
  const argv = ['kubectl', '-n', namespace, 'get', 'pods', '--watch-only', '-o', `jsonpath=${SIGNS}`]
  const watch = followTool(lab, argv, (line, at) => {
    if (line.startsWith(`${app} `) && sign.test(line)) first ??= at
  })
  try {
    await systemClock.sleep(1000)
    const {wall, endedAt} = await run()
    await systemClock.sleep(500)
    if (first === undefined) throw new Error(`The watch saw no ${String(sign)} of ${app}.`)
    return {'until red': wall, "after the kubelet's verdict": Math.max(0, endedAt - first) / 1000}
  } finally {
    watch.stop()
  }
}

interface Trouble {
  readonly name: string
  readonly shape: Omit<Shape, 'name' | 'run'>
  readonly says: RegExp
  /** What the kubelet says of it. */
  readonly sign: RegExp
  /** Seconds from there to red. */
  readonly max: number
}

function failing(room: Room, {name, shape, says, sign, max}: Trouble): Case {
  const app = name.replaceAll(' ', '-')
  const text = (): string => manifest([deployment(room, {name: app, run: room.fresh(), ...shape})])
  // The pods of the run before would speak for this one.
  const fresh = (run: () => Promise<Cost>): Promise<Sample> => {
    labTool(room.lab, 'kubectl', [
      '-n',
      room.namespace,
      'delete',
      'deployment',
      app,
      '--ignore-not-found',
      '--cascade=foreground',
    ])
    return afterVerdict(room, app, sign, run)
  }
  return {
    name: `${name}, until red`,
    measures: [
      {name: "after the kubelet's verdict", unit: 's', goal: {kind: 'at-most', max}},
      {name: 'until red', unit: 's'},
    ],
    ours: () => fresh(() => ours(room, text(), {exits: 1, says})),
    other: {
      name: `kubectl rollout status --timeout=${String(LIMIT)}s`,
      run: () => fresh(() => bare(room, text(), [app], 1)),
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
        failing(room, {
          name: 'a tag that does not exist',
          shape: {tag: 'v9'},
          says: /image-not-found/,
          sign: /ErrImagePull|ImagePullBackOff/,
          max: 3,
        }),
        failing(room, {
          name: 'a crash right after start',
          shape: {program: 'echo DATABASE_URL is not set; exit 3', probed: true},
          says: /container-exited/,
          sign: / Error|CrashLoopBackOff/,
          max: GRACE + 3,
        }),
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
