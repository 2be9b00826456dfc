import {StandardRetryStrategy} from '@smithy/core/retry'
import {countRetry} from '../core/retried.ts'
import {isGarbled, isSkewed} from './errors.ts'

/** How often a client tries, as its configuration takes it. */
export interface Retries {
  readonly maxAttempts: number
  readonly retryStrategy: StandardRetryStrategy
}

/**
 * The SDK's own way of trying again, and two cases more: an answer that is none (cut off on its way, or given by a proxy),
 * and a signature refused for a clock that the SDK has set right meanwhile for another call.
 * @param attempts all of them, the first included
 */
export function retries(attempts: number): Retries {
  return {maxAttempts: attempts, retryStrategy: new Retrying(attempts)}
}

class Retrying extends StandardRetryStrategy {
  override async refreshRetryTokenForRetry(
    ...[token, info]: Parameters<StandardRetryStrategy['refreshRetryTokenForRetry']>
  ): ReturnType<StandardRetryStrategy['refreshRetryTokenForRetry']> {
    const next = await super.refreshRetryTokenForRetry(
      token,
      isGarbled(info.error) || isSkewed(info.error) ? {...info, errorType: 'TRANSIENT'} : info,
    )
    // Thrown where it is not tried again.
    countRetry('AWS')
    return next
  }
}
