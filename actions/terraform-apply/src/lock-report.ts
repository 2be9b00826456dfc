import type {World} from '../../shared/core/world.ts'
import {describeLock, parseLock} from '../../shared/terraform/lock.ts'
import type {LockInfo} from '../../shared/terraform/lock.ts'
import {openSession} from '../../shared/terraform/session.ts'
import {provideTool} from '../../shared/terraform/tool.ts'
import {readInputs} from './inputs.ts'
import {waitForOrphan} from './orphan.ts'

/**
 * Runs after the job: when the apply was killed before it could end by itself, says whether the state is still locked,
 * by whom and under which id. A finished or refused apply leaves nothing to say.
 */
export async function reportLock(world: World): Promise<void> {
  const root = world.env['STATE_applying'] ?? ''
  if (root === '') return
  const orphan = await waitForOrphan(world)
  const killed = {
    gone: `The apply in ${root} was killed before it ended; the state may miss what was done last`,
    ended: `The action was killed, and its apply in ${root} ended by itself; what was done is in the state`,
    running: `The action was killed, and its apply in ${root} still goes on`,
  }[orphan]
  const lock = await currentLock(world).catch(() => 'unknown' as const)
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

/** An address that no root module has. */
const NOWHERE = 'terraform_data.slipway_looks_whether_the_state_is_locked'

/**
 * The lock on the state, or undefined when it is free. No command asks for it, so one is used that takes the lock before
 * it finds that it has nothing to do: `taint` of an object that does not exist, which starts no provider and writes nothing
 * (https://developer.hashicorp.com/terraform/cli/commands/taint).
 */
async function currentLock(world: World): Promise<LockInfo | undefined> {
  const {root} = readInputs(world.env)
  const tool = await provideTool(world, root.tool)
  const session = openSession(world, tool, {
    folder: root.folder,
    root: root.root,
    env: root.workspace === undefined ? {} : {TF_WORKSPACE: undefined},
  })
  const looked = await session.call(['taint', '-no-color', '-allow-missing', '-lock-timeout=0s', NOWHERE])
  const lock = parseLock(`${looked.stdout}\n${looked.stderr}`)
  if (lock === undefined && looked.code !== 0) throw new Error('the state could not be asked for its lock')
  return lock
}
