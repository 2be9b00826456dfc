import {isTransient} from '../aws/errors.ts'
import {CancelledError} from '../core/errors.ts'
import type {Environment} from '../core/inputs.ts'
import {causeOfTrouble} from '../core/outside.ts'
import type {World} from '../core/world.ts'
import {explainRefusal} from './refusals.ts'

/**
 * Runs `body` and tells the post step that nothing is left for it to do, unless the run was cancelled on the way
 * (or killed, which leaves no time to tell anything), or AWS was lost from sight: a change whose answer never came may
 * have been made, and when the post step runs, the network may be back.
 * @throws what `body` throws; what AWS has against a call is a {@link Failure} by then, whichever call it was
 */
export async function settling<T>(world: World, body: () => Promise<T>): Promise<T> {
  try {
    const result = await body()
    world.outputs.saveState('settled', 'true')
    return result
  } catch (error) {
    if (!(error instanceof CancelledError) && !isTransient(error)) noteSettled(world)
    throw explainRefusal(error, {subject: 'AWS', what: 'AWS refuses a call of this step'})
  }
}

// What went wrong in the run itself is the news, not that the runner has no room to note its end.
function noteSettled(world: World): void {
  try {
    world.outputs.saveState('settled', 'true')
  } catch (error) {
    const why = causeOfTrouble(error)
    world.log.warning(`The post step could not be told that this run has come to its end (the runner: ${why}).`)
  }
}

/** The JSON that the main step saved as `memory`, when it did not come to its own end; otherwise undefined. */
export function unsettledMemory(env: Environment): unknown {
  const text = env['STATE_memory']
  if (text === undefined || text === '' || env['STATE_settled'] === 'true') return undefined
  return JSON.parse(text) as unknown
}
