import {ECSClient} from '@aws-sdk/client-ecs'
import {afterCancel} from '../../../actions/ecs-deploy/src/after-cancel.ts'
import {deploy as run} from '../../support/ecs-actions.ts'
import {CancelledError} from '../../../actions/shared/core/errors.ts'
import {CodeDeploy} from '../../../actions/shared/ecs/code-deploy.ts'
import {checkoutWith} from '../../support/checkout.ts'
import {runAgainst} from '../../support/ecs-run.ts'
import {scriptedEcs} from '../../support/scripted-ecs.ts'
import {fakeClock} from '../../support/world.ts'
import type {History} from '../../support/scripted-ecs-state.ts'

const IMAGE =
  '111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api@sha256:51ab000000000000000000000000000000000000000000000000000000000000'
const usual = {cluster: 'StreamingCluster', service: 'APIService', 'task-definition': 'service', image: IMAGE}
const service = {controller: 'CODE_DEPLOY', balancer: {containerName: 'api', containerPort: 3000}}
const good: History = {
  service,
  frames: [
    {at: 0, old: {running: 2}, ours: {running: 2}},
    {at: 4, primary: 'ours', old: {gone: true}, codeDeploy: {status: 'Succeeded'}},
  ],
}

/** The checkout of a job, with one file in it. */
const checkout = (name: string, content: string): Record<string, string> => ({
  GITHUB_WORKSPACE: checkoutWith({[name]: content}),
})

const APP_SPEC = `
version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        taskDefinition: "<TASK_DEFINITION>"
        LoadBalancerInfo: {ContainerName: api, ContainerPort: 3000}
Hooks:
  - AfterAllowTestTraffic: smoke-test
`

function appSpecOf(ecs: Awaited<ReturnType<typeof runAgainst>>['ecs']): unknown {
  const [order] = ecs.inputsOf('CreateDeployment')
  const {content} = (order?.['revision'] as {appSpecContent: {content: string}}).appSpecContent
  return JSON.parse(content)
}

test.each([
  ['appspec.yaml in the checkout', 'appspec.yaml', {}],
  ['the file of codedeploy-appspec', 'spec.yml', {'codedeploy-appspec': 'spec.yml'}],
])('%s keeps its hooks, and gets the new revision under its own key', async (_name, file, inputs) => {
  const {ecs, failure} = await runAgainst(run, good, {...usual, ...inputs}, undefined, checkout(file, APP_SPEC))
  expect(failure).toBeUndefined()
  expect(appSpecOf(ecs)).toEqual({
    version: 0,
    Resources: [
      {
        TargetService: {
          Type: 'AWS::ECS::Service',
          Properties: {
            taskDefinition: expect.stringMatching(/streaming-api:42$/) as string,
            LoadBalancerInfo: {ContainerName: 'api', ContainerPort: 3000},
          },
        },
      },
    ],
    Hooks: [{AfterAllowTestTraffic: 'smoke-test'}],
  })
})

test('only what the user set is sent to CodeDeploy', async () => {
  const plain = await runAgainst(run, good, usual)
  expect(Object.keys(plain.ecs.inputsOf('CreateDeployment')[0] ?? {}).sort()).toEqual([
    'applicationName',
    'deploymentGroupName',
    'revision',
  ])
  const set = {
    'codedeploy-deployment-config': 'CodeDeployDefault.ECSAllAtOnce',
    'codedeploy-deployment-description': 'x',
  }
  const {ecs, world} = await runAgainst(run, good, {...usual, ...set})
  expect(ecs.inputsOf('CreateDeployment')[0]).toMatchObject({
    deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
    description: 'x',
  })
  expect(world.outputsSet['codedeploy-deployment-id']).toBe('d-NEW')
})

test('a new count goes to the service, the revision to CodeDeploy', async () => {
  const {ecs} = await runAgainst(run, good, {...usual, 'desired-count': '2', 'propagate-tags': 'SERVICE'})
  expect(ecs.inputsOf('UpdateService')).toEqual([
    {cluster: 'StreamingCluster', service: 'APIService', desiredCount: 2, propagateTags: 'SERVICE'},
  ])
  expect(ecs.inputsOf('CreateDeployment')).toHaveLength(1)
})

test('what runs already is not deployed again', async () => {
  const {ecs, world} = await runAgainst(run, {service}, {...usual, image: ''})
  expect(world.outputsSet['status']).toBe('unchanged')
  expect(ecs.inputsOf('CreateDeployment')).toEqual([])
})

test('cancelled on the way: the post step stops the deployment and waits until what ran before has the traffic', async () => {
  const slow: History = {service, frames: [{at: 0, old: {running: 2}}]}
  const {world} = await runAgainst(run, slow, usual, (made) => {
    made.clock.at(5000, () => {
      made.stop(new CancelledError())
    })
  })
  const back: History = {
    service,
    before: {codeDeploy: {status: 'InProgress'}},
    undo: [
      {at: 0, codeDeploy: {status: 'Stopped', back: 'InProgress'}},
      {at: 4, codeDeploy: {back: 'Succeeded'}},
    ],
    codeDeployGroup: {busy: true},
  }
  const post = await runAgainst(afterCancel, back, {}, undefined, {STATE_memory: world.stateSaved['memory'] ?? ''})
  expect(post.ecs.inputsOf('StopDeployment')).toEqual([{deploymentId: 'd-BUSY', autoRollbackEnabled: true}])
  expect(post.world.annotations[0]).toMatch(/APIService is back on streaming-api:41, 2\/2 running/)
})

test.each<[string, Record<string, string>, Record<string, string>, RegExp]>([
  ['a file that is not there', {'codedeploy-appspec': 'nothing.yml'}, {}, /"nothing.yml", which cannot be read/],
  [
    'a file without a service',
    {'codedeploy-appspec': 'spec.yml'},
    checkout('spec.yml', 'version: 0.0\nResources: []\n'),
    /no resource of type AWS::ECS::Service/,
  ],
  [
    'a group that is not there',
    {'codedeploy-application': 'streaming', 'codedeploy-deployment-group': 'apo'},
    {},
    /no deployment group "apo" in an application "streaming"/,
  ],
])('%s: nothing is registered', async (_name, inputs, env, sentence) => {
  const {ecs, failure} = await runAgainst(run, good, {...usual, ...inputs}, undefined, env)
  expect(failure?.diagnosis).toMatchObject({reason: 'invalid-input', cause: expect.stringMatching(sentence) as string})
  expect(ecs.calls.filter(({operation}) => /^(Register|Update|Create)/.test(operation))).toEqual([])
})

test('without leave to look at CodeDeploy: red at once, with the action that is missing', async () => {
  const denied: History = {service, before: {errors: {GetDeploymentGroup: 'AccessDeniedException'}}}
  const {failure, ecs} = await runAgainst(run, denied, usual)
  expect(failure?.diagnosis).toMatchObject({reason: 'access-denied', subject: 'codedeploy:GetDeploymentGroup'})
  expect(ecs.inputsOf('RegisterTaskDefinition')).toEqual([])
})

test('several deployments are asked about in one call, one in the call that needs no more leave than before', async () => {
  const ecs = await scriptedEcs(good, fakeClock())
  const env = {AWS_ENDPOINT_URL: ecs.endpoint}
  const credentials = {accessKeyId: 'AKIATEST', secretAccessKey: 'secret'}
  const client = new CodeDeploy(env, new ECSClient({region: 'eu-central-1', credentials}))
  try {
    expect([...(await client.deployments(['d-NEW', 'd-OLD'])).keys()]).toEqual(['d-NEW', 'd-OLD'])
    expect([...(await client.deployments(['d-NEW'])).keys()]).toEqual(['d-NEW'])
    expect((await client.deployments([])).size).toBe(0)
    expect(ecs.calls.map(({operation}) => operation)).toEqual(['BatchGetDeployments', 'GetDeployment'])
  } finally {
    await ecs.close()
  }
})
