import type {ECSClient} from '@aws-sdk/client-ecs'
import {signedCall} from '../aws/signed-call.ts'
import {readXml, xmlAt, xmlText} from '../aws/xml.ts'
import type {XmlElement} from '../aws/xml.ts'
import type {Environment} from '../core/inputs.ts'

/** What a load balancer says of one target: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html */
export interface TargetHealth {
  /** The address of the task, or the id of the instance. */
  readonly id: string
  readonly port: string
  /** `healthy`, `unhealthy`, `initial`, `draining`, `unused`, `unavailable` */
  readonly state: string
  /** `Target.ResponseCodeMismatch`; empty for a healthy one. */
  readonly reason: string
  /** `Health checks failed with these codes: [404]` */
  readonly description: string
}

/** How a target group asks its targets: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroup.html */
export interface TargetGroup {
  readonly arn: string
  readonly name: string
  /** `ip`, `instance`, `lambda`, `alb` */
  readonly targetType: string
  /** `HTTP`, `HTTPS`, `TCP` */
  readonly protocol: string
  /** `traffic-port` or a number. */
  readonly port: string
  /** Empty where none is asked for. */
  readonly path: string
  /** The codes that are right, `200` or `200-299`; empty where none are asked for. */
  readonly codes: string
  readonly timeoutSeconds: string
  readonly intervalSeconds: string
  /** How many failures in a row make a target unhealthy. */
  readonly threshold: string
}

/** The part of Elastic Load Balancing that tells why a target gets no requests. Errors are named by AWS's code. */
export class LoadBalancers {
  readonly #env: Environment
  readonly #carrier: ECSClient

  /** @param carrier an ECS client, for its credentials, region and proxy */
  constructor(env: Environment, carrier: ECSClient) {
    this.#env = env
    this.#carrier = carrier
  }

  /** The health of every target of a group. */
  async health(targetGroupArn: string): Promise<TargetHealth[]> {
    const answer = await this.#call('DescribeTargetHealth', {TargetGroupArn: targetGroupArn})
    return xmlAt(answer, 'TargetHealthDescriptions', 'member').map((member) => ({
      id: xmlText(member, 'Target', 'Id') ?? '',
      port: xmlText(member, 'Target', 'Port') ?? '',
      state: xmlText(member, 'TargetHealth', 'State') ?? '',
      reason: xmlText(member, 'TargetHealth', 'Reason') ?? '',
      description: xmlText(member, 'TargetHealth', 'Description') ?? '',
    }))
  }

  /** A target group. @throws an error named `TargetGroupNotFound` when there is none of that ARN */
  async group(targetGroupArn: string): Promise<TargetGroup> {
    const answer = await this.#call('DescribeTargetGroups', {'TargetGroupArns.member.1': targetGroupArn})
    const [member] = xmlAt(answer, 'TargetGroups', 'member')
    const text = (...path: string[]): string => xmlText(member, ...path) ?? ''
    return {
      arn: targetGroupArn,
      name: text('TargetGroupName'),
      targetType: text('TargetType'),
      protocol: text('HealthCheckProtocol'),
      port: text('HealthCheckPort'),
      path: text('HealthCheckPath'),
      codes: text('Matcher', 'HttpCode') || text('Matcher', 'GrpcCode'),
      timeoutSeconds: text('HealthCheckTimeoutSeconds'),
      intervalSeconds: text('HealthCheckIntervalSeconds'),
      threshold: text('UnhealthyThresholdCount'),
    }
  }

  async #call(operation: string, input: Readonly<Record<string, string>>): Promise<XmlElement | undefined> {
    const body = new URLSearchParams({Action: operation, Version: '2015-12-01', ...input}).toString()
    const headers = {'content-type': 'application/x-www-form-urlencoded'}
    const place = {service: 'elasticloadbalancing', endpointVariable: 'ELASTIC_LOAD_BALANCING_V2'}
    const text = await signedCall(this.#env, this.#carrier, {...place, headers, body})
    return xmlAt(readXml(text), `${operation}Response`, `${operation}Result`)[0]
  }
}
