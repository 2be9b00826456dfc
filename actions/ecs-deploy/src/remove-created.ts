import {DeleteServiceCommand, UpdateServiceCommand} from '@aws-sdk/client-ecs'
import type {Service} from '@aws-sdk/client-ecs'
import {isAccessDenied} from '../../shared/aws/errors.ts'
import {humanDuration} from '../../shared/core/clock.ts'
import type {World} from '../../shared/core/world.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {persist} from '../../shared/ecs/persist.ts'
import {lookUpServices} from '../../shared/ecs/targets.ts'
import type {Undone} from './before.ts'

const REMOVE_MS = 600_000
const LOOK_MS = 2000
/** For how long a service that was asked for may stay unseen. */
const UNSEEN_MS = 10_000
const never = new AbortController().signal

/**
 * Takes away a service that this run has made and that did not come up: then it is as before, and the next run can
 * make it again. A service that runs another revision by now is somebody else's and is left alone. Where this job may
 * not delete it, it is scaled to zero.
 * @param revision ARN of the task definition that it was made with
 * @throws what AWS answers when that does not work
 */
export async function removeCreated(
  world: World,
  aws: Aws,
  cluster: string,
  name: string,
  revision: string,
): Promise<Undone> {
  const service = await onceShown(world, aws, cluster, name)
  if (service === undefined) return {restored: true, sentence: `${name} does not exist, as before`}
  if (service.taskDefinition !== revision) {
    const other = shortName(service.taskDefinition)
    return {restored: false, sentence: `${name} runs ${other} by now and was left as it is`}
  }
  world.log.line(`▸ Removing ${name}, which this run has created`)
  const started = world.clock.now()
  if (!(await mayDelete(world, aws, cluster, name))) return await scaleToZero(world, aws, cluster, name)
  while (world.clock.now() - started < REMOVE_MS) {
    if ((await current(aws, cluster, name)) === undefined) {
      const took = humanDuration(world.clock.now() - started)
      return {restored: true, sentence: `${name}, which did not exist before, is removed again, after ${took}`}
    }
    await world.clock.sleep(LOOK_MS)
  }
  return {restored: false, sentence: `${name}, which did not exist before, is being removed; its last tasks still stop`}
}

// ECS may show a service a moment after it has made it, and a call whose caller was killed may still be on its way: what
// is not there at the first look may be there at the next.
async function onceShown(world: World, aws: Aws, cluster: string, name: string): Promise<Service | undefined> {
  const started = world.clock.now()
  for (;;) {
    const service = await current(aws, cluster, name)
    if (service !== undefined || world.clock.now() - started >= UNSEEN_MS) return service
    await world.clock.sleep(LOOK_MS)
  }
}

// A deleted service is DRAINING until its tasks have stopped, and shown as INACTIVE for a while after that:
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html
async function current(aws: Aws, cluster: string, name: string): Promise<Service | undefined> {
  const [service] = await lookUpServices(aws, cluster, [name])
  return service?.status === 'INACTIVE' ? undefined : service
}

async function mayDelete(world: World, aws: Aws, cluster: string, service: string): Promise<boolean> {
  const command = new DeleteServiceCommand({cluster, service, force: true})
  try {
    await persist(world.clock, never, () => aws.ecs.send(command))
    return true
  } catch (error) {
    if (isAccessDenied(error)) return false
    throw error
  }
}

async function scaleToZero(world: World, aws: Aws, cluster: string, service: string): Promise<Undone> {
  const command = new UpdateServiceCommand({cluster, service, desiredCount: 0})
  await persist(world.clock, never, () => aws.ecs.send(command))
  return {
    restored: false,
    sentence: `${service}, which did not exist before, is scaled to zero and left: this job may not remove it (ecs:DeleteService)`,
  }
}
