import {readFile} from 'node:fs/promises'
import type {Environment} from '../../shared/core/inputs.ts'
import {isRecord, textAt} from '../../shared/core/json.ts'

/**
 * The commit that a push started from (`before`); undefined for a new branch, whose `before` is all zeros, and for every
 * other event (https://docs.github.com/webhooks/webhook-events-and-payloads#push).
 */
export async function readPushedFrom(env: Environment): Promise<string | undefined> {
  const path = env['GITHUB_EVENT_PATH']
  if (path === undefined || env['GITHUB_EVENT_NAME'] !== 'push') return undefined
  try {
    const event: unknown = JSON.parse(await readFile(path, 'utf8'))
    const before = isRecord(event) ? textAt(event, 'before') : undefined
    return before === undefined || /^0*$/.test(before) ? undefined : before
  } catch {
    return undefined
  }
}
