import {errorMessage} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {currentLock} from '../../shared/terraform/free-lock.ts'
import {describeLock} from '../../shared/terraform/lock.ts'
import type {LockInfo} from '../../shared/terraform/lock.ts'
import {openSession} from '../../shared/terraform/session.ts'
import {provideTool} from '../../shared/terraform/tool.ts'
import {readInputs} from './inputs.ts'
import {waitForOrphan} from './orphan.ts'

/**
 * Runs after the job: when the apply was killed before it could end by itself, says whether the state is still locked,
 * by whom and under which id; also when it could not release its lock. Any other apply leaves nothing to say.
 */
export async function reportLock(world: World): Promise<void> {
  const locked = world.env['STATE_locked'] ?? ''
  if (locked !== '') await reportLeftLock(world, locked)
  const root = world.env['STATE_applying'] ?? ''
  if (root === '') return
  const orphan = await waitForOrphan(world)
  const killed = {
    gone: `The apply in ${root} was killed before it ended; the state may miss what was done last`,
    ended: `The action was killed, and its apply in ${root} ended by itself; what was done is in the state`,
    running: `The action was killed, and its apply in ${root} still goes on`,
  }[orphan]
  const lock = await lockOf(world).catch(() => 'unknown' as const)
  if (lock === 'unknown') {
    world.log.warning(`${killed}. Whether it is locked could not be found out: the next run will tell.`)
  } else if (lock === undefined) {
    world.log.warning(`${killed}. It is not locked: plan again.`)
  } else {
    world.log.warning(
      `${killed}, and it is locked, ${describeLock(lock, world.clock.now())}. When that run is surely dead, free it with ` +
        `"mode: unlock" and "lock-id: ${lock.id}", then plan again.`,
    )
  }
}

/** After a run that could not release its lock: whether it is released by now, as most backends let locks go in time. */
async function reportLeftLock(world: World, root: string): Promise<void> {
  const lock = await lockOf(world).catch((error: unknown) => {
    world.log.debug(world.mask.scrub(errorMessage(error)))
    return 'unknown' as const
  })
  if (lock === undefined) {
    world.log.line(`✓ the state of ${root} is not locked any more`)
  } else if (lock === 'unknown') {
    world.log.line(`whether the state of ${root} is still locked could not be found out: the next run will tell`)
  } else {
    world.log.warning(
      `The state of ${root} is still locked, ${describeLock(lock, world.clock.now())}. If no other run is at work, free it ` +
        `with "mode: unlock" and "lock-id: ${lock.id}".`,
    )
  }
}

async function lockOf(world: World): Promise<LockInfo | undefined> {
  const {root} = readInputs(world.env)
  const tool = await provideTool(world, root.tool)
  const session = openSession(world, tool, {
    folder: root.folder,
    root: root.root,
    env: root.workspace === undefined ? {} : {TF_WORKSPACE: undefined},
  })
  return await currentLock(session)
}
