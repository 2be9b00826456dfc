import {isThrottled, isTransient} from '../aws/errors.ts'
import type {Clock} from '../core/clock.ts'

const TRIES = 7
const FIRST_PAUSE_MS = 500

/**
 * The answer to a call that changes something, tried again while AWS says "later": throttling, 5xx, broken
 * connections, a revision or an update that is being made at the same moment
 * (https://github.com/hashicorp/terraform-provider-aws/issues/9777). Never tried again: access denied, bad input.
 * @throws the last error after 7 tries, about half a minute
 */
export async function persist<T>(clock: Clock, cancel: AbortSignal, call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call()
    } catch (error) {
      if (tries === TRIES || !passes(error)) throw error
      await clock.sleep(FIRST_PAUSE_MS * 2 ** (tries - 1), cancel)
    }
  }
}

function passes(error: unknown): boolean {
  if (isThrottled(error) || isTransient(error)) return true
  return (
    error instanceof Error &&
    /Too many concurrent attempts|UpdateInProgress|ServerException/.test(`${error.name} ${error.message}`)
  )
}
