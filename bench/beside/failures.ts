import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {parse} from 'yaml'
import {scriptedEcs} from '../../__tests__/support/scripted-ecs.ts'
import {OLD_DEFINITION} from '../../__tests__/support/scripted-ecs-answers.ts'
import type {History} from '../../__tests__/support/scripted-ecs-state.ts'
import type {Clock} from '../../actions/shared/core/clock.ts'
import {humanDuration, systemClock} from '../../actions/shared/core/clock.ts'
import type {ActionFile} from '../core/action-file.ts'
import {PEERS_VARIABLE, peersIn} from '../core/peers.ts'
import {ourAction, runStep} from '../core/step.ts'

// Runs each failure against our action and, where its checkout is at hand, against the one that most workflows use, on
// the same scripted ECS, and writes what both say into a page: `node bench/beside/failures.ts`.

const ROOT = join(import.meta.dirname, '../..')
const PAGE = join(ROOT, 'docs/failures-beside-peers.md')
const PEER = 'aws-actions/amazon-ecs-deploy-task-definition'
const FASTER = 15
const ENV = {
  AWS_ACCESS_KEY_ID: 'AKIATEST',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_REGION: 'eu-central-1',
  SLIPWAY_CLOCK_FASTER: String(FASTER),
  NODE_OPTIONS: `--require ${join(import.meta.dirname, 'fast-clock.cjs')}`,
}
const IMAGE =
  '111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api@sha256:51ab000000000000000000000000000000000000000000000000000000000000'
const [CONTAINER] = OLD_DEFINITION.containerDefinitions
const FILES = {
  'task-definition.json': JSON.stringify({...OLD_DEFINITION, containerDefinitions: [{...CONTAINER, image: IMAGE}]}),
  'appspec.yaml':
    'version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service\n      Properties:\n        TaskDefinition: "<TASK_DEFINITION>"\n        LoadBalancerInfo: {ContainerName: api, ContainerPort: 3000}\n',
}
type Inputs = Readonly<Record<string, string>>
const DEPLOY: Inputs = {
  cluster: 'StreamingCluster',
  service: 'APIService',
  'task-definition': 'task-definition.json',
  'wait-for-service-stability': 'true',
  'wait-for-minutes': '3',
}

/** One failure, and the step of each side that meets it. */
interface Failing {
  readonly title: string
  readonly history: History
  readonly action: 'ecs-deploy' | 'ecs-run-task'
  readonly ours: Inputs
  readonly theirs: Inputs
  /** The exit code of ours, where it is no failure to us. */
  readonly ourExit?: number
}

const deploying = (title: string, history: History, inputs: Inputs = {}): Failing => {
  const given = {...DEPLOY, ...inputs}
  return {title, history, action: 'ecs-deploy', ours: given, theirs: given}
}

/** A history of the tests, by the name of its file. */
function recorded(name: string): History {
  const file = join(ROOT, '__tests__/support/scripted-ecs-histories', `${name}.yml`)
  return (parse(readFileSync(file, 'utf8')) as {readonly history: History}).history
}

const running = (title: string, history: History): Failing => ({
  title,
  history,
  action: 'ecs-run-task',
  ours: {cluster: 'StreamingCluster', 'from-service': 'APIService', 'task-definition': 'task-definition.json'},
  theirs: {
    cluster: 'StreamingCluster',
    'task-definition': 'task-definition.json',
    'run-task': 'true',
    'wait-for-task-stopped': 'true',
    'run-task-subnets': 'subnet-1',
    'wait-for-minutes': '3',
  },
})

// A sidecar is told to stop when the container that matters has ended.
const SIDECAR = [
  {name: 'api', exit: 0},
  {name: 'sidecar', exit: 143},
]

const FAILURES: readonly Failing[] = [
  deploying('The container exits with code 3 right after its start', recorded('crash-no-breaker')),
  deploying('The tasks never come up', {frames: [{at: 0, ours: {pending: 2}, old: {running: 2}}]}),
  deploying('The circuit breaker gives up, without a rollback', recorded('breaker-without-rollback')),
  deploying('The circuit breaker rolls back', recorded('breaker-with-rollback')),
  deploying('A newer deployment takes over', recorded('superseded')),
  deploying('The load balancer gets 404', recorded('target-answers-404')),
  deploying('The job may not look at the service while it waits', recorded('access-denied-mid-wait')),
  deploying('A hook of CodeDeploy refuses the deployment', recorded('codedeploy-hook-fails')),
  deploying('ECS refuses the task definition', {before: {errors: {RegisterTaskDefinition: 'ClientException'}}}),
  deploying('ECS refuses the update', {
    refusals: {
      UpdateService: [
        'PlatformTaskDefinitionIncompatibilityException',
        'The specified platform does not satisfy the task definition’s required capabilities.',
      ],
    },
  }),
  deploying('The service does not exist', {}, {service: 'APIServise'}),
  deploying('The service has the controller EXTERNAL', recorded('external-refused')),
  running('A one-off task exits with code 1', {
    frames: [
      {at: 0, tasks: [{id: 't1aa', status: 'RUNNING'}]},
      {at: 3, tasks: [{id: 't1aa', status: 'STOPPED', exit: 1}]},
    ],
    logs: {'api/t1aa': ['Error: relation "users" does not exist']},
  }),
  {
    ...running('A one-off task does its work; its sidecar is told to stop and exits with 143', {
      frames: [{at: 0, tasks: [{id: 't1aa', status: 'STOPPED', containers: SIDECAR}]}],
    }),
    ourExit: 0,
  },
  running('There is no capacity for a one-off task', {
    frames: [{at: 0, record: {failures: [{reason: 'Capacity is unavailable at this time. Please try again later.'}]}}],
  }),
  running('The image of a one-off task cannot be pulled', {
    frames: [
      {at: 0, tasks: [{id: 't1aa', status: 'PENDING'}]},
      {
        at: 3,
        tasks: [
          {
            id: 't1aa',
            status: 'STOPPED',
            ran: -1,
            stopCode: 'TaskFailedToStart',
            stoppedReason: `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${IMAGE}: not found`,
          },
        ],
      },
    ],
  }),
]

/** How a step ended: what it put into its annotations, and after how long by its own clock. */
interface Ending {
  readonly said: string
  readonly tookMs: number
}

// The history and both actions follow the same fast clock.
function fastClock(): Clock {
  const start = systemClock.now()
  return {
    now: () => start + (systemClock.now() - start) * FASTER,
    sleep: (ms, signal) => systemClock.sleep(ms / FASTER, signal),
  }
}

async function endingOf(action: ActionFile, history: History, inputs: Inputs, exits = 1): Promise<Ending> {
  const clock = fastClock()
  const ecs = await scriptedEcs(history, clock)
  try {
    const step = {inputs, files: FILES, env: {...ENV, AWS_ENDPOINT_URL: ecs.endpoint}, exits, limit: 300}
    const {text} = await runStep(action, step)
    const ended = clock.now()
    const changed = ecs.calls.find(({operation}) => /^(Update|Run|Create|Register)/.test(operation)) ?? ecs.calls[0]
    const errors = [...text.matchAll(/^::error[^:]*::(.*)$/gm)].map(([, message = '']) => plain(message))
    return {said: [...new Set(errors)].join('\n'), tookMs: ended - (changed?.at ?? ended)}
  } finally {
    await ecs.close()
  }
}

function plain(message: string): string {
  return message.replaceAll('%0A', ' ').replaceAll('%0D', '').replaceAll('%25', '%')
}

const MOST = 420

function cell({said, tookMs}: Ending): string {
  if (said === '') return `green · after ${humanDuration(Math.round(tookMs / 1000) * 1000)}`
  const short = said.length > MOST ? `${said.slice(0, MOST)}… (${String(said.length)} characters)` : said
  const lines = short.split('\n').map((line) => `\`${line.replaceAll('`', "'").replaceAll('|', '\\|')}\``)
  return `${lines.join('<br>')} · after ${humanDuration(Math.round(tookMs / 1000) * 1000)}`
}

async function main(): Promise<void> {
  const peer = peersIn(process.env[PEERS_VARIABLE]).find(PEER)
  const rows: string[] = []
  for (const {title, history, action, ours, theirs, ourExit} of FAILURES) {
    const own = await endingOf(ourAction(action), history, ours, ourExit)
    const other = typeof peer === 'string' ? peer : cell(await endingOf(peer, history, theirs))
    rows.push(`| ${title} | ${other} | ${cell(own)} |`)
    console.log(`${title}\n  theirs: ${other}\n  ours:   ${cell(own)}`)
  }
  // Half a page would say less than the one that is there.
  if (typeof peer === 'string') return
  writeFileSync(PAGE, page(peer.title, rows))
  console.log(`${PAGE} is written.`)
}

function page(peer: string, rows: readonly string[]): string {
  return `${[
    '# Failures beside the action that most workflows use',
    '<!-- Made by bench/beside/failures.ts, which runs both. Change that, then run it. -->',
    `Each failure was met by both actions as they are published, on the same scripted ECS, in one run: ${peer} and this
repository. What stands here is the annotation of the run, and how long after the change it came, by the clock of the step,
undo and all (\`wait-for-minutes: 3\` on both sides; the clock runs ${String(FASTER)} times as fast, so some of the seconds are those of the network and of a busy machine). Stopped
tasks, exit codes, log lines, what changed and what to do are in our log and job summary besides.`,
    ['| what fails | what they say | what we say |', '| --- | --- | --- |', ...rows].join('\n'),
  ].join('\n\n')}\n`
}

await main()
