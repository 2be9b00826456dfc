import type {World} from '../../shared/core/world.ts'
import {makeAws} from '../../shared/ecs/aws.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {unsettled} from './memory.ts'
import {undo} from './undo.ts'

/** Finishes what a cancelled or killed deploy left behind: goes back to what ran before, or says what was left. */
export async function afterCancel(world: World): Promise<void> {
  const memory = unsettled(world.env)
  if (memory === undefined) return
  const {cluster, services, onCancel, region} = memory
  const names = services.map(({name}) => `${shortName(cluster)}/${name}`).join(', ')
  if (onCancel === 'keep') {
    world.log.warning(`The deploy of ${names} did not come to its end and is left as it is (on-cancel: keep).`)
    return
  }
  const aws = makeAws(world.env, 'ecs-deploy', region)
  const retreats = services.map(({desiredCount, ...before}) => ({before: {...before, desiredCount}}))
  const undone = await undo(world, aws, cluster, retreats)
  const sentences = undone.map(({sentence}) => sentence).join('; ')
  world.log.warning(`The deploy of ${names} did not come to its end: ${sentences}.`)
  world.summary.add(`### ✗ The deploy of ${names} did not come to its end\n\n${sentences}`)
}
