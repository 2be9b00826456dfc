import {parse} from 'yaml'
import {systemClock} from '../../actions/shared/core/clock.ts'
import {scriptedEcs} from '../support/scripted-ecs.ts'
import {spawnAction} from '../support/spawn-action.ts'

// A workflow as its users have it today: render, then deploy.
const BEFORE = `
steps:
  - uses: actions/checkout@v4
  - id: render
    uses: aws-actions/amazon-ecs-render-task-definition@v1
    with:
      task-definition: task-definition.json
      container-name: api
      image: 111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api:v1.5.0
      environment-variables: |
        LOG_LEVEL=info
        JAVA_OPTS=-Da=b -Dc=d
      docker-labels: |
        traefik.rule=Host==example.org
      log-configuration-log-driver: awslogs
      log-configuration-options: |
        awslogs-group=/ecs/streaming-api
        awslogs-region=eu-central-1
        awslogs-stream-prefix=api
      secrets: |
        DATABASE_URL=arn:aws:ssm:eu-central-1:111122223333:parameter/streaming/url
      command: sh -c 'echo  hi there'
      task-role-arn: arn:aws:iam::111122223333:role/streaming-api-task
      execution-role-arn: arn:aws:iam::111122223333:role/streaming-api-execution
  - uses: aws-actions/amazon-ecs-deploy-task-definition@v2
    with:
      task-definition: \${{ steps.render.outputs.task-definition }}
      service: APIService
      cluster: StreamingCluster
      wait-for-service-stability: true
      wait-for-minutes: 5
      force-new-deployment: false
      desired-count: 2
      enable-ecs-managed-tags: true
      propagate-tags: SERVICE
`

interface Step {
  readonly uses: string
  readonly with?: Readonly<Record<string, string | number | boolean>>
}

/** What a user does to move over: the inputs of the render step go into the deploy step, whose `uses:` is changed. */
function movedOver(workflow: string): Readonly<Record<string, string>> {
  const {steps} = parse(workflow) as {readonly steps: readonly Step[]}
  const [render, deploy] = ['render', 'deploy'].map((name) =>
    steps.find(({uses}) => uses.includes(`amazon-ecs-${name}`)),
  )
  const inputs = {...deploy?.with, ...render?.with}
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)]))
}

const DEFINITION = {
  family: 'streaming-api',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  containerDefinitions: [
    {name: 'api', image: 'replaced', essential: true, portMappings: [{containerPort: 3000}]},
    {name: 'proxy', image: 'public.ecr.aws/nginx/nginx:1.29', essential: false},
  ],
}

test('a workflow of amazon-ecs-render and amazon-ecs-deploy works with another "uses:" and without the render step', async () => {
  const ecs = await scriptedEcs(
    {frames: [{at: 0, ours: {running: 2, rollout: 'COMPLETED'}, old: {gone: true}}]},
    systemClock,
  )
  const env = {
    AWS_ACCESS_KEY_ID: 'AKIATEST',
    AWS_SECRET_ACCESS_KEY: 'very-secret-key',
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL: ecs.endpoint,
  }
  try {
    const files = {'task-definition.json': JSON.stringify(DEFINITION)}
    const result = await spawnAction('ecs-deploy', {inputs: movedOver(BEFORE), files, env})
    expect([result.code, result.outputs['status'], result.warnings]).toEqual([0, 'succeeded', []])
    expect(result.outputs['task-definition-arn']).toMatch(/task-definition\/streaming-api:42$/)
    const [registered] = ecs.inputsOf('RegisterTaskDefinition')
    const [api, proxy] = registered?.['containerDefinitions'] as readonly Readonly<Record<string, unknown>>[]
    expect(registered).toMatchObject({
      taskRoleArn: 'arn:aws:iam::111122223333:role/streaming-api-task',
      executionRoleArn: 'arn:aws:iam::111122223333:role/streaming-api-execution',
    })
    expect(api).toMatchObject({
      image: '111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api:v1.5.0',
      environment: [
        {name: 'LOG_LEVEL', value: 'info'},
        {name: 'JAVA_OPTS', value: '-Da=b -Dc=d'},
      ],
      dockerLabels: {'traefik.rule': 'Host==example.org'},
      logConfiguration: {logDriver: 'awslogs', options: {'awslogs-stream-prefix': 'api'}},
      secrets: [{name: 'DATABASE_URL', valueFrom: 'arn:aws:ssm:eu-central-1:111122223333:parameter/streaming/url'}],
      command: ['sh', '-c', 'echo  hi there'],
    })
    expect(proxy).toMatchObject({image: 'public.ecr.aws/nginx/nginx:1.29'})
    expect(ecs.inputsOf('UpdateService')).toEqual([
      expect.objectContaining({desiredCount: 2, enableECSManagedTags: true, propagateTags: 'SERVICE'}),
    ])
  } finally {
    await ecs.close()
  }
}, 60_000)
