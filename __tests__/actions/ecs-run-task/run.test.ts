import {afterCancel} from '../../../actions/ecs-run-task/src/after-cancel.ts'
import {runTask as run} from '../../support/ecs-actions.ts'
import {CancelledError} from '../../../actions/shared/core/errors.ts'
import {checkoutWith} from '../../support/checkout.ts'
import {runAgainst} from '../../support/ecs-run.ts'
import type {EcsRun} from '../../support/ecs-run.ts'
import type {History, TaskFrame} from '../../support/scripted-ecs-state.ts'

const usual = {cluster: 'StreamingCluster', 'from-service': 'APIService', command: 'node src/migrate.js'}

/** A task that is pulled for two seconds, runs, and stops after eight with `end`. */
function history(end: Partial<TaskFrame>, parts: Partial<History> = {}): History {
  return {
    frames: [
      {at: 0, tasks: [{id: 't1aa', status: 'PENDING', pulling: true}]},
      {at: 2, tasks: [{id: 't1aa', status: 'RUNNING'}]},
      {at: 8, tasks: [{id: 't1aa', status: 'STOPPED', ...end}]},
    ],
    ...parts,
  }
}

const runTask = async (past: History, inputs: Record<string, string> = {}): Promise<EcsRun> =>
  await runAgainst(run, past, {...usual, ...inputs})

describe('a task that ends well', () => {
  test('takes its network from the service, shows its log, and hands everything on', async () => {
    const {world, ecs, failure, seconds} = await runTask(
      history({exit: 0}, {logs: {'api/t1aa': ['one', '::set-output name=x::y']}}),
    )
    expect(failure).toBeUndefined()
    expect(ecs.inputsOf('RunTask')).toEqual([
      {
        cluster: 'StreamingCluster',
        count: 1,
        taskDefinition: 'arn:aws:ecs:eu-central-1:111122223333:task-definition/streaming-api:41',
        launchType: 'FARGATE',
        networkConfiguration: {
          awsvpcConfiguration: {subnets: ['subnet-1'], securityGroups: ['sg-1'], assignPublicIp: 'ENABLED'},
        },
        overrides: {containerOverrides: [{name: 'api', command: ['node', 'src/migrate.js']}]},
        clientToken: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        startedBy: expect.stringMatching(/^slipway\/[0-9a-f-]{36}$/) as string,
      },
    ])
    expect(world.outputsSet).toMatchObject({status: 'succeeded', 'exit-code': '0', 'failure-reason': ''})
    expect(world.outputsSet['log-output']).toBe('one\n::set-output name=x::y')
    // What the container writes stands between the fence, and behind a bar.
    expect(world.logged()).toMatch(/::stop-commands::(\S+)\n[\s\S]*│ ::set-output name=x::y[\s\S]*::\1::/)
    expect(ecs.inputsOf('RegisterTaskDefinition')).toHaveLength(0)
    expect(seconds).toBeLessThan(15)
  })

  test('with another image: one revision is registered and run', async () => {
    const {ecs} = await runTask(history({exit: 0}), {
      image: 'docker.io/acme/api@sha256:51ab000000000000000000000000000000000000000000000000000000000000',
    })
    expect(ecs.inputsOf('RegisterTaskDefinition')).toHaveLength(1)
    expect(ecs.inputsOf('RunTask')[0]?.['taskDefinition']).toMatch(/streaming-api:42$/)
  })

  test('a sidecar told to stop does not decide', async () => {
    const containers = [
      {name: 'api', exit: 0},
      {name: 'proxy', exit: 143},
    ]
    const {world, failure} = await runTask(history({containers}))
    expect([failure, world.outputsSet['exit-code']]).toEqual([undefined, '0'])
  })

  test('wait-for running ends when it is up', async () => {
    const {world, seconds} = await runTask(history({exit: 0}), {'wait-for': 'running'})
    expect(world.outputsSet['status']).toBe('succeeded')
    expect(seconds).toBeLessThan(5)
  })

  describe('wait-for healthy', () => {
    const healthCheck = {command: ['CMD-SHELL', 'true']}
    const checked = {
      family: 'streaming-api',
      containerDefinitions: [{name: 'api', image: 'docker.io/acme/api:1', healthCheck}],
    }
    const upTo = async (health: string): Promise<EcsRun> => {
      const frames = [
        {at: 0, tasks: [{id: 't1aa', status: 'PENDING'}]},
        {at: 3, tasks: [{id: 't1aa', status: 'RUNNING', health: 'UNKNOWN'}]},
        {at: 20, tasks: [{id: 't1aa', health}]},
      ]
      const inputs = {...usual, command: '', 'task-definition': './td.json', 'wait-for': 'healthy'}
      const env = {GITHUB_WORKSPACE: checkoutWith({'td.json': JSON.stringify(checked)})}
      return await runAgainst(run, {frames}, inputs, undefined, env)
    }

    test('ends when its health check succeeds, and leaves it running', async () => {
      const {world, ecs, seconds} = await upTo('HEALTHY')
      expect([world.outputsSet['status'], ecs.inputsOf('StopTask')]).toEqual(['succeeded', []])
      expect(seconds).toBeGreaterThanOrEqual(20)
      expect(world.logged()).toMatch(/✓ streaming-api:42: healthy/)
    })

    test('is red as soon as ECS calls it unhealthy, and the task is stopped', async () => {
      const {failure, ecs, seconds} = await upTo('UNHEALTHY')
      expect(failure?.diagnosis).toMatchObject({reason: 'health-check-failed', undo: 'the task was stopped'})
      expect(failure?.diagnosis.cause).toBe('the health check of the task fails')
      expect(ecs.inputsOf('StopTask')).toHaveLength(1)
      expect(seconds).toBeLessThanOrEqual(25)
    })

    test('without a health check starts nothing', async () => {
      const {failure, ecs} = await runTask(history({exit: 0}), {'wait-for': 'healthy'})
      expect(failure?.diagnosis.cause).toMatch(
        /no container of "streaming-api" has a "healthCheck".*Nothing was started/,
      )
      expect(ecs.inputsOf('RunTask')).toEqual([])
    })
  })

  test('wait-for nothing ends when it is started', async () => {
    const {world, seconds} = await runTask(history({exit: 0}), {'wait-for': 'nothing'})
    expect([world.outputsSet['status'], seconds]).toEqual(['succeeded', 0])
    expect(world.outputsSet['task-arns']).toMatch(/task\/StreamingCluster\/t1aa$/)
  })
})

describe('a task that fails', () => {
  test.each<[string, Partial<TaskFrame>, string, RegExp, string]>([
    [
      'exit code',
      {exit: 3},
      'container-exited',
      /container "api" exits with code 3 right after start: Error: no such table/,
      '3',
    ],
    [
      'out of memory',
      {exit: 137, reason: 'OutOfMemoryError: killed'},
      'out-of-memory',
      /more memory than it may/,
      '137',
    ],
    [
      'image missing',
      {ran: -1, stopCode: 'TaskFailedToStart', stoppedReason: 'CannotPullContainerError: manifest unknown'},
      'image-not-found',
      /cannot pull its image/,
      '',
    ],
    [
      'secret missing',
      {
        ran: -1,
        stopCode: 'TaskFailedToStart',
        stoppedReason: 'ResourceInitializationError: unable to pull secrets: ResourceNotFoundException',
      },
      'secret-unreadable',
      /does not exist/,
      '',
    ],
    [
      'stopped by a person',
      {exit: 143, stopCode: 'UserInitiated', stoppedReason: 'Task stopped by user'},
      'cancelled',
      /somebody stopped the task: Task stopped by user/,
      '143',
    ],
  ])('%s', async (_name, end, reason, cause, code) => {
    const {world, failure} = await runTask(history(end, {logs: {'api/t1aa': ['start', 'Error: no such table']}}))
    expect(failure?.diagnosis.reason).toBe(reason)
    expect(failure?.diagnosis.cause).toMatch(cause)
    expect(world.outputsSet).toMatchObject({status: 'failed', 'failure-reason': reason, 'exit-code': code})
    expect(world.annotations.filter((text) => text.startsWith('error'))).toHaveLength(1)
  })

  test('the named container decides, whatever the others do', async () => {
    const containers = [
      {name: 'api', exit: 0},
      {name: 'proxy', exit: 9},
    ]
    const {failure} = await runTask(history({containers}), {'container-name': 'api'})
    expect(failure).toBeUndefined()
  })

  test('a task that never ends is stopped when the time is up', async () => {
    const forever = history({}, {frames: [{at: 0, tasks: [{id: 't1aa', status: 'RUNNING'}]}]})
    const {world, ecs, failure, seconds} = await runTask(forever, {'wait-for-minutes': '2'})
    expect(failure?.status).toBe('timed-out')
    expect(failure?.diagnosis.cause).toMatch(/not finished after 2 min 0 s: task t1aa is RUNNING/)
    expect(ecs.inputsOf('StopTask')).toHaveLength(1)
    expect(world.logged()).toMatch(/still waiting: task t1aa running/)
    expect(seconds).toBeLessThan(130)
  })

  test('on-timeout keep leaves it running', async () => {
    const forever = history({}, {frames: [{at: 0, tasks: [{id: 't1aa', status: 'RUNNING'}]}]})
    const {ecs, failure} = await runTask(forever, {'wait-for-minutes': '1', 'on-timeout': 'keep'})
    expect(failure?.diagnosis.undo).toMatch(/left running/)
    expect(ecs.inputsOf('StopTask')).toHaveLength(0)
  })
})

test('any container can be overridden for one run, with all that RunTask takes', async () => {
  const containers = ['api', 'proxy'].map((name) => ({name, image: `docker.io/acme/${name}:1`}))
  const env = {
    GITHUB_WORKSPACE: checkoutWith({
      'td.json': JSON.stringify({family: 'streaming-api', containerDefinitions: containers}),
    }),
  }
  const inputs = {
    ...usual,
    'task-definition': './td.json',
    'container-name': 'api',
    'container-overrides': '- {name: proxy, command: ["--quiet"], cpu: 128, memoryReservation: 64}',
  }
  const {ecs, failure} = await runAgainst(run, history({exit: 0}), inputs, undefined, env)
  expect(failure).toBeUndefined()
  expect(ecs.inputsOf('RunTask')[0]).toMatchObject({
    overrides: {
      containerOverrides: [
        {name: 'api', command: ['node', 'src/migrate.js']},
        {name: 'proxy', command: ['--quiet'], cpu: 128, memoryReservation: 64},
      ],
    },
  })
})

describe('roles', () => {
  const TASK = 'arn:aws:iam::111122223333:role/migrations'
  const EXECUTION = 'arn:aws:iam::111122223333:role/migrations-execution'

  test('are for this one run: no revision is made for them', async () => {
    const {ecs} = await runTask(history({exit: 0}), {'task-role-arn': TASK, 'execution-role-arn': EXECUTION})
    expect(ecs.inputsOf('RegisterTaskDefinition')).toEqual([])
    expect(ecs.inputsOf('RunTask')[0]).toMatchObject({
      taskDefinition: expect.stringMatching(/streaming-api:41$/) as string,
      overrides: {taskRoleArn: TASK, executionRoleArn: EXECUTION, containerOverrides: [{name: 'api'}]},
    })
  })

  test('that the task definition has already are not said again', async () => {
    const role = 'arn:aws:iam::111122223333:role/streaming-api-execution'
    const {ecs} = await runTask(history({exit: 0}), {'execution-role-arn': role})
    expect(ecs.inputsOf('RunTask')[0]?.['overrides']).toEqual({
      containerOverrides: [{name: 'api', command: ['node', 'src/migrate.js']}],
    })
  })

  test('a file that names no execution role is registered with it, as ECS refuses it without', async () => {
    const image =
      '111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api@sha256:51ab000000000000000000000000000000000000000000000000000000000000'
    const file = {
      family: 'migrations',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      containerDefinitions: [{name: 'api', image}],
    }
    const env = {GITHUB_WORKSPACE: checkoutWith({'td.json': JSON.stringify(file)})}
    const inputs = {...usual, 'task-definition': './td.json', 'execution-role-arn': EXECUTION, 'task-role-arn': TASK}
    const {ecs, failure} = await runAgainst(run, history({exit: 0}), inputs, undefined, env)
    expect(failure).toBeUndefined()
    expect(ecs.inputsOf('RegisterTaskDefinition')[0]).toMatchObject({executionRoleArn: EXECUTION})
    expect(ecs.inputsOf('RegisterTaskDefinition')[0]).not.toHaveProperty('taskRoleArn')
    expect(ecs.inputsOf('RunTask')[0]?.['overrides']).toMatchObject({taskRoleArn: TASK})
    expect(ecs.inputsOf('RunTask')[0]?.['overrides']).not.toHaveProperty('executionRoleArn')
  })
})

describe('RunTask itself refuses', () => {
  test.each([
    ['InvalidParameterException', 'rejected'],
    ['AccessDeniedException', 'access-denied'],
  ])('%s', async (error, reason) => {
    const {failure} = await runTask({before: {errors: {RunTask: error}}})
    expect(failure?.diagnosis.reason).toBe(reason)
  })
})

describe('mistakes start nothing', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    ['no task definition', {'from-service': ''}, /"task-definition" is required/],
    ['no network', {'from-service': '', 'task-definition': 'streaming-api'}, /needs a network/],
    ['a container that is not there', {'container-name': 'apo'}, /did you mean "api"/],
    ['a service that is not there', {'from-service': 'APIServise'}, /Input "from-service" is "APIServise"/],
    ['an open quote', {command: `sh -c 'x`}, /quote that is never closed/],
    [
      'two ways to launch',
      {'launch-type': 'FARGATE', 'capacity-provider-strategy': 'FARGATE=1'},
      /only one of the inputs/,
    ],
    ['a strategy that is none', {'capacity-provider-strategy': 'FARGATE=much'}, /FARGATE=weight/],
    ['count', {count: '0'}, /whole number from 1 to 10/],
    ['overrides that are no list', {'container-overrides': 'name: api'}, /"container-overrides" is no list/],
    ['an override of no container', {'container-overrides': '[{cpu: 1}]'}, /an entry without a "name" \(the 1\. one\)/],
    ['an override of another container', {'container-overrides': '[{name: apo}]'}, /did you mean "api"/],
    [
      'an override that RunTask does not know',
      {command: '', 'container-overrides': '[{name: api, comand: [a]}]'},
      /"comand".*"command"/,
    ],
    [
      'an override of another kind',
      {command: '', 'container-overrides': '[{name: api, cpu: "1"}]'},
      /cpu is "1", and ECS takes a number/,
    ],
    ['one container overridden twice', {'container-overrides': '[{name: api, cpu: 1}]'}, /"api" is overridden twice/],
    ['overrides that are no YAML', {'container-overrides': '[{'}, /"container-overrides" is neither JSON nor YAML/],
  ])('%s', async (_name, inputs, sentence) => {
    const {ecs, failure} = await runTask({}, inputs)
    expect(failure?.diagnosis.reason).toBe('invalid-input')
    expect(failure?.diagnosis.cause).toMatch(sentence)
    expect(ecs.calls.filter(({operation}) => /^(Run|Register|Stop)/.test(operation))).toEqual([])
  })
})

describe('cancelled on the way', () => {
  const forever = history({}, {frames: [{at: 0, tasks: [{id: 't1aa', status: 'RUNNING'}]}]})

  test('is never green, and the post step stops the task', async () => {
    const {world, failure} = await runAgainst(run, forever, usual, (made) => {
      made.clock.at(10_000, () => {
        made.stop(new CancelledError())
      })
    })
    expect(failure?.status).toBe('cancelled')
    expect(world.stateSaved['settled']).toBeUndefined()
    const env = {STATE_memory: world.stateSaved['memory'] ?? ''}
    const post = await runAgainst(afterCancel, forever, {}, undefined, env)
    expect(post.ecs.inputsOf('StopTask')).toEqual([
      expect.objectContaining({
        task: expect.stringMatching(/t1aa$/) as string,
        reason: 'The workflow run was cancelled.',
      }),
    ])
  })

  test('a task that the runner has no room to note is followed to its end all the same, and its name is told', async () => {
    const {world, ecs, failure} = await runAgainst(run, history({exit: 0}), usual, (made) => {
      const {saveState} = made.outputs
      Object.assign(made.outputs, {
        saveState: (name: string, value: string) => {
          const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {code: 'ENOSPC'})
          if (value.includes('t1aa')) throw full
          saveState(name, value)
        },
      })
    })
    expect(failure).toBeUndefined()
    expect(world.outputsSet['status']).toBe('succeeded')
    expect(world.annotations.join()).toMatch(/post step could not be told of task t1aa \(the runner: its disk is full/)
    expect(ecs.inputsOf('StopTask')).toEqual([])
  })

  test('a task that failed was told as "the runner is not in order" where outputs could not be written', async () => {
    const {world, failure} = await runAgainst(run, history({exit: 1}), usual, (made) => {
      const full = (): never => {
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), {code: 'ENOSPC'})
      }
      const {saveState} = made.outputs
      Object.assign(made.outputs, {
        set: full,
        saveState: (name: string, value: string) => {
          if (name === 'settled') full()
          saveState(name, value)
        },
      })
    })
    expect(world.annotations.join()).toMatch(/outputs of this step could not be written: its disk is full/)
    expect(failure?.diagnosis.cause).toMatch(/exits with code 1/)
  })

  test('a post step after a main step that ended by itself does nothing', async () => {
    const {ecs} = await runAgainst(afterCancel, forever, {}, undefined, {STATE_memory: '{}', STATE_settled: 'true'})
    expect(ecs.calls).toEqual([])
  })
})
