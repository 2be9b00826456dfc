import type {Service} from '@aws-sdk/client-ecs'
import {InputError} from '../../shared/core/errors.ts'
import type {Definition} from '../../shared/ecs/definition.ts'

/**
 * Checks that the task definition has the container and the port that a service's load balancers send requests to.
 * ECS and CodeDeploy refuse it otherwise, and only after the revision was registered.
 * @throws {InputError} that names the container or the port that is missing
 */
export function checkLoadBalancers(services: readonly Service[], {containerDefinitions = []}: Definition): void {
  for (const {serviceName = '', loadBalancers = []} of services) {
    for (const {containerName, containerPort} of loadBalancers) {
      if (containerName === undefined) continue
      const container = containerDefinitions.find(({name}) => name === containerName)
      if (container === undefined) {
        throw new InputError(
          `The load balancer of service "${serviceName}" sends its requests to container "${containerName}", which the task definition does not have: name the container so. Nothing was registered.`,
        )
      }
      const ports = (container.portMappings ?? []).map((mapping) => mapping.containerPort)
      if (containerPort !== undefined && !ports.includes(containerPort)) {
        throw new InputError(
          `The load balancer of service "${serviceName}" sends its requests to port ${String(containerPort)} of container "${containerName}", which maps ${ports.length === 0 ? 'no port' : ports.join(', ')}: add it to "portMappings". Nothing was registered.`,
        )
      }
    }
  }
}
