import * as z from 'zod/mini'
import type {Environment} from '../../shared/core/inputs.ts'
import type {World} from '../../shared/core/world.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {unsettledMemory} from '../../shared/ecs/settling.ts'
import type {Change, TargetChange} from './change.ts'
import type {Inputs} from './inputs.ts'
import type {Before} from './before.ts'

const codeDeploySchema = z.object({
  application: z.string(),
  group: z.string(),
  appSpec: z.record(z.string(), z.unknown()),
})

const memorySchema = z.object({
  region: z.string(),
  cluster: z.string(),
  onCancel: z.enum(['rollback', 'keep']),
  services: z.array(
    z.object({
      name: z.string(),
      taskDefinition: z.string(),
      desiredCount: z.optional(z.number()),
      created: z.optional(z.boolean()),
      codeDeploy: z.optional(codeDeploySchema),
    }),
  ),
})

/** What a post step must know to go back: the services that are being changed, as they were. */
export type Memory = z.infer<typeof memorySchema>

/**
 * What a service is to be brought back to, should the change fail.
 * @param item the change of the service
 * @param revision ARN of what is deployed: it tells a service that this run makes from somebody else's
 */
export function beforeOf(item: TargetChange, revision: string): Before {
  const {target, update} = item
  const {desiredCount} = target.service
  const touched = update.desiredCount !== undefined
  const {name, running, codeDeploy: plan} = target
  if (running === undefined) return {name, taskDefinition: revision, desiredCount: undefined, created: true}
  const codeDeploy = plan && {application: plan.application, group: plan.group, appSpec: plan.appSpec}
  return {name, taskDefinition: running.arn, desiredCount: touched ? desiredCount : undefined, codeDeploy}
}

/** Writes down what runs now. Called right before the first change of a service. */
export function rememberForPost(world: World, aws: Aws, inputs: Inputs, change: Change, revision: string): void {
  const {cluster, onCancel} = inputs
  const services = change.perTarget.filter(({needed}) => needed).map((item) => beforeOf(item, revision))
  if (services.length === 0) return
  world.outputs.saveState('memory', JSON.stringify({region: aws.region, cluster, onCancel, services}))
}

/** What the main step wrote down, when it did not come to its own end; otherwise undefined. */
export function unsettled(env: Environment): Memory | undefined {
  const memory = unsettledMemory(env)
  return memory === undefined ? undefined : memorySchema.parse(memory)
}
