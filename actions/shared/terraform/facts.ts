import {isRecord, textAt} from '../core/json.ts'
import type {Fact} from '../report/preview.ts'
import type {Plan, ResourceChange} from './plan.ts'

/** What a resource type is to the other stages, and the attribute that they know it by. */
const SHARED: Readonly<Record<string, {readonly kind: Fact['kind']; readonly attribute: string}>> = {
  aws_cloudwatch_log_group: {kind: 'log group', attribute: 'name'},
  aws_secretsmanager_secret: {kind: 'secret', attribute: 'name'},
  aws_ssm_parameter: {kind: 'parameter', attribute: 'name'},
  aws_iam_role: {kind: 'role', attribute: 'name'},
  aws_ecr_repository: {kind: 'image repository', attribute: 'name'},
  aws_ecs_cluster: {kind: 'cluster', attribute: 'name'},
  aws_ecs_service: {kind: 'service', attribute: 'name'},
}

/**
 * What the plan takes away that a deployment may use, and what it expects a deployment to have: the container port behind
 * a load balancer. Values that the plan marks as sensitive are left out.
 */
export function planFacts(plan: Plan): Fact[] {
  return plan.resources.filter(({mode}) => mode === 'managed').flatMap((each) => [...losses(each), ...ports(each)])
}

function losses({type, kind: change, address, deposed, values}: ResourceChange): Fact[] {
  const shared = SHARED[type]
  if (shared === undefined || deposed !== undefined || (change !== 'delete' && change !== 'replace')) return []
  const name = isRecord(values.before) ? textAt(values.before, shared.attribute) : undefined
  if (name === undefined || isSecret(values.beforeSensitive, shared.attribute)) return []
  return [{fact: change === 'delete' ? 'removes' : 'replaces', kind: shared.kind, name, by: address}]
}

const isSecret = (marks: unknown, attribute: string): boolean =>
  marks === true || (isRecord(marks) && marks[attribute] === true)

// https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ecs_service#load_balancer
function ports({type, kind, address, values: {after, afterSensitive}}: ResourceChange): Fact[] {
  if (type !== 'aws_ecs_service' || !['create', 'update', 'replace'].includes(kind) || !isRecord(after)) return []
  const balancers = after['load_balancer']
  if (!Array.isArray(balancers) || isSecret(afterSensitive, 'load_balancer')) return []
  return balancers.filter(isRecord).flatMap((balancer) => {
    const [name, port] = [textAt(balancer, 'container_name'), balancer['container_port']]
    if (name === undefined || typeof port !== 'number') return []
    return [{fact: 'expects', kind: 'container port', name, value: String(port), by: address}]
  })
}
