import type {Task} from '@aws-sdk/client-ecs'
import {CAUSES, causeOf} from '../../../actions/shared/ecs/causes.ts'

const IMAGE = '111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api:v1'

/** A stopped task with one container, `api`. */
function stopped(parts: Partial<Task> & {exit?: number; why?: string}): Task {
  const {exit, why, ...task} = parts
  return {
    taskArn: 'arn:aws:ecs:eu-central-1:111122223333:task/main/7d1e',
    lastStatus: 'STOPPED',
    stopCode: exit === undefined ? 'TaskFailedToStart' : 'EssentialContainerExited',
    stoppedReason: exit === undefined ? '' : 'Essential container in task exited',
    containers: [
      {name: 'api', image: IMAGE, ...(exit !== undefined && {exitCode: exit}), ...(why !== undefined && {reason: why})},
    ],
    ...(exit !== undefined && {startedAt: new Date(1000), executionStoppedAt: new Date(3000)}),
    ...task,
  }
}

// One row per row of the table, in its order: what ECS says, and what we make of it.
const rows: readonly (readonly [string, Task, string, RegExp, RegExp])[] = [
  [
    'image-platform',
    stopped({
      why: "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'",
    }),
    'image-not-found',
    /platform of the task/,
    /runtimePlatform/,
  ],
  [
    'image-missing',
    stopped({why: `CannotPullContainerError: failed to resolve ref ${IMAGE}: not found`}),
    'image-not-found',
    /no such repository, tag or digest/,
    /push the image first/,
  ],
  [
    'image-denied',
    stopped({why: 'CannotPullContainerError: AccessDeniedException: not authorized to perform: ecr:BatchGetImage'}),
    'access-denied',
    /registry refuses/,
    /ecr:BatchGetImage/,
  ],
  [
    'image-rate-limited',
    stopped({why: 'CannotPullContainerError: toomanyrequests: You have reached your pull rate limit'}),
    'quota',
    /limits how often/,
    /pull-through cache/,
  ],
  [
    'image-disk',
    stopped({why: 'CannotPullContainerError: write /var/lib/x: no space left on device'}),
    'volume',
    /disk of the task is full/,
    /ephemeralStorage/,
  ],
  [
    'image-network',
    stopped({why: 'CannotPullContainerError: dial tcp 52.1.2.3:443: i/o timeout'}),
    'unreachable',
    /cannot be reached from the subnet/,
    /NAT gateway/,
  ],
  [
    'image-pull',
    stopped({why: 'CannotPullContainerError: something new'}),
    'image-not-found',
    /cannot pull its image/,
    /execution role may pull/,
  ],
  [
    'role',
    stopped({
      stoppedReason: "ECS was unable to assume the role 'arn:aws:iam::1:role/x' that was provided for this task",
    }),
    'access-denied',
    /cannot assume a role/,
    /ecs-tasks\.amazonaws\.com/,
  ],
  [
    'log-group',
    stopped({
      stoppedReason:
        'ResourceInitializationError: failed to validate logger args: The specified log group does not exist',
    }),
    'config-missing',
    /log group/,
    /awslogs-create-group/,
  ],
  [
    'secret-denied',
    stopped({
      stoppedReason:
        'ResourceInitializationError: unable to pull secrets or registry auth: AccessDeniedException: not authorized to perform: secretsmanager:GetSecretValue',
    }),
    'secret-unreadable',
    /may not read a secret/,
    /kms:Decrypt/,
  ],
  [
    'secret-key',
    stopped({
      stoppedReason:
        'ResourceInitializationError: unable to pull secrets or registry auth: retrieved secret from Secrets Manager did not contain json key url',
    }),
    'secret-unreadable',
    /does not hold the key/,
    /valueFrom/,
  ],
  [
    'secret-missing',
    stopped({
      stoppedReason:
        'ResourceInitializationError: unable to pull secrets or registry auth: invalid ssm parameters: /app/url',
    }),
    'secret-unreadable',
    /does not exist/,
    /create it/,
  ],
  [
    'env-file',
    stopped({
      stoppedReason:
        'ResourceInitializationError: failed to download env files: file download command: non empty error stream: AccessDenied',
    }),
    'config-missing',
    /environment file/,
    /s3:GetObject/,
  ],
  [
    'resource-network',
    stopped({
      stoppedReason:
        'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: context deadline exceeded',
    }),
    'unreachable',
    /cannot reach the AWS services/,
    /VPC endpoints/,
  ],
  [
    'volume',
    stopped({
      stoppedReason:
        'ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: mount target',
    }),
    'volume',
    /cannot be mounted/,
    /2049/,
  ],
  [
    'network-interface',
    stopped({stoppedReason: 'Timeout waiting for network interface provisioning to complete.'}),
    'capacity',
    /no network interface/,
    /subnets/,
  ],
  [
    'quota',
    stopped({stoppedReason: "You've reached the limit on the number of vCPUs you can run concurrently"}),
    'quota',
    /quota of the account/,
    /vCPU/,
  ],
  [
    'capacity',
    stopped({
      stoppedReason: 'Capacity is unavailable at this time. Please try again later or in a different availability zone',
    }),
    'capacity',
    /no capacity/,
    /zones/,
  ],
  [
    'spot',
    stopped({exit: 143, stopCode: 'SpotInterruption', stoppedReason: 'Your Spot Task was interrupted.'}),
    'capacity',
    /Spot took/,
    /FARGATE/,
  ],
  [
    'out-of-memory',
    stopped({exit: 137, why: 'OutOfMemoryError: Container killed due to memory usage'}),
    'out-of-memory',
    /more memory than it may right after start/,
    /raise "memory"/,
  ],
  [
    'exec-format',
    stopped({why: 'CannotStartContainerError: exec /app: exec format error'}),
    'image-not-found',
    /another processor/,
    /ARM64/,
  ],
  [
    'cannot-start',
    stopped({why: 'CannotStartContainerError: exec: "serve": executable file not found in $PATH'}),
    'container-exited',
    /cannot be started/,
    /entryPoint/,
  ],
  [
    'container-health',
    stopped({exit: 143, stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Task failed container health checks'}),
    'health-check-failed',
    /health check of container "api" fails/,
    /startPeriod/,
  ],
  [
    'load-balancer-health',
    stopped({
      exit: 0,
      stopCode: 'ServiceSchedulerInitiated',
      stoppedReason: 'Task failed ELB health checks in (target-group arn:x) due to (reason Request timed out)',
    }),
    'health-check-failed',
    /unhealthy: Request timed out/,
    /security group/,
  ],
  ['exit-0', stopped({exit: 0}), 'container-exited', /ends by itself with code 0 right after start/, /ecs-run-task/],
  ['exit-127', stopped({exit: 127}), 'container-exited', /not in the image/, /command/],
  ['exit-126', stopped({exit: 126}), 'container-exited', /may not be executed/, /executable/],
  ['exit-137', stopped({exit: 137}), 'container-exited', /SIGKILL \(137\)/, /memory/],
  ['exit-139', stopped({exit: 139}), 'container-exited', /segmentation fault/, /library/],
  ['exit-143', stopped({exit: 143}), 'container-exited', /SIGTERM \(143\)/, /events/],
  ['exit', stopped({exit: 3}), 'container-exited', /exits with code 3 right after start/, /log lines/],
]

describe('the table of causes', () => {
  test('every row has a test', () => {
    expect(rows.map(([name]) => name)).toEqual(CAUSES.map(({name}) => name))
  })

  test.each(rows)('%s', (name, task, reason, sentence, advice) => {
    const cause = causeOf(task, ['api'])
    expect(cause?.key).toBe(`${name}/api/${String(task.containers?.[0]?.exitCode ?? '')}`)
    expect(cause?.reason).toBe(reason)
    expect(cause?.sentence).toMatch(sentence)
    expect(cause?.advice).toMatch(advice)
  })

  test('nothing known: what ECS said is passed on whole', () => {
    const task: Task = {...stopped({}), stoppedReason: 'Something that AWS will say in 2030', containers: []}
    expect(causeOf(task)?.sentence).toBe('tasks stop: Something that AWS will say in 2030')
  })

  test.each([
    [
      'a rolling deployment',
      'ServiceSchedulerInitiated' as const,
      'Scaling activity initiated by (deployment ecs-svc/1)',
    ],
    ['a person', 'UserInitiated' as const, 'Task stopped by user'],
  ])('a task stopped by %s is no failure', (_who, stopCode, stoppedReason) => {
    expect(causeOf(stopped({exit: 143, stopCode, stoppedReason}))).toBeUndefined()
  })
})

describe('the container to blame', () => {
  const two = (api: number, proxy: number): Task => ({
    ...stopped({exit: 0}),
    containers: [
      {name: 'proxy', exitCode: proxy},
      {name: 'api', exitCode: api},
    ],
  })

  test.each([
    ['the one that failed, not the one told to stop', two(9, 143), /"api" exits with code 9/],
    ['an essential one before any other', two(1, 7), /"api" exits with code 1/],
    ['the sidecar, when only it failed', two(0, 7), /"proxy" exits with code 7/],
    ['the essential one that ended well, when none failed', two(0, 0), /"api" ends by itself/],
    ['one told to stop, when there is nothing else', two(143, 143), /"proxy" is stopped with SIGTERM/],
  ])('%s', (_name, task, sentence) => {
    expect(causeOf(task, ['api'])?.sentence).toMatch(sentence)
  })
})
