import type {Service, Task} from '@aws-sdk/client-ecs'
import {isAccessDenied} from '../aws/errors.ts'
import type {Aws} from './aws.ts'
import type {TargetGroup, TargetHealth} from './load-balancers.ts'

/** The targets of one group that get no requests, and how the group asks them. */
export interface SickTargets {
  /** Undefined when this job may not see it. */
  readonly group: TargetGroup | undefined
  readonly targets: readonly TargetHealth[]
}

/** What a reason code of a load balancer means for a deployment. */
interface TargetRule {
  readonly code: string
  /** One sentence without a full stop. */
  readonly sentence: (target: TargetHealth, group: TargetGroup | undefined) => string
  readonly advice: (target: TargetHealth, group: TargetGroup | undefined) => string
}

/** `GET /health on port 3000`, as far as it is known. */
function question({port}: TargetHealth, group: TargetGroup | undefined): string {
  const where = `port ${group === undefined || group.port === 'traffic-port' ? port : group.port}`
  if (group === undefined || group.path === '') return where
  return `GET ${group.path} on ${where}`
}

function groupName(group: TargetGroup | undefined): string {
  return group === undefined ? 'the target group' : `target group "${group.name}"`
}

// `Health checks failed with these codes: [404]`
function answered({description}: TargetHealth): string {
  return /codes?: \[([^\]]+)\]/.exec(description)?.[1] ?? 'with another code'
}

/**
 * Every reason that speaks of something to be mended:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
 */
export const TARGET_RULES: readonly TargetRule[] = [
  {
    code: 'Target.ResponseCodeMismatch',
    sentence: (target, group) =>
      `${question(target, group)} answers ${answered(target)}, and ${groupName(group)} expects ${group?.codes || 'another code'}`,
    advice: (_target, group) =>
      `answer ${group?.path || 'the health check'} with ${group?.codes || 'the code that is expected'}, or correct path and codes of the health check of ${groupName(group)}`,
  },
  {
    code: 'Target.Timeout',
    sentence: (target, group) =>
      `nothing answers ${question(target, group)}${group === undefined ? '' : ` within ${group.timeoutSeconds} s`}`,
    advice: (target) =>
      `let the security group of the tasks take connections of the load balancer on port ${target.port}; the app must listen on 0.0.0.0, not on localhost, and answer in time`,
  },
  {
    code: 'Target.FailedHealthChecks',
    sentence: (target, group) => `the health check by ${question(target, group)} fails`,
    advice: (target) =>
      `see that the app listens on port ${target.port} of 0.0.0.0, and that its security group lets the load balancer in; raise healthCheckGracePeriodSeconds when it starts slowly`,
  },
  {
    code: 'Target.NotInUse',
    sentence: (_target, group) => `no listener sends requests to ${groupName(group)}, or not in the zone of the task`,
    advice: (_target, group) =>
      `add ${groupName(group)} to a rule of the listener, and enable the zones of the tasks’ subnets on the load balancer`,
  },
  {
    code: 'Target.IpUnusable',
    sentence: (target) => `the address ${target.id} cannot be a target: a load balancer uses it`,
    advice: () => 'use other subnets for the tasks than those of the load balancer, or larger ones',
  },
  {
    code: 'Target.InvalidState',
    sentence: (target) => `the target ${target.id} is stopped or terminated`,
    advice: () => 'see why its instance has stopped; then re-run this job',
  },
  {
    code: 'Target.HealthCheckDisabled',
    sentence: (_target, group) => `the health check of ${groupName(group)} is turned off`,
    advice: (_target, group) => `turn the health check of ${groupName(group)} on`,
  },
  {
    code: 'Elb.InternalError',
    sentence: () => 'the load balancer has an error of its own',
    advice: () => 're-run this job; look at the AWS Health Dashboard if it stays',
  },
]

/** What stands behind the health of a target: the rule of its code, else what the load balancer says itself. */
function ruleOf({reason}: TargetHealth): Omit<TargetRule, 'code'> {
  return (
    TARGET_RULES.find(({code}) => code === reason) ?? {
      sentence: (target) => target.description || target.reason || target.state,
      advice: (_target, group) =>
        `look at the health checks of ${groupName(group)}, and at whether its load balancer may reach the task`,
    }
  )
}

/** Why the first of the targets gets no requests, and what to do; undefined when all are well. */
export function explainTargets(sick: readonly SickTargets[]): {sentence: string; advice: string} | undefined {
  for (const {group, targets} of sick) {
    const [target] = targets
    if (target === undefined) continue
    const {sentence, advice} = ruleOf(target)
    return {sentence: sentence(target, group), advice: advice(target, group)}
  }
  return undefined
}

/** How a group asks its targets, in one line. */
export function healthCheckLine(group: TargetGroup): string {
  const {name, protocol, port, path, codes, timeoutSeconds, intervalSeconds, threshold} = group
  return [
    `target group ${name} asks ${protocol}${path === '' ? '' : ` ${path}`} on ${port === 'traffic-port' ? 'the port of the container' : `port ${port}`}`,
    ...(codes === '' ? [] : [`expects ${codes}`]),
    `every ${intervalSeconds} s, for at most ${timeoutSeconds} s; unhealthy after ${threshold} failures in a row`,
  ].join(', ')
}

/** The target groups that send requests to the tasks of a service, test groups of blue/green included. */
export function targetGroupsOf({loadBalancers = []}: Service): string[] {
  const arns = loadBalancers.flatMap(({targetGroupArn, advancedConfiguration}) => [
    targetGroupArn,
    advancedConfiguration?.alternateTargetGroupArn,
  ])
  return [...new Set(arns.filter((arn) => arn !== undefined))]
}

// A target on its way in or out says nothing about the app yet, or any more.
const SICK: ReadonlySet<string> = new Set(['unhealthy', 'unhealthy.draining', 'unused', 'unavailable'])

/**
 * Asks the load balancers of a service which targets get no requests and why. Of the tasks of the deployment, where
 * their addresses are known; else of all.
 * @throws what AWS answers when it may not be asked about targets
 */
export async function lookAtTargets(aws: Aws, service: Service, tasks: readonly Task[]): Promise<SickTargets[]> {
  const addresses = new Set(tasks.flatMap(addressesOf))
  const found: SickTargets[] = []
  for (const arn of targetGroupsOf(service)) {
    const all = (await aws.loadBalancers.health(arn)).filter(({state}) => SICK.has(state))
    const ours = all.filter(({id}) => addresses.has(id))
    // The other group of blue/green is out of use at times; that is how it works.
    const targets = (ours.length > 0 ? ours : all).filter(({state}) => state !== 'unused' || ours.length > 0)
    if (targets.length > 0) found.push({targets, group: await groupIfAllowed(aws, arn)})
  }
  return found
}

function addressesOf({attachments = [], containers = []}: Task): string[] {
  const details = attachments.flatMap((attachment) => attachment.details ?? [])
  return [
    ...details.filter(({name}) => name === 'privateIPv4Address').map(({value}) => value ?? ''),
    ...containers.flatMap(({networkInterfaces = []}) =>
      networkInterfaces.map(({privateIpv4Address}) => privateIpv4Address ?? ''),
    ),
  ].filter((address) => address !== '')
}

async function groupIfAllowed(aws: Aws, arn: string): Promise<TargetGroup | undefined> {
  try {
    return await aws.loadBalancers.group(arn)
  } catch (error) {
    // The reason of the target is the news; how it is asked only makes it clearer.
    if (isAccessDenied(error)) return undefined
    throw error
  }
}
