import type {World} from '../../shared/core/world.ts'
import {makeAws} from '../../shared/ecs/aws.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {unsettled} from './memory.ts'
import {stopTasks} from './stop.ts'

/** Stops the tasks of a run that was cancelled or killed, or says that they were left running. */
export async function afterCancel(world: World): Promise<void> {
  const memory = unsettled(world.env)
  if (memory === undefined) return
  const {cluster, onCancel, region, tasks} = memory
  if (onCancel === 'keep') {
    world.log.warning(`${String(tasks.length)} task(s) in ${shortName(cluster)} were left running (on-cancel: keep).`)
    return
  }
  const aws = makeAws(world.env, 'ecs-run-task', region)
  await stopTasks(world, aws, cluster, tasks, 'The workflow run was cancelled.')
}
