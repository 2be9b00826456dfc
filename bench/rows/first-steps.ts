import {startFakeEcr} from '../../__tests__/shared/ecr/fake-ecr.ts'
import type {FakeEcr} from '../../__tests__/shared/ecr/fake-ecr.ts'
import {receiptOf} from '../../__tests__/support/receipts.ts'
import {OLD_DEFINITION} from '../../__tests__/support/scripted-ecs-answers.ts'
import {scriptedEcs} from '../../__tests__/support/scripted-ecs.ts'
import {scriptedKube} from '../../__tests__/support/scripted-kube.ts'
import {systemClock} from '../../actions/shared/core/clock.ts'
import {besides} from '../core/other.ts'
import type {ActionFile} from '../core/action-file.ts'
import type {Bench, Case, Measure, Opened, Other, Sample} from '../core/row.ts'
import {costs, ourAction, runStep} from '../core/step.ts'
import type {Cost, Step} from '../core/step.ts'
import {instantDocker} from '../loopback/docker.ts'
import {loopbackGitHub} from '../loopback/github.ts'
import {FIRST_BUILD, REGISTERS, SDK_IN_MEMORY} from './reasons.ts'

const RATIO: readonly Measure[] = (['wall', 'cpu', 'peak'] as const).map((name) => ({
  name,
  unit: name === 'peak' ? 'MiB' : 's',
  goal: {kind: 'ratio', max: 0.6},
  shortfall: name === 'peak' ? SDK_IN_MEMORY : FIRST_BUILD,
}))
const PLAIN: readonly Measure[] = RATIO.map(({name, unit}) => ({name, unit}))

/** First real steps: a build that is pushed, a task definition that is registered, a manifest that is applied, a report. */
export async function firstSteps(bench: Bench): Promise<Opened> {
  const opened = [await builds(bench), await registers(bench), await rollOut(), report()]
  return {
    cases: opened.flatMap(({cases}) => cases),
    close: async () => {
      for (const {close} of opened) await close()
    },
  }
}

async function builds(bench: Bench): Promise<Opened> {
  const [ecr, github] = [await startFakeEcr(), await loopbackGitHub()]
  const tag = '4c1f2e9000000000000000000000000000000000'
  const labels = {'org.opencontainers.image.revision': tag}
  const digest = ecr.addImage('team/app', [tag], labels)
  const docker = instantDocker(digest)
  const common: Omit<Step, 'inputs'> = {
    exits: 0,
    files: {Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n'},
    path: [docker.folder],
    env: {...ecr.env, GITHUB_API_URL: github.url, DOCKER_BUILD_SUMMARY: 'false', BUILDX_BUILDER: 'bench'},
  }
  const ours = ourAction('ecr-build-push')
  const inputs = {repository: 'team/app', registry: ecr.host, cache: 'none'}
  const image = `${ecr.host}/team/app:${tag}`
  const chain = peerChain(ecr, image, common)
  const build = (more: Readonly<Record<string, string>>, says: RegExp) => async () =>
    costs(await runStep(ours, {...common, inputs: {...inputs, ...more}, says}))
  const buildPush = besides(bench, 'docker/build-push-action', (peer) => async () => costs(await chain.build(peer)))
  const cases: Case[] = [
    {
      name: 'ecr-build-push builds and pushes, docker answers at once',
      measures: RATIO,
      ours: build({'if-tag-exists': 'overwrite'}, /succeeded/),
      other: buildPush,
    },
    {
      name: 'the same, all steps of a job',
      measures: RATIO,
      ours: build({'if-tag-exists': 'overwrite'}, /succeeded/),
      other: together(bench, chain),
      note: 'ours logs in, makes the tags and labels, builds and reads the digest back in one step; theirs are amazon-ecr-login, metadata-action and build-push-action one after the other (wall and CPU added up, peak of the largest).',
    },
    {
      name: 'ecr-build-push finds the tag and reuses it',
      measures: RATIO,
      ours: build({}, /unchanged/),
      other: buildPush,
    },
  ]
  return {
    cases,
    close: async () => {
      docker.remove()
      await ecr.close()
      await github.close()
    },
  }
}

interface PeerChain {
  readonly login: (peer: ActionFile) => Promise<Cost>
  readonly metadata: (peer: ActionFile) => Promise<Cost>
  readonly build: (peer: ActionFile) => Promise<Cost>
}

function peerChain(ecr: FakeEcr, image: string, common: Omit<Step, 'inputs'>): PeerChain {
  const step = (inputs: Readonly<Record<string, string>>, says: RegExp) => (peer: ActionFile) =>
    runStep(peer, {...common, inputs, says})
  return {
    login: step({'skip-logout': 'true'}, /registry/),
    metadata: step({images: `${ecr.host}/team/app`, tags: 'type=sha,format=long,prefix='}, /4c1f2e9000/),
    build: step({context: '.', push: 'true', tags: image}, /digest/),
  }
}

/** The three steps of a job as one other side. */
function together(bench: Bench, chain: PeerChain): Other {
  const parts = [
    {repository: 'aws-actions/amazon-ecr-login', run: chain.login},
    {repository: 'docker/metadata-action', run: chain.metadata},
    {repository: 'docker/build-push-action', run: chain.build},
  ].map(({repository, run}) => ({peer: bench.peers.find(repository), run}))
  const missing = parts.map(({peer}) => peer).find((peer) => typeof peer === 'string')
  if (missing !== undefined) return {name: 'the three peers', missing}
  return {
    name: 'ecr-login + metadata + build-push',
    run: async () => {
      const all: Cost[] = []
      for (const {peer, run} of parts) if (typeof peer !== 'string') all.push(await run(peer))
      return sum(all)
    },
  }
}

function sum(all: readonly Cost[]): Sample {
  const add = (of: (cost: Cost) => number): number => all.reduce((total, cost) => total + of(cost), 0)
  return {wall: add(({wall}) => wall), cpu: add(({cpu}) => cpu), peak: Math.max(...all.map(({peak}) => peak))}
}

async function registers(bench: Bench): Promise<Opened> {
  const ecs = await scriptedEcs({}, systemClock)
  const step: Step = {
    exits: 0,
    files: {'task-definition.json': JSON.stringify(OLD_DEFINITION)},
    env: {
      AWS_ENDPOINT_URL: ecs.endpoint,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIATEST',
      AWS_SECRET_ACCESS_KEY: 'secret',
    },
    says: /task-definition-arn/,
  }
  const inputs = {'task-definition': 'task-definition.json'}
  const register = {
    name: 'ecs-deploy registers a task definition (mode: register)',
    measures: RATIO,
    shortfalls: {wall: REGISTERS, cpu: REGISTERS},
    ours: async () => costs(await runStep(ourAction('ecs-deploy'), {...step, inputs: {...inputs, mode: 'register'}})),
    other: besides(
      bench,
      'aws-actions/amazon-ecs-deploy-task-definition',
      (peer) => async () => costs(await runStep(peer, {...step, inputs})),
    ),
  }
  return {cases: [register], close: () => ecs.close()}
}

async function rollOut(): Promise<Opened> {
  const kube = await scriptedKube()
  const manifest = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {MODE: "on"}\n'
  const step: Step = {
    exits: 0,
    files: {'k8s/config.yaml': manifest},
    path: [kube.bin],
    inputs: {manifests: 'k8s'},
    says: /succeeded|unchanged/,
  }
  const apply = {
    name: 'kubectl-rollout applies a ConfigMap',
    measures: PLAIN,
    ours: async () => costs(await runStep(ourAction('kubectl-rollout'), step)),
    note: 'no peer beside: k8s-deploy calls `kubectl apply` and needs a real server; see Kubernetes.',
  }
  return {cases: [apply], close: () => kube.close()}
}

function report(): Opened {
  const receipts = (['build', 'ecs'] as const).map((stage) => JSON.stringify(receiptOf(stage))).join('\n')
  const step: Step = {exits: 0, inputs: {receipts}, says: /is live/}
  const merge = {
    name: 'delivery-report merges two receipts',
    measures: PLAIN,
    ours: async () => costs(await runStep(ourAction('delivery-report'), step)),
  }
  return {cases: [merge], close: () => Promise.resolve()}
}
