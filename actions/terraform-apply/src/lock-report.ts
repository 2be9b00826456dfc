import type {World} from '../../shared/core/world.ts'

/**
 * Runs after the job: when the apply was killed before it could end by itself, says so. A finished or refused apply
 * leaves nothing to say.
 */
export function reportLock(world: World): Promise<void> {
  const root = world.env['STATE_applying'] ?? ''
  if (root !== '') {
    world.log.warning(
      `The apply in ${root} was killed before it ended: the state may be locked and may miss what was done last. ` +
        'The next run names the lock; free it with "mode: unlock", then plan again.',
    )
  }
  return Promise.resolve()
}
