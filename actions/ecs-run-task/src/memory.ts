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
  startedBy: z.optional(z.string()),
})

/** What a post step must know to stop tasks that nobody waits for any more. */
export type Memory = z.infer<typeof memorySchema>

/**
 * Writes down which tasks were started; before they are, what they can be found by.
 * @param startedBy a text that only tasks of this step carry; undefined when the user has chosen one
 */
export function rememberForPost(
  world: World,
  aws: Aws,
  {cluster, onCancel}: Inputs,
  tasks: readonly Task[],
  startedBy: string | undefined,
): void {
  const arns = tasks.map(({taskArn = ''}) => taskArn)
  const memory: Memory = {
    region: aws.region,
    cluster,
    onCancel,
    tasks: arns,
    ...(startedBy !== undefined && {startedBy}),
  }
  world.outputs.saveState('memory', JSON.stringify(memory))
}

/** What the main step wrote down, when it did not come to its own end; otherwise undefined. */
export function unsettled(env: Environment): Memory | undefined {
  const memory = unsettledMemory(env)
  return memory === undefined ? undefined : memorySchema.parse(memory)
}
