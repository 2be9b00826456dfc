import {isAccessDenied} from '../../shared/aws/errors.ts'
import {errorMessage, InputError} from '../../shared/core/errors.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import {targetGroupsOf} from '../../shared/ecs/target-health.ts'
import type {Target} from './target.ts'

/**
 * Looks whether the target groups of services that are to be made are there, and take tasks of this network mode: one
 * of awsvpc has an address of its own (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb.html).
 * @returns what could not be looked at, for the log
 * @throws {InputError} when a group is missing or is of another kind
 */
export async function checkTargetGroups(aws: Aws, targets: readonly Target[], wanted: Definition): Promise<string[]> {
  const made = targets.filter(({creation}) => creation !== undefined)
  const groups = made.flatMap(({name, service}) => targetGroupsOf(service).map((arn) => [name, arn] as const))
  const unknown = await Promise.all(groups.map(([name, arn]) => checkOne(aws, name, arn, wanted)))
  return unknown.filter((line) => line !== undefined)
}

async function checkOne(aws: Aws, service: string, arn: string, wanted: Definition): Promise<string | undefined> {
  try {
    const {name, targetType} = await aws.loadBalancers.group(arn)
    if (wanted.networkMode !== 'awsvpc' || targetType === 'ip' || targetType === '') return undefined
    throw new InputError(
      `Target group "${name}" of service "${service}" takes targets of the kind "${targetType}", and tasks of the network mode awsvpc are of the kind "ip": make the group with target type ip. Nothing was registered.`,
    )
  } catch (error) {
    if (error instanceof InputError) throw error
    if (error instanceof Error && error.name === 'TargetGroupNotFound') {
      throw new InputError(
        `Service "${service}" is to be made behind the target group ${arn}, which does not exist: create it first, or correct "targetGroupArn". Nothing was registered.`,
      )
    }
    const reason = isAccessDenied(error) ? 'this job may not look' : errorMessage(error)
    return `the target group ${arn} was not checked: ${reason}`
  }
}
