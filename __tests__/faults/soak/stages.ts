import {rmSync, writeFileSync, mkdirSync} from 'node:fs'
import {join} from 'node:path'
import type {ActionCall, ActionResult} from '../../support/spawn-action.ts'
import type {Corner} from './corner.ts'
import type {Stage} from './deliver.ts'

/** What one delivery ships, and what its stages have told so far. */
export interface Parcel {
  readonly number: number
  /** 40 hexadecimal digits. */
  readonly commit: string
  digest: string
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

/** The stages of a delivery, in their order. @param parcel what is under way now */
export function stagesOf(corner: Corner, parcel: () => Parcel): Readonly<Record<string, Stage>> {
  const {aws, github, cluster} = corner
  const stage = (name: string, action: string, more: Pick<Stage, 'post' | 'way' | 'call' | 'check'>): Stage => {
    return {name, action, ...more}
  }
  const onAws = {proxy: aws, dialect: 'aws'} as const
  return {
    build: stage('build', 'ecr-build-push', {
      post: true,
      way: onAws,
      call: () => build(corner, parcel()),
      check: (result) => Promise.resolve(built(parcel(), result)),
    }),
    plan: stage('plan', 'terraform-plan', {
      post: false,
      way: undefined,
      call: () => plan(corner, parcel()),
      check: ({outputs}) =>
        Promise.resolve(outputs['has-changes'] === 'false' ? [] : ['a plan without a change has changes']),
    }),
    ecs: stage('ecs', 'ecs-deploy', {
      post: true,
      way: onAws,
      call: () => toEcs(corner, parcel()),
      check: (result) => onEcs(corner, parcel(), result),
    }),
    kubernetes: stage('kubernetes', 'kubectl-rollout', {
      post: true,
      way: {wire: cluster},
      call: () => toKubernetes(corner, parcel()),
      check: (result) => Promise.resolve(onKubernetes(corner, parcel(), result)),
    }),
    report: stage('report', 'delivery-report', {
      post: false,
      way: {proxy: github, dialect: 'github'},
      call: () => report(corner, parcel()),
      check: () => Promise.resolve(corner.comments.length === 1 ? [] : [`${String(corner.comments.length)} comments`]),
    }),
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
  const inputs = {repository: corner.kube.namespace, registry: corner.lab.registry, cache: 'none'}
  return {workspace, inputs, env: runOf(corner, parcel)}
}

function built(parcel: Parcel, {outputs}: ActionResult): string[] {
  parcel.digest = outputs['digest'] ?? ''
  keep(parcel, outputs)
  return /^sha256:[0-9a-f]{64}$/.test(parcel.digest) ? [] : ['green without a digest']
}

function keep({receipts}: Parcel, {receipt}: Readonly<Record<string, string>>): void {
  if (receipt !== undefined && receipt !== '') receipts.push(receipt)
}

function plan(corner: Corner, parcel: Parcel): ActionCall {
  const store = join(corner.folder, 'runner', 'plans')
  mkdirSync(store, {recursive: true})
  const inputs = {
    'working-directory': 'root',
    'backend-config': `path=${corner.folder}/root/state/terraform.tfstate`,
    'plan-store': store,
    comment: 'never',
  }
  return {workspace: corner.folder, inputs, env: runOf(corner, parcel)}
}

function toEcs(corner: Corner, parcel: Parcel): ActionCall {
  const {cluster, service} = corner.ecs
  const inputs = {
    cluster,
    service,
    'task-definition': 'service',
    image: imageOf(corner, parcel),
    command: `node -e "${PROGRAM}"`,
    'wait-for-minutes': '5',
  }
  return {inputs, env: runOf(corner, parcel)}
}

async function onEcs(corner: Corner, parcel: Parcel, {outputs}: ActionResult): Promise<string[]> {
  keep(parcel, outputs)
  const {taskDefinition, runningCount, deployments = []} = await corner.ecs.describe()
  return [
    ...(taskDefinition === outputs['task-definition-arn'] ? [] : [`the service runs ${String(taskDefinition)}`]),
    ...(runningCount === 1 ? [] : [`${String(runningCount)} tasks run`]),
    ...(deployments.length === 1 ? [] : [`${String(deployments.length)} deployments are at work`]),
  ]
}

function toKubernetes(corner: Corner, parcel: Parcel): ActionCall {
  const labels = {app: 'soak'}
  const containers = [{name: 'api', image: 'app', command: ['node', '-e', PROGRAM]}]
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

function onKubernetes({kube}: Corner, parcel: Parcel, {outputs}: ActionResult): string[] {
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

/** What a runner does before each job. */
export function emptyRunnerTemp({folder}: Corner): void {
  rmSync(join(folder, 'runner'), {recursive: true, force: true})
  mkdirSync(join(folder, 'runner'))
}
