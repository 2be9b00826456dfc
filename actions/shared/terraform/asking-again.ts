import type {Finished} from '../core/exec.ts'
import {BACKEND_PAUSES_MS} from './backend-pauses.ts'
import {diagnosticsFromText} from './diagnostics.ts'
import type {Diagnostic} from './diagnostics.ts'
import {NO_STATE} from './failures.ts'
import {releaseLock} from './free-lock.ts'
import {unansweredLock} from './lock.ts'
import type {Session} from './session.ts'

/** How a command of the tool ended, with what it said of it. */
export interface Answer {
  readonly finished: Finished
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Runs a command that changes nothing, and once more when what it met passes by itself: a page in the place of the state,
 * which the tool believes where a proxy answers "200", or its own lock, of which no answer came.
 */
export async function askingAgain(session: Session, run: () => Promise<Finished>): Promise<Answer> {
  const once = async (): Promise<Answer> => {
    const finished = await run()
    return {finished, diagnostics: diagnosticsFromText(`${finished.stdout}\n${finished.stderr}`, session.root)}
  }
  const first = await once()
  return (await isWorthAsking(session, first.diagnostics)) ? await once() : first
}

async function isWorthAsking(session: Session, diagnostics: readonly Diagnostic[]): Promise<boolean> {
  const {clock, cancel, log} = session.world
  if (await releasedUnanswered(session, diagnostics)) return true
  if (!diagnostics.some(({summary, detail}) => NO_STATE.test(`${summary} ${detail}`))) return false
  log.line('what the backend gave is no state: reading it again')
  return await clock.sleep(BACKEND_PAUSES_MS[0], cancel).then(
    () => true,
    () => false,
  )
}

/** Releases a lock that a command took, and whose answer was lost, if there is one: the command can be run once more then. */
export async function releasedUnanswered(session: Session, diagnostics: readonly Diagnostic[]): Promise<boolean> {
  const own = unansweredLock(diagnostics)
  if (own === undefined) return false
  const {cancel, log} = session.world
  log.line('the backend took the lock of this run, and its answer was lost: releasing it, and asking again')
  return (await releaseLock(session, own)).kind === 'free' && !cancel.aborted
}
