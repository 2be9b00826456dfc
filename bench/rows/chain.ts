import {appendFileSync} from 'node:fs'
import {appendFile, cp} from 'node:fs/promises'
import {join} from 'node:path'
import type {LabEnvironment} from '../../lab/index.ts'
import {runWorkflow} from '../../lab/runner.ts'
import type {WorkflowRun} from '../../lab/runner.ts'
import {JOBS, labVariables, runChain} from '../../scripts/demo/chain.ts'
import type {Change} from '../../scripts/demo/faults.ts'
import {cloneRepository} from '../../scripts/demo/repository.ts'
import {labTool} from '../core/lab-room.ts'
import type {Bench, Measure, Opened, Other, Row, Sample} from '../core/row.ts'
import {loopbackGitHub} from '../loopback/github.ts'
import {WAITS} from './reasons.ts'

const PEERS = [
  'docker/login-action',
  'docker/metadata-action',
  'docker/build-push-action',
  'aws-actions/amazon-ecs-render-task-definition',
  'aws-actions/amazon-ecs-deploy-task-definition',
  'Azure/k8s-deploy',
]
const WORKFLOW = '.github/workflows/peers-deploy.yml'
/** Names a file that gets a line for each step of each run: to see where the time of a chain goes. */
const STEPS_VARIABLE = 'SLIPWAY_BENCH_STEPS'
/** What the lab stands in for, the same for both sides. */
const STAND_IN = /^(?:actions\/checkout|aws-actions\/configure-aws-credentials|hashicorp\/setup-terraform)@/
const OWN_STEPS = 'its own steps'
const MEASURES: readonly Measure[] = ['whole chain', OWN_STEPS, ...JOBS].map((name) => ({
  name,
  unit: 's',
  ...(name === 'whole chain' && {goal: {kind: 'ratio', max: 0.6}, shortfall: WAITS}),
}))

const COLD: readonly Measure[] = MEASURES.map(({name, unit}) => ({name, unit}))
const COLD_MEANS =
  "cold is what a runner finds that has just been made, as GitHub gives one to each job: all of BuildKit's cache is taken away before each run of either side (`docker buildx prune --all`), layers, base image and cache mounts. What the world keeps stays: the registry with its images (and our build cache in it, which is written and read by default; theirs has none by default), the stack in AWS, the workloads on ECS and Kubernetes."
const SAME_MEANS =
  'both sides deploy to one ECS service in turns. Where the run before was one of the other side, as in the median, ECS has something to do after all; least is a run of ours that finds its own version there.'

/** The sample's delivery through the workflow runner, on a stack that stands and an image that is built. */
export const chain: Row = {
  name: 'chain',
  title: 'The chain on sample-app',
  how: "`.github/workflows/deploy.yml` run by the workflow runner on a stack that exists and, but for the cold case, layers that are cached, as `npm run demo` does it, beside `bench/peer-chain/deploy.yml`, the same jobs wired from the peers' actions; each run has a commit of its own, and a first run of either to warm up is not counted. Its own steps are all of a side's steps added up but for checkout, credentials and the installing of terraform, for which the lab has the same stand-ins on both sides.",
  needsLab: true,
  long: true,
  open: async (bench): Promise<Opened> => {
    const lab = bench.lab()
    const ours = async (change: Change): Promise<Sample> => {
      const run = await runChain(lab, change, () => undefined)
      return figures('ours', run.workflow, run.seconds)
    }
    const peers = await peerChain(bench, lab)
    const fresh = commits()
    await ours(fresh())
    await peers.run?.(fresh())
    const beside = (change: () => Change): Other => {
      const {name, missing, run} = peers
      return {name, ...(missing !== undefined && {missing}), ...(run && {run: () => run(change())})}
    }
    const same = fresh()
    // What has not changed has been delivered once, by both.
    await ours(same)
    await peers.run?.(same)
    return {
      cases: [
        {
          name: 'a new commit on a builder that is empty',
          measures: COLD,
          ours: () => ours(cold(lab, fresh())),
          other: beside(() => cold(lab, fresh())),
          note: COLD_MEANS,
          runs: 3,
        },
        {name: 'a new commit', measures: MEASURES, ours: () => ours(fresh()), other: beside(fresh)},
        {
          name: 'nothing changed',
          measures: MEASURES,
          ours: () => ours(same),
          other: beside(() => same),
          note: SAME_MEANS,
        },
      ],
      close: peers.close,
    }
  },
}

/** Changes of the app's sources, each a new one. */
function commits(): () => Change {
  let count = 0
  return () => {
    const line = `// Delivered as ${String(process.pid)}-${String((count += 1))}.\n`
    return {inject: (folder) => appendFile(join(folder, 'sample-app/src/server.js'), line)}
  }
}

/** Empties the builder before a delivery; what that takes is no part of it. */
function cold(lab: LabEnvironment, change: Change): Change {
  labTool(lab, 'docker', ['buildx', 'prune', '--all', '--force'])
  return change
}

/** The peers' side of this row. */
interface PeerChain {
  readonly name: string
  readonly missing?: string
  readonly run?: (change: Change) => Promise<Sample>
  readonly close: () => Promise<void>
}

function figures(side: string, workflow: WorkflowRun, seconds: number): Sample {
  if (workflow.exitCode !== 0) throw new Error(`The chain ended red: ${workflow.complaint}`)
  const jobs = [...workflow.jobs]
  const steps = jobs.flatMap(([job, {steps}]) => steps.map((step) => ({job, ...step})))
  const file = process.env[STEPS_VARIABLE] ?? ''
  if (file !== '') appendFileSync(file, steps.map((step) => `${JSON.stringify({side, ...step})}\n`).join(''))
  const own = steps.filter(({name}) => !STAND_IN.test(name))
  return {
    'whole chain': seconds,
    [OWN_STEPS]: own.reduce((sum, step) => sum + step.seconds, 0),
    // A job that had nothing to do is left out, and takes no time.
    ...Object.fromEntries(JOBS.map((name) => [name, workflow.jobs.get(name)?.seconds ?? 0])),
  }
}

/** The same delivery wired from the peers' actions, in a namespace of its own: it applies by another field manager. */
async function peerChain(bench: Bench, lab: LabEnvironment): Promise<PeerChain> {
  const name = "the same jobs from the peers' actions"
  const missing = PEERS.map((peer) => bench.peers.find(peer)).find((found) => typeof found === 'string')
  if (typeof missing === 'string') return {name, missing, close: () => Promise.resolve()}
  const namespace = `bench-chain-${String(process.pid)}`
  const github = await loopbackGitHub()
  labTool(lab, 'kubectl', ['create', 'namespace', namespace])
  const actions = Object.fromEntries(PEERS.map((peer) => [peer, bench.peers.folder(peer) ?? '']))
  const run = async (change: Change): Promise<Sample> => {
    const clone = await cloneRepository(async (folder) => {
      await change.inject(folder, lab.registry)
      await cp(join(import.meta.dirname, '../peer-chain/deploy.yml'), join(folder, WORKFLOW))
    })
    const started = Date.now()
    try {
      const workflow = await runWorkflow(lab, {
        repository: clone.folder,
        workflow: WORKFLOW,
        event: 'push',
        payload: {ref: 'refs/heads/main', after: clone.commit, repository: {default_branch: 'main'}},
        vars: {...labVariables(lab), NAMESPACE: namespace},
        secrets: {GITHUB_TOKEN: 'of the loopback GitHub'},
        env: {GITHUB_API_URL: github.url, GITHUB_REPOSITORY: 'acme/streaming'},
        actions,
      })
      return figures('theirs', workflow, (Date.now() - started) / 1000)
    } finally {
      await clone.remove()
    }
  }
  const close = async (): Promise<void> => {
    labTool(lab, 'kubectl', ['delete', 'namespace', namespace, '--wait=false'])
    await github.close()
  }
  return {name, run, close}
}
