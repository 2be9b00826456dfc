import {afterCancel} from '../../../actions/ecs-deploy/src/after-cancel.ts'
import {deploy as run} from '../../support/ecs-actions.ts'
import {CancelledError} from '../../../actions/shared/core/errors.ts'
import {checkoutWith} from '../../support/checkout.ts'
import {GROUP} from '../../support/scripted-elb.ts'
import {runAgainst} from '../../support/ecs-run.ts'
import type {EcsRun} from '../../support/ecs-run.ts'
import type {History} from '../../support/scripted-ecs-state.ts'
import type {FakeWorld} from '../../support/world.ts'

const service = {
  desiredCount: 2,
  launchType: 'FARGATE',
  networkConfiguration: {awsvpcConfiguration: {subnets: ['subnet-1', 'subnet-2'], securityGroups: ['sg-1']}},
}
const definition = {
  family: 'streaming-api',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  containerDefinitions: [{name: 'api', image: 'public.ecr.aws/nginx/nginx:1.29', portMappings: [{containerPort: 80}]}],
}
const good: History = {
  frames: [
    {at: 0, ours: {pending: 2}},
    {at: 6, ours: {running: 2, pending: 0, rollout: 'COMPLETED'}},
  ],
}
const crash: History = {
  frames: [
    {at: 0, ours: {pending: 2}},
    {at: 4, ours: {failed: 2}, tasks: ['t1', 't2'].map((id) => ({id, status: 'STOPPED', exit: 3}))},
  ],
  logs: {'api/t2': ['cannot reach the database']},
}

interface Files {
  readonly service?: unknown
  readonly definition?: unknown
}

const deploy = (
  history: History,
  inputs: Readonly<Record<string, string>> = {},
  files: Files = {},
  during?: (world: FakeWorld) => void,
): Promise<EcsRun> =>
  runAgainst(
    run,
    history,
    {
      cluster: 'StreamingCluster',
      service: 'NewService',
      'task-definition': './td.json',
      'create-service': './service.yml',
      ...inputs,
    },
    during,
    {
      GITHUB_WORKSPACE: checkoutWith({
        'td.json': JSON.stringify(files.definition ?? definition),
        'service.yml': typeof files.service === 'string' ? files.service : JSON.stringify(files.service ?? service),
      }),
    },
  )

/** The operations that change something, in order. */
function changes({ecs}: EcsRun): string[] {
  return ecs.calls.map(({operation}) => operation).filter((name) => /^(Register|Create|Update|Delete)/.test(name))
}

describe('a missing service', () => {
  test('is made with the rendered revision and watched as a first deployment', async () => {
    const seen = await deploy(good, {'environment-variables': 'A=1'})
    expect(seen.failure).toBeUndefined()
    expect(changes(seen)).toEqual(['RegisterTaskDefinition', 'CreateService'])
    const {clientToken, ...sent} = seen.ecs.inputsOf('CreateService')[0] ?? {}
    expect(sent).toEqual({
      ...service,
      cluster: 'StreamingCluster',
      serviceName: 'NewService',
      taskDefinition: expect.stringMatching(/task-definition\/streaming-api:42$/) as string,
    })
    expect(clientToken).toMatch(/^[0-9a-f-]{36}$/)
    expect(seen.world.outputsSet).toMatchObject({status: 'succeeded', 'previous-task-definition-arn': ''})
    expect(seen.world.logged()).toMatch(/NewService {2}\(does not exist yet\)/)
    expect(seen.world.logged()).toMatch(/created with 2 tasks on FARGATE, in 2 subnets/)
    expect(seen.world.logged()).toMatch(/✓ NewService runs it: streaming-api:42, 2\/2 running/)
  })

  test('was deleted a while ago and is still shown as INACTIVE: made again', async () => {
    const seen = await deploy({...good, inactive: true})
    expect(changes(seen)).toEqual(['RegisterTaskDefinition', 'CreateService'])
    expect(seen.world.outputsSet['status']).toBe('succeeded')
  })

  test('that is there by then is deployed to, and the file changes nothing in it', async () => {
    const old = {at: 0, ours: {pending: 2}, old: {running: 2}}
    const seen = await deploy(
      {frames: [old, {at: 6, ours: {running: 2, rollout: 'COMPLETED'}, old: {gone: true}}]},
      {
        service: 'APIService',
      },
    )
    expect(changes(seen)).toEqual(['RegisterTaskDefinition', 'UpdateService'])
    expect(Object.keys(seen.ecs.inputsOf('UpdateService')[0] ?? {}).sort()).toEqual([
      'cluster',
      'service',
      'taskDefinition',
    ])
  })

  test('takes what the inputs say instead of the file', async () => {
    const seen = await deploy(
      {frames: [{at: 0, ours: {running: 3, rollout: 'COMPLETED'}}]},
      {'desired-count': '3', 'enable-execute-command': 'true', 'propagate-tags': 'SERVICE'},
    )
    expect(seen.ecs.inputsOf('CreateService')[0]).toMatchObject({
      desiredCount: 3,
      enableExecuteCommand: true,
      propagateTags: 'SERVICE',
    })
  })

  test('is planned without a change', async () => {
    const seen = await deploy(good, {mode: 'plan'})
    expect(changes(seen)).toEqual([])
    expect(seen.world.outputsSet['status']).toBe('planned')
    expect(seen.world.outputsSet['diff']).toBe('created with 2 tasks on FARGATE, in 2 subnets')
  })

  test('beside one that is there: one is made, the other is updated', async () => {
    const seen = await deploy(
      {frames: [{at: 0, ours: {running: 2, rollout: 'COMPLETED'}, old: {gone: true}}]},
      {service: 'APIService, NewService'},
    )
    expect(seen.failure).toBeUndefined()
    expect(changes(seen).sort()).toEqual(['CreateService', 'RegisterTaskDefinition', 'UpdateService'])
  })

  test('an answer that is lost on the way makes no second service', async () => {
    const seen = await deploy({...good, lost: ['CreateService']})
    const tokens = seen.ecs.inputsOf('CreateService').map(({clientToken}) => clientToken)
    expect(tokens).toHaveLength(2)
    expect(new Set(tokens).size).toBe(1)
    expect(seen.world.outputsSet['status']).toBe('succeeded')
  })

  test('ECS does not show it in the first seconds: that is no deletion', async () => {
    const seen = await deploy({
      frames: [
        {at: 0, missing: true},
        {at: 5, missing: false, ours: {running: 2, rollout: 'COMPLETED'}},
      ],
    })
    expect(seen.world.outputsSet['status']).toBe('succeeded')
    expect(seen.world.logged()).toMatch(/ECS does not show the service yet/)
  })
})

describe('a first deployment that fails', () => {
  test('says why, and the service is removed again: as before', async () => {
    const seen = await deploy(crash)
    expect(seen.world.outputsSet).toMatchObject({status: 'rolled-back', 'failure-reason': 'container-exited'})
    expect(seen.failure?.diagnosis.cause).toMatch(/exits with code 3/)
    expect(seen.failure?.diagnosis.undo).toMatch(/^NewService, which did not exist before, is removed again, after \d/)
    expect(seen.ecs.inputsOf('DeleteService')).toEqual([
      {cluster: 'StreamingCluster', service: 'NewService', force: true},
    ])
  })

  test('stays as it is with on-failure: keep', async () => {
    const seen = await deploy(crash, {'on-failure': 'keep'})
    expect(changes(seen)).toEqual(['RegisterTaskDefinition', 'CreateService'])
    expect(seen.failure?.diagnosis.undo).toMatch(/left on streaming-api:42 \(on-failure: keep\)/)
  })

  test('is scaled to zero where the job may not delete it', async () => {
    const frames = (crash.frames ?? []).map((frame) => ({...frame, errors: {DeleteService: 'AccessDeniedException'}}))
    const seen = await deploy({...crash, frames})
    expect(seen.failure?.diagnosis.undo).toMatch(
      /scaled to zero and left: this job may not remove it \(ecs:DeleteService\)/,
    )
    expect(seen.ecs.inputsOf('UpdateService')).toEqual([
      {cluster: 'StreamingCluster', service: 'NewService', desiredCount: 0},
    ])
    expect(seen.world.outputsSet['status']).toBe('failed')
  })

  test('ECS refuses to make it: what was left is said', async () => {
    const seen = await deploy({...good, createRefused: 'The subnet ID subnet-1 does not exist.'})
    expect(seen.failure?.diagnosis).toMatchObject({
      reason: 'rejected',
      cause: 'ECS refuses to create the service: The subnet ID subnet-1 does not exist',
      undo: 'NewService was not made; streaming-api:42 was registered',
    })
    expect(changes(seen)).toEqual(['RegisterTaskDefinition', 'CreateService'])
  })

  test('cancelled on the way: the post step removes what this run has made, and nothing of others', async () => {
    const {world} = await deploy({frames: [{at: 0, ours: {pending: 2}}]}, {}, {}, ({clock, stop}) => {
      clock.at(5000, () => {
        stop(new CancelledError())
      })
    })
    const state = {STATE_memory: world.stateSaved['memory'] ?? ''}
    expect(state.STATE_memory).toContain('"created":true')
    const none = await runAgainst(afterCancel, {}, {}, undefined, state)
    expect(none.world.annotations.join()).toMatch(/NewService does not exist, as before/)
    expect(none.ecs.inputsOf('DeleteService')).toEqual([])
    const others = {STATE_memory: state.STATE_memory.replace('"NewService"', '"APIService"')}
    const left = await runAgainst(afterCancel, {}, {}, undefined, others)
    expect(left.world.annotations.join()).toMatch(/APIService runs streaming-api:41 by now and was left as it is/)
    expect(left.ecs.inputsOf('DeleteService')).toEqual([])
  })
})

describe('a mistake in the file: one sentence, nothing changed', () => {
  const countless = {...service, desiredCount: undefined}
  const without = {launchType: 'FARGATE', desiredCount: 2}
  test.each<[string, unknown, RegExp]>([
    ['no YAML', 'a: [', /service\.yml is neither JSON nor YAML/],
    ['no object', '- a', /does not hold a service/],
    ['a misspelt key', {...service, desiredcount: 2}, /unknown key "desiredcount": did you mean "desiredCount"/],
    [
      'a key of a part',
      {...service, networkConfiguration: {awsvpcConfiguration: {subnet: ['a']}}},
      /unknown key "subnet" in networkConfiguration\.awsvpcConfiguration: did you mean "subnets"/,
    ],
    ['a text for a number', {...service, desiredCount: 'two'}, /desiredCount is "two", and ECS takes a number/],
    [
      'another name',
      {...service, serviceName: 'OtherService'},
      /"serviceName" is "OtherService", and the input "service" is "NewService"/,
    ],
    ['another cluster', {...service, cluster: 'Other'}, /"cluster" is "Other"/],
    ['an unknown launch type', {...service, launchType: 'fargate'}, /"launchType" is "fargate": use EC2, FARGATE/],
    [
      'both ways to run',
      {...service, capacityProviderStrategy: [{capacityProvider: 'FARGATE_SPOT'}]},
      /exclude each other/,
    ],
    ['no count', countless, /does not say how many tasks "NewService" is to run: add "desiredCount"/],
    ['no subnets', without, /awsvpc of the task definition needs "networkConfiguration\.awsvpcConfiguration\.subnets"/],
    ['another controller', {...service, deploymentController: {type: 'EXTERNAL'}}, /controller is EXTERNAL/],
    ['a daemon on Fargate', {...service, schedulingStrategy: 'DAEMON'}, /Fargate runs no DAEMON service/],
    [
      'a grace period for nothing',
      {...service, healthCheckGracePeriodSeconds: 30},
      /is for a service with "loadBalancers"/,
    ],
    ['another family', {...service, taskDefinition: 'worker:3'}, /"taskDefinition" is of the family "worker"/],
    [
      'a container that is not there',
      {
        ...service,
        loadBalancers: [
          {
            targetGroupArn: 'arn:aws:elasticloadbalancing:x:1:targetgroup/api/1',
            containerName: 'web',
            containerPort: 80,
          },
        ],
      },
      /sends its requests to container "web", which the task definition does not have/,
    ],
    [
      'a port that is not there',
      {
        ...service,
        loadBalancers: [
          {
            targetGroupArn: 'arn:aws:elasticloadbalancing:x:1:targetgroup/api/1',
            containerName: 'api',
            containerPort: 8080,
          },
        ],
      },
      /port 8080 of container "api", which maps 80/,
    ],
  ])('%s', async (_name, file, sentence) => {
    const seen = await deploy(good, {}, {service: file})
    expect(seen.world.outputsSet['failure-reason']).toBe('invalid-input')
    expect(seen.failure?.diagnosis.cause).toMatch(sentence)
    expect(changes(seen)).toEqual([])
  })

  const behind = (targetGroupArn: string): object => ({
    ...service,
    loadBalancers: [{targetGroupArn, containerName: 'api', containerPort: 80}],
  })

  test('a target group that is not there', async () => {
    const arn = 'arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/gone/2'
    const seen = await deploy(good, {}, {service: behind(arn)})
    expect(seen.failure?.diagnosis.cause).toMatch(/behind the target group arn:.*gone\/2, which does not exist/)
    expect(changes(seen)).toEqual([])
  })

  test('a target group that takes instances', async () => {
    const seen = await deploy({...good, targetType: 'instance'}, {}, {service: behind(GROUP)})
    expect(seen.failure?.diagnosis.cause).toMatch(/"api" .* takes targets of the kind "instance", .* target type ip/)
    expect(changes(seen)).toEqual([])
  })

  test('a target group that may not be looked at is no mistake', async () => {
    const seen = await deploy(
      {...good, before: {errors: {DescribeTargetGroups: 'AccessDenied'}}},
      {},
      {service: behind(GROUP)},
    )
    expect(seen.world.outputsSet['status']).toBe('succeeded')
    expect(seen.world.logged()).toMatch(/target group .* was not checked: this job may not look/)
  })

  test('no file', async () => {
    const seen = await deploy(good, {'create-service': './nothing.yml'})
    expect(seen.failure?.diagnosis.cause).toMatch(/Input "create-service" names the file "\.\/nothing\.yml"/)
    expect(changes(seen)).toEqual([])
  })

  test('what the service runs now cannot be deployed to one that is not there', async () => {
    const seen = await deploy(good, {'task-definition': 'service'})
    expect(seen.failure?.diagnosis.cause).toMatch(/service "NewService" does not exist yet: give a file/)
    expect(changes(seen)).toEqual([])
  })

  test('a missing service without create-service is an error that names the way', async () => {
    const seen = await deploy(good, {'create-service': ''})
    expect(seen.failure?.diagnosis.cause).toMatch(/"NewService", which does not exist .*create-service/)
    expect(changes(seen)).toEqual([])
  })
})

test('one that was made and one that was there fail: neither waits for the other on the way back', async () => {
  const {ecs, failure} = await deploy(crash, {service: 'APIService, NewService'})
  expect(failure?.diagnosis.undo).toMatch(/APIService is back on streaming-api:41/)
  expect(failure?.diagnosis.undo).toMatch(/NewService, which did not exist before, is removed again/)
  const deleted = ecs.calls.findIndex(({operation}) => operation === 'DeleteService')
  const [started] = ecs.calls.slice(deleted)
  const looks = ecs.calls.filter(
    ({operation, input, at}) =>
      operation === 'DescribeServices' && String(input['services']) === 'APIService' && at >= (started?.at ?? Infinity),
  )
  expect((looks[0]?.at ?? Infinity) - (started?.at ?? 0)).toBeLessThan(2000)
})
