import {Failure} from '../../shared/core/diagnosis.ts'
import {lastWords} from '../../shared/core/exec.ts'
import type {World} from '../../shared/core/world.ts'
import {openRoot} from '../../shared/terraform/open-root.ts'
import type {ApplyInputs} from './inputs.ts'

/**
 * Frees the one state lock that `lock-id` names, and no other: the tool itself refuses when the state is locked under
 * another id (https://developer.hashicorp.com/terraform/cli/commands/force-unlock).
 */
export async function unlock(world: World, {root, lockId = ''}: ApplyInputs): Promise<void> {
  const {session} = await openRoot(world, root)
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
