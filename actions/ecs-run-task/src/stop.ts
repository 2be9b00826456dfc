import {StopTaskCommand} from '@aws-sdk/client-ecs'
import {transientWords} from '../../shared/aws/errors.ts'
import type {World} from '../../shared/core/world.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {shortTask} from '../../shared/ecs/names.ts'

/** Stops tasks that nobody waits for any more. Never throws; what could not be stopped is a warning. */
export async function stopTasks(
  world: World,
  aws: Aws,
  cluster: string,
  arns: readonly string[],
  reason: string,
): Promise<void> {
  await Promise.all(
    arns.map(async (task) => {
      try {
        await aws.ecs.send(new StopTaskCommand({cluster, task, reason}))
        world.log.line(`  stopped task ${shortTask(task)}`)
      } catch (error) {
        world.log.warning(`Task ${shortTask(task)} could not be stopped: ${transientWords(error)}`)
      }
    }),
  )
}
