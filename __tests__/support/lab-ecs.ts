import {CloudWatchLogsClient, CreateLogGroupCommand} from '@aws-sdk/client-cloudwatch-logs'
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteClusterCommand,
  DeleteServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  ListServicesCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs'
import type {RegisterTaskDefinitionCommandInput, Service} from '@aws-sdk/client-ecs'
import {labEnvironment} from '../../lab/env.ts'

/** A service of the lab's ECS with real containers, for one test file. */
export interface LabService {
  readonly cluster: string
  readonly service: string
  readonly family: string
  /** The environment of a step that works with it. */
  readonly env: Readonly<Record<string, string>>
  describe(): Promise<Service>
  /** The status of a service of the cluster; undefined when there is none of that name. */
  status(name: string): Promise<string | undefined>
  /** Makes one more service that runs the same, in the same cluster. */
  add(name: string): Promise<void>
  remove(): Promise<void>
}

/** The task definition that the service starts with: a program that stays up and has no need of a network. */
export function labDefinition(family: string): RegisterTaskDefinitionCommandInput {
  return {
    family,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    executionRoleArn: 'arn:aws:iam::000000000000:role/lab-execution',
    containerDefinitions: [
      {
        name: 'api',
        image: 'node:24-alpine',
        essential: true,
        command: [
          'node',
          '-e',
          "console.log('up'); process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000)",
        ],
        environment: [{name: 'DATABASE_URL', value: 'file:///tmp/lab.db'}],
        logConfiguration: {
          logDriver: 'awslogs',
          options: {'awslogs-group': `/ecs/${family}`, 'awslogs-region': 'us-east-1', 'awslogs-stream-prefix': 'api'},
        },
      },
    ],
  }
}

/** Makes a cluster with a running service. @param name tells the test files apart */
export async function labService(name: string): Promise<LabService> {
  const {vars} = labEnvironment()
  const {AWS_ENDPOINT_URL: endpoint = '', AWS_REGION: region = ''} = vars
  const credentials = {
    accessKeyId: vars['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: vars['AWS_SECRET_ACCESS_KEY'] ?? '',
  }
  const ecs = new ECSClient({endpoint, region, credentials})
  const [cluster, service, family] = [
    `${name}-${String(process.pid)}`,
    'APIService',
    `${name}-api-${String(process.pid)}`,
  ]
  await ecs.send(new CreateClusterCommand({clusterName: cluster}))
  const logs = new CloudWatchLogsClient({endpoint, region, credentials})
  await logs.send(new CreateLogGroupCommand({logGroupName: `/ecs/${family}`}))
  await ecs.send(new RegisterTaskDefinitionCommand(labDefinition(family)))
  const add = async (serviceName: string): Promise<void> => {
    await ecs.send(
      new CreateServiceCommand({
        cluster,
        serviceName,
        taskDefinition: `${family}:1`,
        desiredCount: 1,
        launchType: 'FARGATE',
        networkConfiguration: {awsvpcConfiguration: {subnets: ['subnet-1'], securityGroups: ['sg-1']}},
        deploymentConfiguration: {deploymentCircuitBreaker: {enable: true, rollback: true}},
      }),
    )
  }
  await add(service)
  return {
    cluster,
    service,
    family,
    env: {...vars},
    add,
    describe: async () => {
      const {services = []} = await ecs.send(new DescribeServicesCommand({cluster, services: [service]}))
      if (services[0] === undefined) throw new Error(`The lab has lost ${cluster}/${service}.`)
      return services[0]
    },
    status: async (name) => {
      const {services = []} = await ecs.send(new DescribeServicesCommand({cluster, services: [name]}))
      return services[0]?.status
    },
    remove: async () => {
      // The action under test makes services, too.
      const {serviceArns = []} = await ecs.send(new ListServicesCommand({cluster, maxResults: 100}))
      await Promise.all(
        serviceArns.map((arn) => ecs.send(new DeleteServiceCommand({cluster, service: arn, force: true}))),
      )
      await ecs.send(new DeleteClusterCommand({cluster}))
    },
  }
}
