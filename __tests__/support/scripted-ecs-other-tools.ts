import type {Stage} from './scripted-ecs-stage.ts'
import type {Frame} from './scripted-ecs-state.ts'

type Input = Readonly<Record<string, unknown>>
type Json = Record<string, unknown>

const ARN = 'arn:aws:ecs:eu-central-1:111122223333'
const SERVICE = `${ARN}:service/StreamingCluster/APIService`
const RECORD = `${ARN}:service-deployment/StreamingCluster/APIService/abc`

/**
 * What only other deployment tools ask for; the failures of both are set side by side on the same histories.
 * @param now the state that a history has reached
 * @param deploy starts the deployment that an input asks for
 */
export function otherToolsOperations(
  now: (stage: Stage) => Frame,
  deploy: (stage: Stage, input: Input) => void,
): Readonly<Record<string, (stage: Stage, input: Input) => Json>> {
  return {
    DescribeExpressGatewayService: () => ({service: expressService()}),
    UpdateExpressGatewayService: (stage) => {
      // Express Mode registers a revision by itself.
      deploy(stage, {taskDefinition: `${ARN}:task-definition/streaming-api:42`})
      return {service: expressService()}
    },
    ListServiceDeployments: (stage, {status}) => ({serviceDeployments: records(stage, now(stage), status)}),
    ListTagsForResource: () => ({tags: []}),
    DescribeScalableTargets: () => ({ScalableTargets: []}),
  }
}

function expressService(): Json {
  return {serviceArn: SERVICE, serviceName: 'APIService', cluster: 'StreamingCluster', status: {statusCode: 'ACTIVE'}}
}

function records(stage: Stage, {record}: Frame, asked: unknown): Json[] {
  if (stage.changedAt === undefined || record === undefined || record === null) return []
  const {status} = record
  const wanted = !Array.isArray(asked) || (asked as readonly unknown[]).includes(status)
  return wanted ? [{serviceDeploymentArn: RECORD, serviceArn: SERVICE, status}] : []
}
