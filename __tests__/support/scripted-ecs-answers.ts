import {codeDeployOperations, DEPLOYMENTS} from './scripted-code-deploy.ts'
import {AwsError} from './scripted-ecs-error.ts'
import {otherToolsOperations} from './scripted-ecs-other-tools.ts'
import type {Stage} from './scripted-ecs-stage.ts'
import {stateAt} from './scripted-ecs-state.ts'
import type {Frame, TaskFrame} from './scripted-ecs-state.ts'

type Input = Readonly<Record<string, unknown>>
type Json = Record<string, unknown>

const ARN = 'arn:aws:ecs:eu-central-1:111122223333'
/** What the service of every history runs at first. */
export const OLD = `${ARN}:task-definition/streaming-api:41`
const OTHER = `${ARN}:task-definition/streaming-api:99`
const IDS = {ours: 'ecs-svc/8213', old: 'ecs-svc/7000', other: 'ecs-svc/9999'} as const
const RECORD = `${ARN}:service-deployment/StreamingCluster/APIService/abc`

// Each service has a record of its own.
function recordOf(name: string): string {
  return RECORD.replace('APIService', name)
}

/** The task definition that runs when a history begins. */
export const OLD_DEFINITION = {
  family: 'streaming-api',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  executionRoleArn: 'arn:aws:iam::111122223333:role/streaming-api-execution',
  containerDefinitions: [
    {
      name: 'api',
      image:
        '111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api@sha256:9f2c000000000000000000000000000000000000000000000000000000000000',
      essential: true,
      environment: [{name: 'DATABASE_URL', value: 'postgres://secret@db/app'}],
      portMappings: [{containerPort: 3000, hostPort: 3000, protocol: 'tcp'}],
      logConfiguration: {
        logDriver: 'awslogs',
        options: {
          'awslogs-group': '/ecs/streaming-api',
          'awslogs-region': 'eu-central-1',
          'awslogs-stream-prefix': 'api',
        },
      },
    },
  ],
}

/** The answer to one call. @throws {AwsError} what the history or ECS itself answers with an error */
export function answers(stage: Stage, operation: string, input: Input): Json {
  const error = now(stage).errors?.[operation]
  if (error !== undefined) throw new AwsError(error, `${error} as scripted`, /Server|Internal/.test(error) ? 500 : 400)
  const {refusals = {}} = stage.history
  const refusal = refusals[operation] ?? refusals[`${operation} ${text(input, 'service') ?? ''}`]
  if (refusal !== undefined) throw new AwsError(...refusal)
  const answer = OPERATIONS[operation]
  if (answer === undefined) throw new AwsError('UnknownOperationException', operation)
  return answer(stage, input)
}

const OPERATIONS: Readonly<Record<string, (stage: Stage, input: Input) => Json>> = {
  DescribeServices: (stage, input) => describeServices(stage, input),
  DescribeTaskDefinition: (stage, input) => describeDefinition(stage, String(input['taskDefinition'])),
  RegisterTaskDefinition: (stage, input) => register(stage, input),
  UpdateService: (stage, input) => update(stage, input),
  CreateService: (stage, input) => create(stage, input),
  DeleteService: (stage, input) => {
    stage.removedAt = stage.clock.now()
    return {service: serviceJson(stage, String(input['service']))}
  },
  ...codeDeployOperations((stage) => now(stage)),
  ...otherToolsOperations(
    (stage) => now(stage),
    (stage, input) => {
      deploy(stage, input)
    },
  ),
  ContinueServiceDeployment: (stage) => {
    stage.continuedAt ??= stage.clock.now()
    return {serviceDeploymentArn: RECORD}
  },
  StopServiceDeployment: (stage) => {
    stage.undoneAt = stage.clock.now()
    return {serviceDeploymentArn: RECORD}
  },
  DescribeServiceDeployments: (stage, {serviceDeploymentArns}) => {
    const record = now(stage).record
    const asked = serviceDeploymentArns as readonly string[]
    return {
      serviceDeployments: record ? asked.map((arn) => ({serviceDeploymentArn: arn, ...record})) : [],
      failures: [],
    }
  },
  ListTasks: (stage, input) => {
    const arns = (input['startedBy'] === undefined || input['startedBy'] === stage.startedBy ? tasks(stage) : [])
      .filter((task) => (task.status === 'STOPPED') === (input['desiredStatus'] === 'STOPPED'))
      .map(({id}) => taskArn(id))
    return page(stage, input, 'taskArns', arns)
  },
  DescribeTasks: (stage, input) => ({
    tasks: tasks(stage)
      .filter(({id}) => (input['tasks'] as string[]).includes(taskArn(id)))
      .map((task) => taskJson(stage, task)),
  }),
  RunTask: (stage, input) => {
    stage.changedAt = stage.clock.now()
    stage.wanted = String(input['taskDefinition'])
    stage.startedBy = String(input['startedBy'])
    return {tasks: tasks(stage).map((task) => taskJson(stage, task)), failures: now(stage).record?.['failures'] ?? []}
  },
  ListTaskDefinitions: (stage, input) =>
    page(stage, input, 'taskDefinitionArns', [
      ...[...stage.definitions.keys()].reverse(),
      ...[...(stage.history.revisions ?? [])]
        .reverse()
        .map((revision) => `${ARN}:task-definition/streaming-api:${String(revision)}`),
      `${ARN}:task-definition/streaming-api-worker:7`,
    ]),
  DeregisterTaskDefinition: () => ({}),
  DescribeSecret: ({history}, {SecretId: id}) => {
    if (history.secrets?.includes(String(id)) !== false) return {ARN: id}
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
  },
  GetParameters: ({history}, {Names}) => ({
    InvalidParameters: (Names as string[]).filter((name) => history.secrets?.includes(name) === false),
  }),
  StopTask: () => ({}),
  ListServices: () => ({serviceArns: [`${ARN}:service/StreamingCluster/APIService`]}),
  ListClusters: () => ({clusterArns: [`${ARN}:cluster/StreamingCluster`]}),
  GetLogEvents: (stage, input) => logEvents(stage, input),
  DescribeLogGroups: (stage, input) => ({
    logGroups: stage.history.noLogGroups === true ? [] : [{logGroupName: input['logGroupNamePrefix']}],
  }),
  BatchGetImage: (stage, input) => batchGetImage(stage, input),
  ListImages: (stage) => ({imageIds: (stage.history.tags ?? []).map((imageTag) => ({imageTag}))}),
  DescribePullThroughCacheRules: (stage) => ({
    pullThroughCacheRules: (stage.history.caches ?? []).map((ecrRepositoryPrefix) => ({ecrRepositoryPrefix})),
  }),
}

function page({history}: Stage, input: Input, name: string, all: readonly string[]): Json {
  const from = Number(text(input, 'nextToken') ?? 0)
  const end = from + (history.pageSize ?? all.length)
  return {[name]: all.slice(from, end), ...(end < all.length && {nextToken: String(end)})}
}

function batchGetImage({history}: Stage, input: Input): Json {
  const [id = {}] = input['imageIds'] as {imageTag?: string}[]
  const found = id.imageTag === undefined || history.tags === undefined || history.tags.includes(id.imageTag)
  const manifests = (history.architectures ?? ['amd64']).map((architecture) => ({
    digest: 'sha256:0',
    size: 1,
    platform: {os: 'linux', architecture},
  }))
  return {images: found ? [{imageManifest: JSON.stringify({manifests})}] : [], failures: found ? [] : [{imageId: id}]}
}

function text(input: Input, name: string): string | undefined {
  const value = input[name]
  return typeof value === 'string' ? value : undefined
}

/** The state that a history has reached. */
export function now(stage: Stage): Frame {
  const {history, clock} = stage
  if (stage.undoneAt !== undefined) {
    const since = (clock.now() - stage.undoneAt) / 1000
    const played = stateAt([{at: 0, ...history.before}, ...(history.frames ?? [])], Infinity)
    return stateAt([played, ...(history.undo ?? UNDONE)], since)
  }
  if (stage.changedAt === undefined) return {at: 0, ...history.before}
  if (stage.continuedAt !== undefined) {
    const before = stateAt(
      [{at: 0, ...history.before}, ...(history.frames ?? [])],
      (stage.continuedAt - stage.changedAt) / 1000,
    )
    return stateAt([before, ...(history.continued ?? [])], (clock.now() - stage.continuedAt) / 1000)
  }
  return stateAt([{at: 0, ...history.before}, ...(history.frames ?? [])], (clock.now() - stage.changedAt) / 1000)
}

// Going back works in four seconds unless a history says otherwise.
const UNDONE: readonly Frame[] = [
  {at: 0, primary: 'old', ours: {gone: true}, old: {running: 0, rollout: 'IN_PROGRESS', gone: false}, record: null},
  {at: 4, old: {running: 2, rollout: 'COMPLETED'}},
]

function describeServices(stage: Stage, input: Input): Json {
  if (!String(input['cluster']).includes('StreamingCluster')) {
    throw new AwsError('ClusterNotFoundException', 'Cluster not found.')
  }
  const names = input['services'] as string[]
  const known = names.filter((name) => name.endsWith('Service') && isThere(stage, name))
  const failures = names
    .filter((name) => !known.includes(name))
    .map((name) => ({arn: `${ARN}:service/StreamingCluster/${name}`, reason: 'MISSING'}))
  return {services: known.map((name) => serviceJson(stage, name)), failures}
}

// Services whose name starts with "New" do not exist until they are made.
function isThere(stage: Stage, name: string): boolean {
  if (name.startsWith('New') && !stage.created.has(name)) return stage.history.inactive === true
  return now(stage).missing !== true
}

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
function create(stage: Stage, input: Input): Json {
  const name = String(input['serviceName'])
  const refusal = stage.history.createRefused
  if (refusal !== undefined) throw new AwsError('InvalidParameterException', refusal)
  if (stage.created.has(name) && stage.created.get(name) !== input['clientToken']) {
    throw new AwsError('InvalidParameterException', 'Creation of service was not idempotent.')
  }
  stage.created.set(name, String(input['clientToken']))
  stage.desired = Number(input['desiredCount'] ?? 0)
  deploy(stage, input)
  return {service: serviceJson(stage, name)}
}

function statusOf(stage: Stage, name: string, frame: Frame): string {
  if (name.startsWith('New') && !stage.created.has(name)) return 'INACTIVE'
  if (stage.removedAt === undefined || !stage.created.has(name)) return frame.status ?? 'ACTIVE'
  return stage.clock.now() - stage.removedAt < 4000 ? 'DRAINING' : 'INACTIVE'
}

function serviceJson(stage: Stage, name: string): Json {
  const frame = now(stage)
  const {service = {}} = stage.history
  const parts = deployments(stage, frame)
  return {
    serviceArn: `${ARN}:service/StreamingCluster/${name}`,
    serviceName: name,
    clusterArn: `${ARN}:cluster/StreamingCluster`,
    status: statusOf(stage, name, frame),
    desiredCount: frame.desired ?? stage.desired,
    runningCount: parts.reduce((sum, part) => sum + Number(part['runningCount']), 0),
    taskDefinition:
      service.controller === 'CODE_DEPLOY'
        ? undefined
        : (parts.find(({status}) => status === 'PRIMARY')?.['taskDefinition'] ?? OLD),
    deploymentController: {type: service.controller ?? 'ECS'},
    deploymentConfiguration: {strategy: service.strategy ?? 'ROLLING'},
    ...(service.record === true && {currentServiceDeployment: recordArn(stage, name)}),
    launchType: 'FARGATE',
    schedulingStrategy: service.scheduling ?? 'REPLICA',
    networkConfiguration: networkOf(service),
    ...(service.controller === 'CODE_DEPLOY'
      ? {deployments: [], taskSets: parts.map(asTaskSet)}
      : {deployments: parts}),
    ...(service.balancer !== undefined && {
      loadBalancers: [
        {
          targetGroupArn: 'arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/api/1',
          ...service.balancer,
        },
      ],
    }),
    events: events(stage, frame, name),
  }
}

function networkOf({noSubnets}: NonNullable<Stage['history']['service']>): Json | undefined {
  if (noSubnets === true) return undefined
  return {awsvpcConfiguration: {subnets: ['subnet-1'], securityGroups: ['sg-1'], assignPublicIp: 'ENABLED'}}
}

function asTaskSet({desiredCount, ...part}: Json): Json {
  const externalId = part['id'] === IDS.ours ? DEPLOYMENTS.ours : DEPLOYMENTS.old
  return {...part, computedDesiredCount: desiredCount, externalId, startedBy: 'CODE_DEPLOY'}
}

const RECORD_BEFORE = `${ARN}:service-deployment/StreamingCluster/APIService/before`

function recordArn(stage: Stage, name: string): string {
  const late = (stage.history.service?.recordLate ?? 0) * 1000
  const young = stage.changedAt !== undefined && stage.clock.now() - stage.changedAt < late
  return !stage.deployed || young ? RECORD_BEFORE : recordOf(name)
}

function events(stage: Stage, frame: Frame, name: string): Json[] {
  return (frame.events ?? [])
    .map((message, at) => ({
      id: `event-${String(at)}`,
      message: `(service ${name}) ${message}`,
      createdAt: aws(stage, frame.eventTimes?.[at] ?? 0),
    }))
    .reverse()
}

type Who = keyof typeof IDS

function deployments(stage: Stage, frame: Frame): Json[] {
  const primary =
    frame.primary ?? (stage.deployed && stage.history.service?.controller !== 'CODE_DEPLOY' ? 'ours' : 'old')
  const listed: Readonly<Record<Who, boolean>> = {
    ours: stage.deployed && frame.ours?.gone !== true,
    old: !oldIsGone(stage, frame, primary),
    other: frame.other !== undefined,
  }
  return (['ours', 'old', 'other'] as const)
    .filter((who) => listed[who])
    .map((who) => deploymentJson(stage, frame, who, who === primary ? 'PRIMARY' : 'ACTIVE'))
}

// Once ours is primary, the old one is listed only as long as a history speaks of it.
function oldIsGone(stage: Stage, {old = {}}: Frame, primary: Who): boolean {
  return old.gone ?? (primary !== 'old' && old.running === undefined && stage.deployed)
}

function deploymentJson(stage: Stage, frame: Frame, who: Who, status: string): Json {
  const desired = frame.desired ?? stage.desired
  const untouched = who === 'old' && !stage.deployed
  const usual = untouched ? {running: desired, rollout: 'COMPLETED'} : {running: 0, rollout: 'IN_PROGRESS'}
  const part = {pending: 0, failed: 0, reason: '', desired, ...usual, ...frame[who]}
  const definitions: Readonly<Record<Who, string>> = {ours: stage.wanted, old: OLD, other: OTHER}
  return {
    id: IDS[who],
    status,
    taskDefinition: part.definition ?? definitions[who],
    desiredCount: part.desired,
    runningCount: part.running,
    pendingCount: part.pending,
    failedTasks: part.failed,
    ...(part.rollout !== null && {rolloutState: part.rollout, rolloutStateReason: part.reason}),
    createdAt: aws(stage, 0),
  }
}

function describeDefinition(stage: Stage, name: string): Json {
  const found =
    name === OLD || name === 'streaming-api:41' ? {arn: OLD, definition: OLD_DEFINITION} : byName(stage, name)
  if (found === undefined) throw new AwsError('ClientException', 'Unable to describe task definition.')
  const status = stage.history.inactiveRevision === true && found.arn === OLD ? 'INACTIVE' : 'ACTIVE'
  return {taskDefinition: {...described(found.arn, found.definition), status}, tags: []}
}

function byName(stage: Stage, name: string): {arn: string; definition: Json} | undefined {
  const arns = [...stage.definitions.keys()]
  const arn =
    arns.find((one) => one === name || one.endsWith(`/${name}`)) ?? arns.findLast((one) => one.includes(`/${name}:`))
  if (arn !== undefined) return {arn, definition: stage.definitions.get(arn) ?? {}}
  return name === 'streaming-api' ? {arn: OLD, definition: OLD_DEFINITION} : undefined
}

function register(stage: Stage, input: Input): Json {
  const arn = `${ARN}:task-definition/${String(input['family'])}:${String(42 + stage.definitions.size)}`
  stage.definitions.set(arn, {...input})
  return {taskDefinition: described(arn, input)}
}

// What ECS adds to a task definition when it answers with one.
function described(arn: string, definition: Json): Json {
  return {
    volumes: [],
    placementConstraints: [],
    ...definition,
    taskDefinitionArn: arn,
    revision: Number(arn.split(':').at(-1)),
    status: 'ACTIVE',
    compatibilities: ['EC2', 'FARGATE'],
  }
}

function update(stage: Stage, input: Input): Json {
  const byCodeDeploy = stage.history.service?.controller === 'CODE_DEPLOY'
  if (byCodeDeploy && input['taskDefinition'] !== undefined) {
    throw new AwsError(
      'InvalidParameterException',
      'Unable to update task definition on services with a CODE_DEPLOY deployment controller.',
    )
  }
  if (!byCodeDeploy) deploy(stage, input)
  stage.desired = Number(input['desiredCount'] ?? stage.desired)
  return {service: serviceJson(stage, String(input['service']))}
}

function deploy(stage: Stage, input: Input): void {
  if (stage.changedAt !== undefined && input['taskDefinition'] === OLD) stage.undoneAt = stage.clock.now()
  else if (stage.undoneAt !== undefined) playAgain(stage)
  else stage.changedAt ??= stage.clock.now()
  const definition = text(input, 'taskDefinition') ?? OLD
  stage.deployed ||= definition !== OLD || input['forceNewDeployment'] === true
  if (stage.undoneAt === undefined) stage.wanted = definition
}

// Whoever deploys again after it was gone back sees the history from its first frame on.
function playAgain(stage: Stage): void {
  stage.changedAt = stage.clock.now()
  stage.undoneAt = undefined
}

function tasks(stage: Stage): readonly TaskFrame[] {
  return now(stage).tasks ?? []
}

function taskArn(id: string): string {
  return `${ARN}:task/StreamingCluster/${id}`
}

function taskJson(stage: Stage, task: TaskFrame): Json {
  const who = task.of ?? 'ours'
  const stopped = task.status === 'STOPPED'
  return {
    taskArn: taskArn(task.id),
    taskDefinitionArn:
      task.definition === undefined
        ? who === 'ours'
          ? stage.wanted
          : OLD
        : `${ARN}:task-definition/${task.definition}`,
    startedBy: IDS[who],
    lastStatus: task.status ?? 'RUNNING',
    desiredStatus: stopped ? 'STOPPED' : 'RUNNING',
    createdAt: aws(stage, 0),
    ...(task.pulling === true && {pullStartedAt: aws(stage, 1)}),
    ...(hasStarted(task) && {startedAt: aws(stage, 1)}),
    ...(stopped && stoppedPart(stage, task)),
    ...(task.health !== undefined && {healthStatus: task.health}),
    containers: containersOf(stage, task),
  }
}

function hasStarted({status = 'RUNNING', ran}: TaskFrame): boolean {
  return ran !== -1 && ['RUNNING', 'STOPPED'].includes(status)
}

function stoppedPart(stage: Stage, {ran = 2, stopCode, stoppedReason}: TaskFrame): Json {
  return {
    stoppedAt: aws(stage, 1 + ran),
    stopCode: stopCode ?? 'EssentialContainerExited',
    stoppedReason: stoppedReason ?? 'Essential container in task exited',
  }
}

function containersOf(stage: Stage, {containers, exit, reason, image, digest}: TaskFrame): Json[] {
  const listed = containers ?? [{name: 'api', exit, reason}]
  return listed.map((container) => ({
    name: container.name,
    image: image ?? imageOf(stage),
    exitCode: container.exit,
    reason: container.reason,
    imageDigest: digest,
  }))
}

function imageOf(stage: Stage): string {
  const definition = stage.definitions.get(stage.wanted) ?? OLD_DEFINITION
  return (definition['containerDefinitions'] as {image: string}[])[0]?.image ?? ''
}

// Seconds since the change, by the clock of AWS, as the JSON protocol writes times.
function aws({changedAt, clock, history}: Stage, seconds: number): number {
  return ((changedAt ?? clock.now()) + (history.skew ?? 0)) / 1000 + seconds
}

function logEvents(stage: Stage, input: Input): Json {
  const [, container, task] = String(input['logStreamName']).split('/')
  const lines = stage.history.logs?.[`${container ?? ''}/${task ?? ''}`]
  if (lines === undefined) throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.')
  const from = Number(text(input, 'nextToken')?.split('/')[1] ?? 0)
  const limit = Number(input['limit'] ?? 10_000)
  const events = input['startFromHead'] === true ? lines.slice(from, from + limit) : lines.slice(-limit)
  return {
    events: events.map((message, at) => ({message, timestamp: at, ingestionTime: at})),
    nextForwardToken: `f/${String(from + events.length)}`,
    nextBackwardToken: 'b/0',
  }
}
