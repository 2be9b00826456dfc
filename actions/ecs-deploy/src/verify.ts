import {stopwatch} from '../../shared/core/clock.ts'
import {errorMessage} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import type {Verification} from './inputs.ts'

const TRY_MS = 5000
const GIVE_UP_MS = 90_000
const ANSWER_MS = 10_000

/**
 * Asks the deployed service over HTTP until it answers as expected. New targets need a moment to be taken into a load
 * balancer's rotation, so a wrong answer is asked again for 90 s.
 * @returns why it never did; undefined when it did
 */
export async function verifyUrl(world: World, verification: Verification): Promise<string | undefined> {
  const started = world.clock.now()
  for (;;) {
    const wrong = await wrongAnswer(verification)
    const at = stopwatch(world.clock.now() - started)
    if (wrong === undefined) {
      world.log.line(`  ${at}  ${verification.url} answers ${String(verification.status)}`)
      return undefined
    }
    if (world.clock.now() - started >= GIVE_UP_MS) return wrong
    world.log.line(`  ${at}  ${verification.url} ${wrong}; asking again`)
    await world.clock.sleep(TRY_MS, world.cancel)
  }
}

async function wrongAnswer({url, status, body}: Verification): Promise<string | undefined> {
  try {
    const answer = await fetch(url, {redirect: 'manual', signal: AbortSignal.timeout(ANSWER_MS)})
    const text = await answer.text()
    if (answer.status !== status) return `answers ${String(answer.status)}, not ${String(status)}`
    return body !== undefined && !text.includes(body) ? `answers without "${body}"` : undefined
  } catch (error) {
    return `does not answer (${errorMessage(error)})`
  }
}
