import {ListTasksCommand} from '@aws-sdk/client-ecs'
import type {World} from '../../shared/core/world.ts'
import {ask, makeAws} from '../../shared/ecs/aws.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {unsettled} from './memory.ts'
import type {Memory} from './memory.ts'
import {stopTasks} from './stop.ts'

/** Stops the tasks of a run that was cancelled or killed, or says that they were left running. */
export async function afterCancel(world: World): Promise<void> {
  const memory = unsettled(world.env)
  if (memory === undefined) return
  const {cluster, onCancel, region} = memory
  const aws = makeAws(world.env, 'ecs-run-task', region)
  const tasks = memory.tasks.length > 0 ? memory.tasks : await findStarted(aws, memory)
  if (tasks.length === 0) return
  if (onCancel === 'keep') {
    world.log.warning(`${String(tasks.length)} task(s) in ${shortName(cluster)} were left running (on-cancel: keep).`)
    return
  }
  await stopTasks(world, aws, cluster, tasks, 'The workflow run was cancelled.')
}

// The step may have been killed while ECS was starting them.
async function findStarted(aws: Aws, {cluster, startedBy}: Memory): Promise<readonly string[]> {
  if (startedBy === undefined) return []
  const command = new ListTasksCommand({cluster, startedBy})
  const {taskArns = []} = await ask('ecs:ListTasks', () => aws.ecs.send(command))
  return taskArns
}
