import type {Service} from '@aws-sdk/client-ecs'
import {InputError} from '../../shared/core/errors.ts'
import {usesFargate} from '../../shared/ecs/check-definition.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import type {UpdateWish} from './inputs.ts'

/**
 * Checks what UpdateService would refuse, for every service before the first is changed: with several of them, one that
 * is refused would leave the others on another revision
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html).
 * @throws {InputError} with everything that does not fit
 */
export function checkServicesFit(services: readonly Service[], wanted: Definition, wish: UpdateWish): void {
  const problems = services.flatMap((service) =>
    [daemonProblem(service, wish), networkProblem(service, wanted), execProblem(service, wanted, wish)]
      .filter((problem) => problem !== undefined)
      .map((problem) => `Service "${service.serviceName ?? ''}" ${problem}`),
  )
  if (problems.length > 0) throw new InputError(`${problems.join('. ')}. Nothing was registered.`)
}

function daemonProblem({schedulingStrategy}: Service, wish: UpdateWish): string | undefined {
  if (schedulingStrategy !== 'DAEMON' || wish.desiredCount === undefined) return undefined
  return 'runs a task on each instance (DAEMON), and ECS takes no desired count for it: leave "desired-count" out'
}

function networkProblem({networkConfiguration, launchType}: Service, {networkMode}: Definition): string | undefined {
  const mode = networkMode ?? 'bridge'
  const has = (networkConfiguration?.awsvpcConfiguration?.subnets ?? []).length > 0
  if (has && mode !== 'awsvpc') {
    return `has subnets, and the task definition has the network mode ${mode}, which takes none: set "networkMode" to awsvpc`
  }
  if (!has && mode === 'awsvpc' && launchType !== undefined) {
    return 'has no subnets, and the network mode awsvpc of the task definition needs some: add a network configuration to the service'
  }
  return undefined
}

// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
function execProblem({launchType}: Service, wanted: Definition, wish: UpdateWish): string | undefined {
  const byFargate = launchType === 'FARGATE' || usesFargate(wanted)
  if (wish.enableExecuteCommand !== true || !byFargate || (wanted.taskRoleArn ?? '') !== '') return undefined
  return 'is to take ECS Exec ("enable-execute-command"), which needs a task role: set the input "task-role-arn"'
}
