import {existsSync} from 'node:fs'
import {rm} from 'node:fs/promises'
import {join} from 'node:path'
import type {Session} from './session.ts'

/**
 * Where the tool leaves a state that its backend did not take, in the folder of the root
 * (https://developer.hashicorp.com/terraform/cli/commands/state/push).
 */
const LEFT_BEHIND = 'errored.tfstate'
/** A backend that was busy or away for a moment: most are back within a minute. */
const PAUSES_MS = [2_000, 8_000, 20_000] as const

/** What became of a state that could not be written: nothing to rescue, written after all, or still only a file. */
export type Rescue = 'not-needed' | 'written' | 'left'

/** Whether a state lies there already: one that an earlier apply left is none of this run's. */
export function hasStateLeft({folder}: Pick<Session, 'folder'>): boolean {
  return existsSync(join(folder, LEFT_BEHIND))
}

/**
 * Writes the state that an apply could not write, some times within half a minute: on a runner that is thrown away
 * nothing else would know of what was made. The tool itself refuses where the state has moved on meanwhile.
 */
export async function rescueState(session: Session): Promise<Rescue> {
  if (!hasStateLeft(session)) return 'not-needed'
  const {world, tool} = session
  world.log.line(`${tool.name} could not write the state and left it in ${fileOf(session)}: writing it again`)
  for (const pause of PAUSES_MS) {
    await world.clock.sleep(pause)
    const {code} = await session.call(['state', 'push', LEFT_BEHIND])
    if (code !== 0) continue
    await rm(join(session.folder, LEFT_BEHIND), {force: true})
    world.log.line('✓ the state is written')
    return 'written'
  }
  return 'left'
}

/** How a person writes it, with where it lies. */
export function rescueAdvice(session: Session): string {
  const push = `"${session.tool.name} state push ${LEFT_BEHIND}" in ${session.root}`
  return `keep ${fileOf(session)} before this runner is gone (it may hold secrets), and run ${push} when the backend is back, before anything else is applied`
}

/** The file as the user would write it, relative to the checkout. */
export function fileOf({root}: Pick<Session, 'root'>): string {
  return join(root, LEFT_BEHIND)
}
