import {statSync} from 'node:fs'
import {join} from 'node:path'
import type {Session} from './session.ts'

/**
 * Where the tool leaves a state that its backend did not take, in the folder of the root
 * (https://developer.hashicorp.com/terraform/cli/commands/state/push).
 */
export const LEFT_BEHIND = 'errored.tfstate'

/** Which state lies there: one that an earlier apply left is none of this run's, and stays as it is. */
export type StateLeft = string | undefined

/** Tells the state that lies in the folder of the root from any other that may come to lie there. */
export function stateLeft({folder}: Pick<Session, 'folder'>): StateLeft {
  const found = statSync(join(folder, LEFT_BEHIND), {throwIfNoEntry: false})
  return found && `${String(found.mtimeMs)} ${String(found.size)} ${String(found.ino)}`
}

/** How a person writes a state that is only a file on this runner. */
export function leftAdvice(session: Session, why: string): string {
  const push = `"${session.tool.name} state push ${LEFT_BEHIND}" in ${session.root}`
  return `keep ${fileOf(session)} before this runner is gone (it may hold secrets), and run ${push} when the backend is back, before anything else is applied; it is not kept in "plan-store": ${why}`
}

/** The file as the user would write it, relative to the checkout. */
export function fileOf({root}: Pick<Session, 'root'>): string {
  return join(root, LEFT_BEHIND)
}
