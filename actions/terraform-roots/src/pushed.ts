import type {Environment} from '../../shared/core/inputs.ts'
import {textAt} from '../../shared/core/json.ts'
import {readEvent} from '../../shared/github/origin.ts'

/**
 * The commit that a push started from (`before`); undefined for a new branch, whose `before` is all zeros, and for every
 * other event (https://docs.github.com/webhooks/webhook-events-and-payloads#push).
 */
export async function readPushedFrom(env: Environment): Promise<string | undefined> {
  if (env['GITHUB_EVENT_NAME'] !== 'push') return undefined
  const before = textAt(await readEvent(env['GITHUB_EVENT_PATH']), 'before')
  return before === undefined || /^0*$/.test(before) ? undefined : before
}
