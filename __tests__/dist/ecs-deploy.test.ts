import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {systemClock} from '../../actions/shared/core/clock.ts'
import {scriptedEcs} from '../support/scripted-ecs.ts'
import type {ScriptedEcs} from '../support/scripted-ecs.ts'
import type {History} from '../support/scripted-ecs-state.ts'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionCall, ActionResult} from '../support/spawn-action.ts'

const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'AKIATEST',
  AWS_SECRET_ACCESS_KEY: 'very-secret-key',
  AWS_REGION: 'eu-central-1',
}
const IMAGE =
  '111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api@sha256:51ab000000000000000000000000000000000000000000000000000000000000'
const usual = {cluster: 'StreamingCluster', service: 'APIService', 'task-definition': 'service', image: IMAGE}

const good: History = {
  frames: [
    {at: 0, ours: {pending: 2}, old: {running: 2}},
    {at: 2, ours: {running: 2, pending: 0, rollout: 'COMPLETED'}, old: {gone: true}},
  ],
}
const crash: History = {
  frames: [
    {at: 0, ours: {pending: 2}, old: {running: 2}},
    {
      at: 1,
      ours: {failed: 2},
      tasks: [
        {id: 't1aa', status: 'STOPPED', exit: 3},
        {id: 't2bb', status: 'STOPPED', exit: 3},
      ],
    },
  ],
  undo: [
    {at: 0, primary: 'old', ours: {gone: true}, old: {running: 1, rollout: 'IN_PROGRESS', gone: false}},
    {at: 2, old: {running: 2, rollout: 'COMPLETED'}},
  ],
  logs: {'api/t2bb': ['{"level":"fatal","msg":"DATABASE_URL is not set"}'], 'api/t1aa': ['x']},
}
const slow: History = {frames: [{at: 0, ours: {pending: 2}, old: {running: 2}}]}

async function against(history: History, call: ActionCall): Promise<{result: ActionResult; ecs: ScriptedEcs}> {
  const ecs = await scriptedEcs(history, systemClock)
  try {
    const env = {...CREDENTIALS, AWS_ENDPOINT_URL: ecs.endpoint, ...call.env}
    const result = await spawnAction('ecs-deploy', {...call, inputs: {...usual, ...call.inputs}, env})
    return {result, ecs}
  } finally {
    await ecs.close()
  }
}

test('a good deploy is green, and its completion is seen within two seconds', async () => {
  const {result, ecs} = await against(good, {})
  expect([result.code, result.outputs['status']]).toEqual([0, 'succeeded'])
  const [update] = ecs.inputsOf('UpdateService')
  expect(update).toEqual({
    cluster: 'StreamingCluster',
    service: 'APIService',
    taskDefinition: expect.stringMatching(/streaming-api:42$/) as string,
  })
  const changed = ecs.calls.find(({operation}) => operation === 'UpdateService')?.at ?? 0
  const last = ecs.calls.at(-1)?.at ?? 0
  expect(last - changed).toBeLessThan(2000 + 2500)
  expect(JSON.parse(result.outputs['receipt'] ?? '{}')).toMatchObject({stage: 'ecs', status: 'succeeded'})
  expect(result.visible).not.toContain('postgres://secret')
}, 30_000)

test('a crash is red within ten seconds of the second stop, with its cause everywhere', async () => {
  const {result, ecs} = await against(crash, {inputs: {'remove-environment-variables': 'DATABASE_URL'}})
  expect([result.code, result.outputs['status'], result.outputs['failure-reason']]).toEqual([
    1,
    'rolled-back',
    'container-exited',
  ])
  expect(result.errors).toEqual([
    expect.stringMatching(
      /^APIService: container "api" exits with code 3 right after start: DATABASE_URL is not set \(2 of 2 tasks\)\. APIService is back on streaming-api:41, 2\/2 running/,
    ),
  ])
  const [changed, undone] = ecs.calls.filter(({operation}) => operation === 'UpdateService').map(({at}) => at)
  expect((undone ?? 0) - (changed ?? 0)).toBeLessThan(1000 + 10_000)
  expect(result.summary).toMatch(/APIService was not updated · rolled back/)
  expect(result.summary).toMatch(/\| t2bb \|/)
  expect(result.visible).not.toContain('postgres://secret')
}, 60_000)

test('CodeDeploy: the built action finds the group, makes the AppSpec, and stops the deployment when its tasks crash', async () => {
  const history: History = {
    service: {controller: 'CODE_DEPLOY', balancer: {containerName: 'api', containerPort: 3000}},
    frames: [
      {at: 0, old: {running: 2}},
      {at: 1, ours: {pending: 1}, tasks: crash.frames?.[1]?.tasks ?? []},
    ],
    undo: [
      {at: 0, codeDeploy: {status: 'Stopped', back: 'InProgress'}},
      {at: 2, ours: {gone: true}, codeDeploy: {back: 'Succeeded'}},
    ],
    logs: crash.logs ?? {},
  }
  const {result, ecs} = await against(history, {})
  expect([result.code, result.outputs['status'], result.outputs['codedeploy-deployment-id']]).toEqual([
    1,
    'rolled-back',
    'd-NEW',
  ])
  expect(result.errors).toEqual([expect.stringMatching(/exits with code 3 .*APIService is back on streaming-api:41/)])
  const [order] = ecs.inputsOf('CreateDeployment')
  const {revision} = order as unknown as {revision: {appSpecContent: {content: string}}}
  expect(JSON.parse(revision.appSpecContent.content)).toMatchObject({
    Resources: [
      {
        TargetService: {
          Properties: {
            TaskDefinition: result.outputs['task-definition-arn'],
            LoadBalancerInfo: {ContainerName: 'api', ContainerPort: 3000},
          },
        },
      },
    ],
  })
  expect(ecs.inputsOf('StopDeployment')).toEqual([{deploymentId: 'd-NEW', autoRollbackEnabled: true}])
  expect(ecs.inputsOf('UpdateService')).toEqual([])
}, 60_000)

test('interrupted on the way: never green, and the post step brings back what ran', async () => {
  const {result} = await against(slow, {
    onOutput: (text, child) => {
      if (text.includes('0/2 running')) child.kill('SIGINT')
    },
  })
  expect([result.code, result.outputs['status']]).toEqual([1, 'cancelled'])
  const post = await against({undo: crash.undo ?? [], before: {}}, {entry: 'post', state: result.state})
  expect(post.result.code).toBe(0)
  expect(post.result.log).toMatch(/runs streaming-api:41 as before/)
}, 60_000)

test.each<[string, Record<string, string>, RegExp]>([
  ['a missing service', {service: ''}, /Input "service" is required/],
  ['an unknown value', {'on-failure': 'maybe'}, /Input "on-failure" is "maybe": use rollback or keep/],
  ['a file that is not there', {'task-definition': './nothing.json'}, /there is no such file/],
  ['a service that is not there', {service: 'APIServise'}, /did you mean "APIService"/],
  [
    'an image whose output was empty',
    {'container-name': 'api', image: ''},
    /Input "image" is empty, and "container-name" is "api".* Is the output set/,
  ],
  ['an image whose digest was empty', {image: 'r.example.com/a@'}, /the digest behind it is empty/],
])(
  '%s: one sentence, nothing changed',
  async (_name, inputs, sentence) => {
    const {result, ecs} = await against({}, {inputs})
    expect([result.code, result.outputs['failure-reason']]).toEqual([1, 'invalid-input'])
    expect(result.errors).toEqual([expect.stringMatching(sentence)])
    expect(ecs.calls.filter(({operation}) => /^(Register|Update)/.test(operation))).toEqual([])
  },
  30_000,
)

test('a misspelt key in the file is named with the right one, before anything is registered', async () => {
  const files = {
    'task-definition.json': JSON.stringify({
      family: 'x',
      containerDefinitions: [{name: 'api', image: 'a', comand: ['x']}],
    }),
  }
  const {result, ecs} = await against({}, {files, inputs: {'task-definition': 'task-definition.json', image: ''}})
  expect(result.errors).toEqual([
    'task-definition.json: unknown key "comand" in containerDefinitions[0]: did you mean "command"?',
  ])
  expect(ecs.inputsOf('RegisterTaskDefinition')).toEqual([])
})

test.each([
  ['what PowerShell writes by >', Buffer.from('\uFEFF{}', 'utf16le'), /is written in UTF-16: save it as UTF-8/],
  ['nothing', Buffer.from('\n'), /names the file "\.\/td\.json", which is empty/],
  ['a comment first', Buffer.from('// ours\n{"family": "x"}'), /starts with a comment, which JSON does not have/],
])('a task definition that is %s: said so', async (_name, bytes, sentence) => {
  const workspace = mkdtempSync(join(tmpdir(), 'slipway-checkout-'))
  writeFileSync(join(workspace, 'td.json'), bytes)
  const {result} = await against({}, {workspace, inputs: {'task-definition': './td.json'}})
  rmSync(workspace, {recursive: true})
  expect(result.errors).toEqual([expect.stringMatching(sentence)])
})

test('a task definition from Windows, with line ends and a mark of its own, is read as any other', async () => {
  const definition = {family: 'x', networkMode: 'awsvpc', containerDefinitions: [{name: 'api', image: 'a', memory: 64}]}
  const text = `\uFEFF${JSON.stringify(definition, null, 2).replaceAll('\n', '\r\n')}`
  const inputs = {mode: 'plan', 'task-definition': './td.json'}
  const run = async (file: string): Promise<Awaited<ReturnType<typeof against>>['result']> =>
    (await against({}, {files: {'td.json': file}, inputs})).result
  const [windows, plain] = [await run(text), await run(JSON.stringify(definition))]
  expect([windows.errors, windows.code]).toEqual([[], 0])
  expect(windows.log).toContain('api: image')
  expect(windows.outputs['preview']).toBe(plain.outputs['preview'])
})

test('without a region: one sentence, no call', async () => {
  const {result, ecs} = await against({}, {env: {AWS_REGION: ''}})
  expect(result.errors).toEqual([expect.stringMatching(/No AWS region is set/)])
  expect(ecs.calls).toEqual([])
})
