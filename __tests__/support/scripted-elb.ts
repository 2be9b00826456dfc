import {now} from './scripted-ecs-answers.ts'
import type {Stage} from './scripted-ecs-stage.ts'

/** The target group of a service with a balancer. */
export const GROUP = 'arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/api/1'

/** What Elastic Load Balancing answers, in the XML of its Query protocol. */
export function elbAnswer(stage: Stage, operation: string, form: URLSearchParams): {status: number; body: string} {
  const error = now(stage).errors?.[operation]
  const known = [form.get('TargetGroupArn'), form.get('TargetGroupArns.member.1')].includes(GROUP)
  if (error !== undefined) return failed(403, error, `User is not authorized to perform: ${operation}`)
  if (!known) return failed(400, 'TargetGroupNotFound', 'One or more target groups not found')
  const result = operation === 'DescribeTargetHealth' ? health(stage) : group(stage)
  const xmlns = 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/'
  const body = `<${operation}Response xmlns="${xmlns}">\n  <${operation}Result>${result}</${operation}Result>\n  <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>\n</${operation}Response>`
  return {status: 200, body}
}

function failed(status: number, code: string, message: string): {status: number; body: string} {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`
  return {status, body: `<ErrorResponse>${error}<RequestId>1</RequestId></ErrorResponse>`}
}

function health(stage: Stage): string {
  const members = (now(stage).targets ?? []).map(([state, reason, description], at) =>
    member(
      `<HealthCheckPort>3000</HealthCheckPort><TargetHealth><State>${state}</State>${tag('Reason', reason)}${tag('Description', description)}</TargetHealth>
      <Target><Port>3000</Port><Id>10.0.1.${String(at + 5)}</Id><AvailabilityZone>eu-central-1a</AvailabilityZone></Target>`,
    ),
  )
  return `<TargetHealthDescriptions>${members.join('')}</TargetHealthDescriptions>`
}

function group({history}: Stage): string {
  return `<TargetGroups>${member(
    `<TargetGroupArn>${GROUP}</TargetGroupArn><TargetGroupName>api</TargetGroupName>
    <LoadBalancerArns>${member('arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/main/1')}</LoadBalancerArns>
    <HealthCheckProtocol>HTTP</HealthCheckProtocol><HealthCheckPort>traffic-port</HealthCheckPort>
    <HealthCheckPath>/health</HealthCheckPath><Matcher><HttpCode>200-299</HttpCode></Matcher>
    <HealthCheckIntervalSeconds>30</HealthCheckIntervalSeconds><HealthCheckTimeoutSeconds>5</HealthCheckTimeoutSeconds>
    <UnhealthyThresholdCount>2</UnhealthyThresholdCount><TargetType>${history.targetType ?? 'ip'}</TargetType>`,
  )}</TargetGroups>`
}

function member(inner: string): string {
  return `<member>${inner}</member>`
}

function tag(name: string, text: string | undefined): string {
  return text === undefined ? '' : `<${name}>${text.replaceAll('&', '&amp;')}</${name}>`
}
