import {join} from 'node:path'
import type {Failing} from './situations.ts'
import {
  CRASH,
  deploying,
  GAVE_UP,
  IMAGE,
  NEVER_UP,
  NO_CAPACITY,
  recorded,
  ROLLED_BACK,
  running,
  UNPULLABLE,
} from './situations.ts'

/** An action, by its inputs; what it must end with, and the annotations that tell of it. */
interface ActionStart {
  readonly inputs: Readonly<Record<string, string>>
  readonly exits?: number
  readonly annotations?: readonly string[]
}

/** A program, by its words and the files that it reads; how many of its last lines tell what it says. */
interface ProgramStart {
  readonly argv: readonly string[]
  readonly files?: Readonly<Record<string, string>>
  readonly lines?: number
}

/** A failure that another deployment tool meets, and ours. */
export interface Beside {
  /** `owner/name`, the folder of its checkout and its name on the page. */
  readonly tool: string
  readonly failing: Omit<Failing, 'theirs'>
  readonly start: ActionStart | ProgramStart
  /** What a newer release that could not be run says, and where that stands. */
  readonly since?: string
}

const EXPRESS = 'aws-actions/amazon-ecs-deploy-express-service'
const ECSPRESSO = 'kayac/ecspresso'
const SHELL = 'silinternational/ecs-deploy'
const PYTHON = 'fabfuel/ecs-deploy'
const RUBY = 'reproio/ecs_deploy'
const RUN_TASK = 'geekcell/github-action-aws-ecs-run-task'
/** The seconds that each of them is told to wait: as many as ours. */
const PATIENCE = 180

const ecspresso = (lines: number, ...words: readonly string[]): ProgramStart => ({
  lines,
  argv: [words[0] ?? '', '--config', 'ecspresso.yml', ...words.slice(1)],
  files: {
    'ecspresso.yml': `region: eu-central-1\ncluster: StreamingCluster\nservice: APIService\nservice_definition: service.json\ntask_definition: task-definition.json\ntimeout: ${String(PATIENCE)}s\n`,
    'service.json': JSON.stringify({
      launchType: 'FARGATE',
      networkConfiguration: {awsvpcConfiguration: {subnets: ['subnet-1'], securityGroups: ['sg-1']}},
    }),
  },
})
// With a digest it ends in "tag: unbound variable" before it asks AWS for anything.
const TAGGED = IMAGE.replace(/@.*/, ':v2')
const shell: ProgramStart = {
  lines: 2,
  argv: [...'-c StreamingCluster -n APIService -r eu-central-1 -t'.split(' '), String(PATIENCE), '-i', TAGGED],
}
const python = (lines: number): ProgramStart => ({
  lines,
  argv: [
    ...'deploy StreamingCluster APIService --region eu-central-1 --timeout'.split(' '),
    String(PATIENCE),
    ...['-i', 'api', IMAGE],
  ],
})
const ruby = (strategy: 'legacy' | 'service_deployment'): ProgramStart => ({
  lines: 2,
  argv: [join(import.meta.dirname, 'ecs_deploy.rb'), strategy, String(PATIENCE)],
})
const runTask: ActionStart = {
  inputs: {
    cluster: 'StreamingCluster',
    'task-definition': 'streaming-api',
    'subnet-ids': 'subnet-1',
    'security-group-ids': 'sg-1',
    // It follows the log by StartLiveTail, whose stream of events the scripted ECS does not speak.
    'tail-logs': 'false',
  },
}

const beside = (tool: string, failing: Failing, start: ActionStart | ProgramStart): Beside => ({tool, failing, start})

const EXITS = running('A one-off task works for 20 s and exits with code 1', {
  frames: [
    {at: 0, tasks: [{id: 't1aa', status: 'RUNNING'}]},
    {at: 20, tasks: [{id: 't1aa', status: 'STOPPED', exit: 1, ran: 20}]},
  ],
  logs: {'api/t1aa': ['Error: relation "users" does not exist']},
})
const NO_ROOM = deploying('ECS finds no place for the tasks', recorded('no-place-for-the-tasks'))

const canary = recorded('canary-rolled-back')
const CANARY = deploying('A canary is rolled back', {
  ...canary,
  frames: [...(canary.frames ?? []), {at: 16, record: {status: 'ROLLBACK_SUCCESSFUL'}}],
})

const BETWEEN_CRASHES = deploying(
  'The tasks crash over and over, and are found running between',
  recorded('caught-running-between-crashes'),
)

/** What each of the other tools says of the failures that it is known by. */
export const OTHERS: readonly Beside[] = [
  beside(EXPRESS, CANARY, {
    exits: 0,
    annotations: ['warning', 'error'],
    inputs: {
      cluster: 'StreamingCluster',
      'service-name': 'APIService',
      image: IMAGE,
      'execution-role-arn': 'arn:aws:iam::111122223333:role/execution',
      'infrastructure-role-arn': 'arn:aws:iam::111122223333:role/infrastructure',
    },
  }),
  beside(ECSPRESSO, CRASH, ecspresso(3, 'deploy', '--no-update-service')),
  beside(ECSPRESSO, GAVE_UP, ecspresso(3, 'deploy', '--no-update-service')),
  {
    ...beside(ECSPRESSO, ROLLED_BACK, ecspresso(2, 'deploy', '--no-update-service')),
    since:
      'since v2.4.0: `task definition … is not deployed yet. PRIMARY deployment is …` (wait.go at 03473ed, read and not run)',
  },
  beside(ECSPRESSO, EXITS, ecspresso(1, 'run')),
  beside(ECSPRESSO, UNPULLABLE, ecspresso(1, 'run')),
  beside(SHELL, NEVER_UP, shell),
  beside(SHELL, BETWEEN_CRASHES, shell),
  beside(PYTHON, NO_ROOM, python(3)),
  beside(PYTHON, CRASH, python(2)),
  beside(PYTHON, GAVE_UP, python(2)),
  beside(PYTHON, ROLLED_BACK, python(4)),
  beside(RUBY, CRASH, ruby('legacy')),
  beside(RUBY, ROLLED_BACK, ruby('legacy')),
  beside(RUBY, CANARY, ruby('service_deployment')),
  beside(RUN_TASK, EXITS, runTask),
  beside(RUN_TASK, UNPULLABLE, runTask),
  beside(RUN_TASK, NO_CAPACITY, runTask),
]
