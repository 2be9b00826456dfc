import type {Service} from '@aws-sdk/client-ecs'
import type {Definition} from '../../shared/ecs/definition.ts'
import type {Subject} from '../../shared/ecs/watch.ts'

/** What to watch after a change. @param before the service before it @param after the service as the change answered it */
export function subject(before: Service, after: Service, definition: Definition): Subject {
  const primary = after.deployments?.find(({status}) => status === 'PRIMARY')
  const strategy = after.deploymentConfiguration?.strategy ?? 'ROLLING'
  return {
    definition,
    service: after,
    watched: {
      service: after.serviceName ?? '',
      deploymentId: primary?.id ?? '',
      taskDefinition: after.taskDefinition ?? '',
      previous: before.taskDefinition,
      desired: after.desiredCount ?? 0,
      recordBefore: before.currentServiceDeployment,
      staged: strategy !== 'ROLLING',
    },
  }
}
