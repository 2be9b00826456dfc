import {rmSync, writeFileSync, mkdirSync} from 'node:fs'
import {join} from 'node:path'
import type {ActionCall, ActionResult} from '../../support/spawn-action.ts'
import type {Dialect} from '../core/model.ts'
import type {FaultProxy} from '../core/proxy.ts'
import type {Corner} from './corner.ts'
import type {Wire} from './wire.ts'

/** One action of a delivery. */
export interface Stage {
  readonly name: string
  readonly action: string
  /** Whether action.yml names a post step. */
  readonly post: boolean
  /** Where faults of its network are made. */
  readonly way: {readonly proxy: FaultProxy; readonly dialect: Dialect} | {readonly wire: Wire}
  /** What has to run anew before a second run of this one. */
  readonly before?: Stage
  call(): ActionCall
  /** The same with a version that exits with 3 as soon as it runs. */
  crashing?(): ActionCall
  /** Takes over what a green run hands on, and says what is not as it should be after it. */
  take(result: ActionResult): Promise<readonly string[]>
}

/** The names of the stages. */
export type StageName = 'build' | 'plan' | 'apply' | 'migrate' | 'ecs' | 'kubernetes' | 'report'

/** What one delivery ships, and what its stages have told so far. */
export interface Parcel {
  readonly number: number
  /** 40 hexadecimal digits. */
  readonly commit: string
  digest: string
  planId: string
  readonly receipts: string[]
}

const PREVIEW = (commit: string): string =>
  JSON.stringify({
    schema: 'slipway.preview/v1',
    stage: 'plan',
    subject: 'terraform/',
    verdict: 'change',
    headline: '**+2**',
    body: `rows of ${commit.slice(0, 7)}`,
    digest: `sha256:${'51ab'.repeat(16)}`,
  })
const EVENT = {
  pull_request: {
    number: 7,
    head: {sha: 'abc', repo: {full_name: 'acme/streaming'}},
    base: {repo: {full_name: 'acme/streaming'}},
  },
}
const PROGRAM =
  "const fs = require('fs'); console.log(fs.readFileSync('/version', 'utf8')); process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000)"

const CRASH = 'process.exit(3)'
const MIGRATION = "console.log('migrated')"

/** The stages of a delivery, in their order. @param parcel what is under way now */
export function stagesOf(corner: Corner, parcel: () => Parcel): Readonly<Record<StageName, Stage>> {
  const {aws, github, cluster, state} = corner
  const onAws = {proxy: aws, dialect: 'aws'} as const
  const onState = {proxy: state, dialect: 'plain'} as const
  const later = (take: (corner: Corner, parcel: Parcel, result: ActionResult) => readonly string[]) => ({
    take: (result: ActionResult) => Promise.resolve(take(corner, parcel(), result)),
  })
  const plan: Stage = {
    ...{name: 'plan', action: 'terraform-plan', post: true, way: onState},
    call: () => planned(corner, parcel()),
    ...later(takePlan),
  }
  return {
    build: {
      ...{name: 'build', action: 'ecr-build-push', post: true, way: onAws},
      call: () => build(corner, parcel()),
      ...later(takeImage),
    },
    plan,
    apply: {
      ...{name: 'apply', action: 'terraform-apply', post: true, way: onState, before: plan},
      call: () => apply(corner, parcel()),
      ...later(takeApplied),
    },
    migrate: {
      ...{name: 'migrate', action: 'ecs-run-task', post: true, way: onAws},
      call: () => migrate(corner, parcel(), MIGRATION),
      crashing: () => migrate(corner, parcel(), CRASH),
      ...later(takeMigrated),
    },
    ecs: {
      ...{name: 'ecs', action: 'ecs-deploy', post: true, way: onAws},
      call: () => toEcs(corner, parcel(), PROGRAM),
      crashing: () => toEcs(corner, parcel(), CRASH),
      take: (result) => takeFromEcs(corner, parcel(), result),
    },
    kubernetes: {
      ...{name: 'kubernetes', action: 'kubectl-rollout', post: true, way: {wire: cluster}},
      call: () => toKubernetes(corner, parcel(), PROGRAM),
      crashing: () => toKubernetes(corner, parcel(), CRASH),
      ...later(takeFromKubernetes),
    },
    report: {
      ...{name: 'report', action: 'delivery-report', post: false, way: {proxy: github, dialect: 'github'}},
      call: () => report(corner, parcel()),
      ...later(takeReport),
    },
  }
}

const runOf = ({env}: Corner, {number, commit}: Parcel): Record<string, string> => ({
  ...env,
  GITHUB_SHA: commit,
  GITHUB_RUN_ID: String(number),
})
const imageOf = ({kube}: Corner, {digest}: Parcel): string => `${kube.image}@${digest}`

function build(corner: Corner, parcel: Parcel): ActionCall {
  const workspace = join(corner.folder, 'checkout')
  writeFileSync(join(workspace, 'version'), parcel.commit)
  writeFileSync(join(workspace, 'Dockerfile'), `FROM ${corner.kube.image}:v1\nCOPY version /version\n`)
  // The registry is reached the same way as the API, so that a push has its faults, too.
  const inputs = {repository: corner.kube.namespace, registry: corner.aws.host, cache: 'none'}
  return {workspace, inputs, env: runOf(corner, parcel)}
}

function takeImage(_corner: Corner, parcel: Parcel, {outputs}: ActionResult): string[] {
  parcel.digest = outputs['digest'] ?? ''
  keep(parcel, outputs)
  return /^sha256:[0-9a-f]{64}$/.test(parcel.digest) ? [] : ['green without a digest']
}

function keep({receipts}: Parcel, {receipt}: Readonly<Record<string, string>>): void {
  if (receipt !== undefined && receipt !== '') receipts.push(receipt)
}

function onRoot(corner: Corner, parcel: Parcel, inputs: Readonly<Record<string, string>>): ActionCall {
  return {
    workspace: corner.folder,
    inputs: {
      'working-directory': 'root',
      'plan-store': join(corner.folder, 'plans'),
      'plan-key': corner.planKey,
      ...inputs,
    },
    env: runOf(corner, parcel),
  }
}

function planned(corner: Corner, parcel: Parcel): ActionCall {
  return onRoot(corner, parcel, {variables: `release=${parcel.commit}`, comment: 'never', ...backend(corner)})
}

function takePlan(_corner: Corner, parcel: Parcel, {outputs}: ActionResult): string[] {
  parcel.planId = outputs['plan-id'] ?? ''
  return parcel.planId === '' ? ['green without a plan'] : []
}

function apply(corner: Corner, parcel: Parcel): ActionCall {
  return onRoot(corner, parcel, {'plan-id': parcel.planId, ...backend(corner)})
}

const backend = ({state}: Corner): {'backend-config': string} => ({
  'backend-config': `address=http://${state.host}/state`,
})

function takeApplied({stateText}: Corner, parcel: Parcel, {outputs}: ActionResult): string[] {
  keep(parcel, outputs)
  return stateText().includes(parcel.commit) ? [] : ['green, and the state has no release of this commit']
}

function migrate(corner: Corner, parcel: Parcel, program: string): ActionCall {
  const {cluster, service} = corner.ecs
  const inputs = {
    cluster,
    'from-service': service,
    image: imageOf(corner, parcel),
    command: `node -e "${program}"`,
    'wait-for-minutes': '5',
  }
  return {inputs, env: runOf(corner, parcel)}
}

function takeMigrated(_corner: Corner, parcel: Parcel, {outputs, log}: ActionResult): string[] {
  keep(parcel, outputs)
  return log.includes('migrated') ? [] : ['green without the word of the container']
}

function toEcs(corner: Corner, parcel: Parcel, program: string): ActionCall {
  const {cluster, service} = corner.ecs
  const inputs = {
    cluster,
    service,
    'task-definition': 'service',
    image: imageOf(corner, parcel),
    command: `node -e "${program}"`,
    'wait-for-minutes': '5',
  }
  return {inputs, env: runOf(corner, parcel)}
}

async function takeFromEcs(corner: Corner, parcel: Parcel, {outputs}: ActionResult): Promise<string[]> {
  keep(parcel, outputs)
  const {taskDefinition, runningCount, deployments = []} = await corner.ecs.describe()
  // The lab goes on showing a deployment that has failed; without tasks it does nothing any more.
  const busy = deployments.filter(({status, runningCount = 0, pendingCount = 0}) => {
    return status === 'PRIMARY' || runningCount + pendingCount > 0
  })
  return [
    ...(taskDefinition === outputs['task-definition-arn'] ? [] : [`the service runs ${String(taskDefinition)}`]),
    ...(runningCount === 1 ? [] : [`${String(runningCount)} tasks run`]),
    ...(busy.length === 1 ? [] : [`${String(busy.length)} deployments are at work`]),
  ]
}

function toKubernetes(corner: Corner, parcel: Parcel, program: string): ActionCall {
  const labels = {app: 'soak'}
  const containers = [{name: 'api', image: 'app', command: ['node', '-e', program]}]
  const manifest = JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name: 'soak'},
    spec: {
      replicas: 1,
      revisionHistoryLimit: 3,
      selector: {matchLabels: labels},
      template: {metadata: {labels}, spec: {terminationGracePeriodSeconds: 1, containers}},
    },
  })
  return {
    files: {'k8s/app.yaml': manifest},
    inputs: {
      manifests: 'k8s',
      namespace: corner.kube.namespace,
      images: `app=${imageOf(corner, parcel)}`,
      kubeconfig: corner.kubeconfig,
      grace: '4s',
      timeout: '120s',
    },
    env: runOf(corner, parcel),
  }
}

function takeFromKubernetes({kube}: Corner, parcel: Parcel, {outputs}: ActionResult): string[] {
  keep(parcel, outputs)
  const template = '{.spec.template.spec.containers[0].image} {.status.availableReplicas}'
  const seen = kube.kubectl('get', 'deployment', 'soak', '-n', kube.namespace, '-o', `jsonpath=${template}`)
  return seen.endsWith(`@${parcel.digest} 1`) ? [] : [`the Deployment has ${seen}`]
}

function report(corner: Corner, parcel: Parcel): ActionCall {
  return {
    files: {'event.json': JSON.stringify(EVENT)},
    inputs: {
      previews: PREVIEW(parcel.commit),
      receipts: JSON.stringify(parcel.receipts.map((one) => JSON.parse(one) as object)),
      'github-token': 'ghs_soak',
    },
    env: {
      ...runOf(corner, parcel),
      GITHUB_API_URL: `http://${corner.github.host}`,
      GITHUB_GRAPHQL_URL: `http://${corner.github.host}/graphql`,
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_EVENT_PATH: 'event.json',
    },
  }
}

function takeReport({comments}: Corner): string[] {
  return comments.length === 1 ? [] : [`${String(comments.length)} comments`]
}

/** What a runner does before each job. */
export function emptyRunnerTemp({folder}: Corner): void {
  rmSync(join(folder, 'runner'), {recursive: true, force: true})
  mkdirSync(join(folder, 'runner'))
}
