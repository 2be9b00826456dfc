import {afterCancel} from '../../../actions/ecs-deploy/src/after-cancel.ts'
import {deploy as run} from '../../support/ecs-actions.ts'
import {runTask} from '../../support/ecs-actions.ts'
import {CancelledError} from '../../../actions/shared/core/errors.ts'
import {runAgainst} from '../../support/ecs-run.ts'
import type {EcsRun} from '../../support/ecs-run.ts'
import {checkoutWith} from '../../support/checkout.ts'
import type {History} from '../../support/scripted-ecs-state.ts'

// The complaints that users of other deploy tools file most, each with what happens here. DEP and RND are
// aws-actions/amazon-ecs-deploy-task-definition and aws-actions/amazon-ecs-render-task-definition.

const ECR = '111122223333.dkr.ecr.eu-central-1.amazonaws.com'
const IMAGE = `${ECR}/streaming-api@sha256:51ab000000000000000000000000000000000000000000000000000000000000`
const ROLE = 'arn:aws:iam::111122223333:role/streaming-api'
const usual = {cluster: 'StreamingCluster', service: 'APIService', 'task-definition': 'service', image: IMAGE}
const good: History = {
  frames: [
    {at: 0, ours: {pending: 2}, old: {running: 2}},
    {at: 6, ours: {running: 2, pending: 0, rollout: 'COMPLETED'}, old: {gone: true}},
  ],
}
const crash: History = {
  frames: [
    {at: 0, ours: {pending: 2}, old: {running: 2}},
    {at: 5, ours: {failed: 2}, tasks: ['t1', 't2'].map((id) => ({id, status: 'STOPPED', exit: 3}))},
  ],
  logs: {'api/t2': ['cannot reach the database']},
}
const rolledBack: History = {
  service: {record: true},
  frames: [
    {at: 0, ours: {pending: 2}, old: {running: 2}, record: {status: 'IN_PROGRESS'}},
    {at: 8, primary: 'old', ours: {gone: true}, old: {rollout: 'COMPLETED'}, record: {status: 'ROLLBACK_SUCCESSFUL'}},
  ],
}

const deploy = (history: History, inputs: Readonly<Record<string, string>> = {}): Promise<EcsRun> =>
  runAgainst(run, history, {...usual, ...inputs})

/** A deploy of a task definition that stands in a file. */
const deployFile = (definition: object, inputs: Readonly<Record<string, string>> = {}): Promise<EcsRun> =>
  runAgainst(run, good, {...usual, image: '', 'task-definition': './td.json', ...inputs}, undefined, {
    GITHUB_WORKSPACE: checkoutWith({'td.json': JSON.stringify(definition)}),
  })

const container = {name: 'api', image: IMAGE, essential: true, portMappings: [{containerPort: 3000, protocol: 'tcp'}]}
const definition = {
  family: 'streaming-api',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  executionRoleArn: 'arn:aws:iam::111122223333:role/streaming-api-execution',
  containerDefinitions: [container],
}

interface Registered {
  readonly containerDefinitions: readonly Readonly<Record<string, unknown>>[]
  readonly [key: string]: unknown
}

function registered({ecs}: EcsRun): Registered {
  const [first] = ecs.inputsOf('RegisterTaskDefinition')
  if (first === undefined) throw new Error('Nothing was registered.')
  return first as unknown as Registered
}

test('1 "say why the deploy failed" (DEP#447): exit code, reason and last log line', async () => {
  const {failure, world} = await deploy(crash)
  expect(failure?.diagnosis.cause).toMatch(/exits with code 3 .*: cannot reach the database \(2 of 2 tasks\)/)
  expect(world.summary.text()).toMatch(/\| t2 \|.*cannot reach the database/)
})

test('2 "rollback must be red" (DEP#191): a service that is stable on the old revision is no success', async () => {
  const {failure} = await deploy(rolledBack)
  expect(failure?.status).toBe('rolled-back')
})

test.each<[string, History['frames'], string]>([
  [
    'a newer deployment takes over',
    [
      {at: 0, ours: {running: 1}},
      {at: 6, primary: 'other', other: {running: 0}},
    ],
    'superseded',
  ],
  [
    'somebody scales the service to zero',
    [
      {at: 0, ours: {pending: 2}},
      {at: 6, desired: 0, ours: {pending: 0}},
    ],
    'failed',
  ],
])('2 "rollback must be red" (DEP#191), asked for there too: %s', async (_name, frames = [], status) => {
  const {failure} = await deploy({frames})
  expect(failure?.status).toBe(status)
})

test('3 "waits minutes after ECS is done" (DEP#872): seen within two seconds', async () => {
  const {seconds} = await deploy(good)
  expect(seconds).toBeLessThanOrEqual(6 + 2)
})

test('4 "stable is not completed" (DEP#838): all tasks running is not the end while ECS says IN_PROGRESS', async () => {
  const late: History = {
    frames: [
      {at: 0, ours: {running: 2}},
      {at: 90, ours: {rollout: 'COMPLETED'}},
    ],
  }
  const {seconds, failure} = await deploy(late)
  expect([failure, seconds >= 90]).toEqual([undefined, true])
})

test('5 "cancel does nothing" (DEP#507): the post step brings back what ran', async () => {
  const slow: History = {frames: [{at: 0, ours: {pending: 2}, old: {running: 2}}]}
  const {world} = await runAgainst(run, slow, usual, (made) => {
    made.clock.at(5000, () => {
      made.stop(new CancelledError())
    })
  })
  expect(world.outputsSet['status']).toBe('cancelled')
  const half: History = {
    before: {primary: 'other', other: {running: 1, rollout: 'IN_PROGRESS'}},
    frames: [{at: 2, primary: 'old', old: {running: 2, rollout: 'COMPLETED'}}],
  }
  const memory = {STATE_memory: world.stateSaved['memory'] ?? ''}
  const post = await runAgainst(afterCancel, half, {}, undefined, memory)
  expect(post.ecs.inputsOf('UpdateService')[0]?.['taskDefinition']).toMatch(/streaming-api:41$/)
})

test('6 "fail fast instead of after 30 minutes" (DEP#102): red within seconds of the second crash', async () => {
  const {ecs} = await deploy(crash)
  const [first, undone] = ecs.calls.filter(({operation}) => operation === 'UpdateService').map(({at}) => at)
  expect(((undone ?? 0) - (first ?? 0)) / 1000).toBeLessThanOrEqual(5 + 10)
})

test('7 "deploy an existing revision" (DEP#882): nothing is registered', async () => {
  const {ecs, world} = await deploy(good, {
    image: '',
    'task-definition': 'streaming-api:41',
    'force-new-deployment': 'true',
  })
  expect(ecs.inputsOf('RegisterTaskDefinition')).toEqual([])
  expect(world.outputsSet['task-definition-arn']).toMatch(/streaming-api:41$/)
})

test('7 "do not register what is registered" (DEP#299): an equal task definition is taken as it is', async () => {
  const {ecs, world} = await deploy(good, {image: ''})
  expect(ecs.inputsOf('RegisterTaskDefinition')).toEqual([])
  expect(world.outputsSet['status']).toBe('unchanged')
})

test('8 "one revision, many services" (DEP#420): registered once, updated in each', async () => {
  const {ecs} = await deploy(good, {service: 'APIService, WorkerService'})
  expect(ecs.inputsOf('RegisterTaskDefinition')).toHaveLength(1)
  expect(new Set(ecs.inputsOf('UpdateService').map(({taskDefinition}) => taskDefinition)).size).toBe(1)
})

test('9 "do not reset what Terraform owns" (DEP PR#863): no volume configuration, no flag that was not set', async () => {
  const {ecs} = await deploy(good)
  expect(Object.keys(ecs.inputsOf('UpdateService')[0] ?? {}).sort()).toEqual(['cluster', 'service', 'taskDefinition'])
})

const task = {cluster: 'StreamingCluster', 'task-definition': 'streaming-api', 'from-service': 'APIService'}

test('10 "Run task failed: [null]" (DEP#757): container, exit code and line instead', async () => {
  const history: History = {
    frames: [{at: 0, tasks: [{id: 't1', status: 'STOPPED', exit: 7}]}],
    logs: {'api/t1': ['migration 12 failed']},
  }
  const {failure} = await runAgainst(runTask, history, task)
  expect(failure?.diagnosis.cause).toMatch(/container "api" exits with code 7.*migration 12 failed/)
})

const migration: History = {
  frames: [
    {at: 0, tasks: [{id: 't1', status: 'RUNNING'}]},
    {at: 8, tasks: [{id: 't1', status: 'STOPPED', exit: 0}]},
  ],
  logs: {'api/t1': ['migrating', 'done']},
}

test('11 "stream the logs of a one-off task" (DEP#127): shown while it runs, not after', async () => {
  let early = ''
  const {world, failure} = await runAgainst(runTask, migration, task, (made) => {
    made.clock.at(4000, () => {
      early = made.logged()
    })
  })
  expect(failure).toBeUndefined()
  expect(early).toMatch(/migrating[\s\S]*done/)
  expect(world.outputsSet['log-output']).toBe('migrating\ndone')
})

test('12 "take the network of a one-off task from the service" (DEP#802)', async () => {
  const {ecs} = await runAgainst(runTask, migration, task)
  expect(ecs.inputsOf('RunTask')[0]).toMatchObject({
    launchType: 'FARGATE',
    networkConfiguration: {awsvpcConfiguration: {subnets: ['subnet-1'], securityGroups: ['sg-1']}},
  })
})

test('13 "only the main container counts" (sil-org/ecs-deploy#222): a stopped sidecar is no failure', async () => {
  const containers = [
    {name: 'api', exit: 0},
    {name: 'sidecar', exit: 143},
  ]
  const history: History = {frames: [{at: 0, tasks: [{id: 't1', status: 'STOPPED', containers}]}]}
  const {failure, world} = await runAgainst(runTask, history, {...task, 'container-name': 'api'})
  expect([failure, world.outputsSet['exit-code']]).toEqual([undefined, '0'])
})

test('13 "a task that never started is green" (ecspresso#534): red, with the reason', async () => {
  const stoppedReason = 'CannotPullContainerError: pull image manifest: manifest unknown'
  const end = {id: 't1', status: 'STOPPED', ran: -1, stopCode: 'TaskFailedToStart', stoppedReason}
  const {failure} = await runAgainst(runTask, {frames: [{at: 0, tasks: [end]}]}, task)
  expect(failure?.diagnosis).toMatchObject({reason: 'image-not-found'})
})

test('14 "different images in one step" (RND#72)', async () => {
  const two = {...definition, containerDefinitions: [container, {name: 'proxy', image: 'x:1', essential: false}]}
  const seen = await deployFile(two, {'container-name': 'api', images: `api=${IMAGE}\nproxy=nginx:1.29`})
  expect(registered(seen).containerDefinitions.map(({image}) => image)).toEqual([IMAGE, 'nginx:1.29'])
})

test('15 "take a variable away" (RND#300)', async () => {
  const seen = await deploy(good, {'remove-environment-variables': 'DATABASE_URL'})
  expect(registered(seen).containerDefinitions[0]?.['environment'] ?? []).toEqual([])
})

test('16 "empty values are kept" (DEP#780): an empty log option and an empty variable stay', async () => {
  const options = {'awslogs-group': '/ecs/streaming-api', tag: ''}
  const api = {
    ...container,
    environment: [{name: 'EMPTY', value: ''}],
    logConfiguration: {logDriver: 'fluentd', options},
  }
  const [sent] = registered(await deployFile({...definition, containerDefinitions: [api]})).containerDefinitions
  expect(sent).toMatchObject({environment: [{name: 'EMPTY', value: ''}], logConfiguration: {options: {tag: ''}}})
})

test('17 "unknown keys vanish, new keys break" (DEP#701): a slip is named, a new key of the API is sent', async () => {
  const slip = await deployFile({...definition, containerDefinitions: [{...container, comand: ['x']}]})
  expect(slip.failure?.diagnosis.cause).toMatch(/"comand".*did you mean "command"/)
  const known = await deployFile({...definition, enableFaultInjection: true})
  expect(registered(known)['enableFaultInjection']).toBe(true)
})

test('18 "warnings for what describe prints" (RND#38): dropped in silence, tags kept', async () => {
  const described = {
    taskDefinition: {...definition, revision: 7, status: 'ACTIVE', registeredBy: 'me', compatibilities: ['EC2']},
    tags: [{key: 'team', value: 'video'}],
  }
  const seen = await deployFile(described)
  expect(seen.world.annotations).toEqual([])
  expect(registered(seen)).toMatchObject({tags: [{key: 'team', value: 'video'}]})
  expect(Object.keys(registered(seen))).not.toContain('revision')
})

test('19 "rate limits of RegisterTaskDefinition" (DEP#502): it is asked again, not failed', async () => {
  let turns = 0
  const throttled: History = {
    ...good,
    before: {
      get errors(): Readonly<Record<string, string>> {
        turns += 1
        return turns < 8 ? {RegisterTaskDefinition: 'ThrottlingException'} : {}
      },
    },
  }
  const {failure} = await deploy(throttled)
  expect(failure).toBeUndefined()
})

test('19 "Too many concurrent attempts to create a new revision" (ecspresso#787): asked again', async () => {
  let turns = 0
  const refusals: History['refusals'] = {
    get RegisterTaskDefinition(): readonly [string, string] {
      turns += 1
      const words = 'Too many concurrent attempts to create a new revision of the specified family.'
      return turns < 3 ? ['ClientException', words] : (undefined as never)
    },
  }
  expect((await deploy({...good, refusals})).failure).toBeUndefined()
})

test('20 "a clear error when the service is missing" (DEP#461, DEP#475)', async () => {
  const wrong = await deploy(good, {service: 'APIServise'})
  expect(wrong.failure?.diagnosis.cause).toMatch(/"APIServise", which does not exist.*did you mean "APIService"/)
  const none = await deploy(good, {service: ''})
  expect(none.failure?.diagnosis.cause).toMatch(/"service" is required/)
})

test('20 "create the service when it is missing" (DEP#461)', async () => {
  const file = {
    desiredCount: 2,
    launchType: 'FARGATE',
    networkConfiguration: {awsvpcConfiguration: {subnets: ['subnet-1']}},
  }
  const {ecs, failure} = await runAgainst(
    run,
    good,
    {...usual, image: '', 'task-definition': './td.json', service: 'NewService', 'create-service': 'service.json'},
    undefined,
    {GITHUB_WORKSPACE: checkoutWith({'td.json': JSON.stringify(definition), 'service.json': JSON.stringify(file)})},
  )
  expect(failure).toBeUndefined()
  expect(ecs.inputsOf('CreateService')).toHaveLength(1)
})

test('21 "the controller EXTERNAL fails after it has registered" (DEP#427): refused before', async () => {
  const {ecs, failure} = await deploy({service: {controller: 'EXTERNAL'}})
  expect(failure?.diagnosis.cause).toMatch(/deployment controller EXTERNAL.*Nothing was registered/)
  expect(ecs.inputsOf('RegisterTaskDefinition')).toEqual([])
})

test('21 "native blue/green, canary, linear" (ecspresso#861): stage and weight are told, the end is the end of the record', async () => {
  const target = {arn: 'x', runningTaskCount: 2}
  const canary: History = {
    service: {strategy: 'CANARY', record: true},
    frames: [
      {
        at: 0,
        ours: {running: 2, rollout: 'COMPLETED'},
        old: {running: 2},
        record: {
          status: 'IN_PROGRESS',
          lifecycleStage: 'PRODUCTION_TRAFFIC_SHIFT',
          targetServiceRevision: {...target, requestedProductionTrafficWeight: 10},
        },
      },
      {at: 60, old: {gone: true}, record: {status: 'SUCCESSFUL'}},
    ],
  }
  const {world, failure, seconds} = await deploy(canary)
  expect([failure, seconds >= 60]).toEqual([undefined, true])
  expect(world.logged()).toMatch(/stage production traffic shift, 10 % of traffic/)
})

test('22 "scheduled tasks" (DEP#55): mode register gives the ARN that a rule or schedule is pointed at', async () => {
  const {world, ecs} = await deploy(good, {mode: 'register'})
  expect(world.outputsSet['task-definition-arn']).toMatch(/streaming-api:42$/)
  expect(ecs.inputsOf('UpdateService')).toEqual([])
})

test('23 "ECS Exec" and "old revisions" (DEP#327, DEP#145)', async () => {
  const many: History = {...good, revisions: [38, 39, 40, 41]}
  const {ecs} = await deploy(many, {'enable-execute-command': 'true', 'task-role-arn': ROLE, 'keep-revisions': '2'})
  expect(ecs.inputsOf('UpdateService')[0]).toMatchObject({enableExecuteCommand: true})
  expect(ecs.inputsOf('DeregisterTaskDefinition')).toHaveLength(3)
})

test('24 "quotes in the command" (RND#296): split as a shell does it', async () => {
  const seen = await deploy(good, {command: `sh -c 'echo  hi there'`})
  expect(registered(seen).containerDefinitions[0]?.['command']).toEqual(['sh', '-c', 'echo  hi there'])
})

test('25 "waits over an hour die" (DEP#527): expired credentials are named, at once', async () => {
  const expired: History = {
    frames: [
      {at: 0, ours: {pending: 2}, old: {running: 2}},
      {at: 300, errors: {DescribeServices: 'ExpiredTokenException'}},
    ],
  }
  const {failure, seconds} = await deploy(expired, {'wait-for-minutes': '120'})
  expect(failure?.diagnosis).toMatchObject({reason: 'access-denied'})
  expect(failure?.diagnosis.advice).toMatch(/credentials have expired: raise role-duration-seconds/)
  expect(seconds).toBeLessThan(310)
})
