import type {Finished} from '../core/exec.ts'
import {BACKEND_PAUSES_MS} from './backend-pauses.ts'
import {diagnosticsFromText} from './diagnostics.ts'
import type {Diagnostic} from './diagnostics.ts'
import type {Session} from './session.ts'

/** How a command of the tool ended, with what it said of it. */
export interface Ended {
  readonly finished: Finished
  readonly diagnostics: readonly Diagnostic[]
}

/** Whether the tool was given something for the state that is none. */
export function isNoState({severity, summary, detail}: Diagnostic): boolean {
  return severity === 'error' && /unsupported state file format/i.test(`${summary} ${detail}`)
}

/**
 * Runs a command that reads the state and changes nothing, and once more if it was given no state: a proxy that answers
 * "200" with a page of its own is believed by the tool, which tries again only what is refused.
 */
export async function readingAgain(session: Session, run: () => Promise<Finished>): Promise<Ended> {
  const {clock, cancel, log} = session.world
  const once = async (): Promise<Ended> => {
    const finished = await run()
    return {finished, diagnostics: diagnosticsFromText(`${finished.stdout}\n${finished.stderr}`, session.root)}
  }
  const first = await once()
  if (!first.diagnostics.some(isNoState)) return first
  log.line('what the backend gave is no state: reading it again')
  try {
    await clock.sleep(BACKEND_PAUSES_MS[0], cancel)
  } catch {
    return first
  }
  return await once()
}
