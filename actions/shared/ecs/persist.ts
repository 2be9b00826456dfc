import {isThrottled, isTransient} from '../aws/errors.ts'
import type {Clock} from '../core/clock.ts'
import {countRetry} from '../core/retried.ts'

const TRIES = 7
const FIRST_PAUSE_MS = 500
// A try of the SDK may itself take a minute, where nothing answers at all.
const LONGEST_MS = 60_000

/**
 * The answer to a call that changes something, tried again while AWS says "later": throttling, 5xx, broken
 * connections, a revision or an update that is being made at the same moment
 * (https://github.com/hashicorp/terraform-provider-aws/issues/9777). Never tried again: access denied, bad input.
 * @throws the last error after 7 tries (about half a minute), or once a minute is over
 */
export async function persist<T>(clock: Clock, cancel: AbortSignal, call: () => Promise<T>): Promise<T> {
  const started = clock.now()
  for (let tries = 1; ; tries += 1) {
    try {
      return await call()
    } catch (error) {
      const over = tries === TRIES || clock.now() - started > LONGEST_MS
      if (over || !passes(error)) throw error
      countRetry('AWS')
      await clock.sleep(FIRST_PAUSE_MS * 2 ** (tries - 1), cancel)
    }
  }
}

/**
 * As {@link persist}, for a call that would do its work a second time and has no token against that: when its answer
 * may have been lost on the way, it is looked for what it did before it is made again.
 * @param find what the call made, when it is there; undefined when not
 */
export async function persistOnce<T>(
  clock: Clock,
  cancel: AbortSignal,
  call: () => Promise<T>,
  find: () => Promise<T | undefined>,
): Promise<T> {
  let lost = false
  return await persist(clock, cancel, async () => {
    const made = lost ? await find() : undefined
    if (made !== undefined) return made
    try {
      return await call()
    } catch (error) {
      // What was refused after a lost answer may be refused because the lost one did its work.
      const late = lost ? await find() : undefined
      if (late !== undefined) return late
      lost ||= isTransient(error) && !isThrottled(error)
      throw error
    }
  })
}

function passes(error: unknown): boolean {
  if (isThrottled(error) || isTransient(error)) return true
  return (
    error instanceof Error &&
    /Too many concurrent attempts|UpdateInProgress|ServerException/.test(`${error.name} ${error.message}`)
  )
}
