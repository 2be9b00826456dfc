import * as z from 'zod/mini'
import type {Task} from '@aws-sdk/client-ecs'
import type {Environment} from '../../shared/core/inputs.ts'
import type {World} from '../../shared/core/world.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {unsettledMemory} from '../../shared/ecs/settling.ts'
import type {Inputs} from './inputs.ts'

const memorySchema = z.object({
  region: z.string(),
  cluster: z.string(),
  onCancel: z.enum(['stop', 'keep']),
  tasks: z.array(z.string()),
})

/** What a post step must know to stop tasks that nobody waits for any more. */
export type Memory = z.infer<typeof memorySchema>

/** Writes down which tasks were started. */
export function rememberForPost(world: World, aws: Aws, {cluster, onCancel}: Inputs, tasks: readonly Task[]): void {
  const memory: Memory = {region: aws.region, cluster, onCancel, tasks: tasks.map(({taskArn = ''}) => taskArn)}
  world.outputs.saveState('memory', JSON.stringify(memory))
}

/** What the main step wrote down, when it did not come to its own end; otherwise undefined. */
export function unsettled(env: Environment): Memory | undefined {
  const memory = unsettledMemory(env)
  return memory === undefined ? undefined : memorySchema.parse(memory)
}
