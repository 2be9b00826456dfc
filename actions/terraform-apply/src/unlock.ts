import {Failure} from '../../shared/core/diagnosis.ts'
import {lastWords} from '../../shared/core/exec.ts'
import type {World} from '../../shared/core/world.ts'
import {currentLock} from '../../shared/terraform/free-lock.ts'
import {describeLock} from '../../shared/terraform/lock.ts'
import {openRoot} from '../../shared/terraform/open-root.ts'
import type {Session} from '../../shared/terraform/session.ts'
import type {ApplyInputs} from './inputs.ts'

/**
 * Frees the one state lock that `lock-id` names, and no other. The tool itself refuses when the state is locked under
 * another id (https://developer.hashicorp.com/terraform/cli/commands/force-unlock), but not with every backend: one of the
 * kind `http` frees whatever lock there is. So the lock is looked at first.
 */
export async function unlock(world: World, {root, lockId = ''}: ApplyInputs): Promise<void> {
  const {session} = await openRoot(world, root)
  // Where it cannot be looked at, the tool says why.
  const there = await currentLock(session).catch(() => undefined)
  if (there !== undefined && there.id !== lockId)
    throw otherLock(session, lockId, describeLock(there, world.clock.now()))
  const finished = await session.call(['force-unlock', '-force', lockId])
  if (finished.code !== 0) {
    throw new Failure({
      reason: 'state-locked',
      subject: session.root,
      cause: `the lock ${lockId} was not freed: ${lastWords(session.tool.name, finished)}`,
      advice: 'give the id of the lock that holds the state now, as the failed run names it',
      undo: 'no lock was freed',
    })
  }
  world.outputs.set('status', 'succeeded')
  world.outputs.set('applied', false)
  world.summary.add(`### ✓ The lock \`${lockId}\` of \`${session.root}\` is free`)
  world.log.line(`✓ the lock ${lockId} is free`)
}

function otherLock({root}: Session, lockId: string, lock: string): Failure {
  return new Failure({
    reason: 'state-locked',
    subject: root,
    cause: `the lock ${lockId} was not freed: the state is locked by another one, ${lock}`,
    advice: 'wait for the other run; if it is dead, give the id of its lock',
    undo: 'no lock was freed',
  })
}
