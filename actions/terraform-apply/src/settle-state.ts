import {Failure} from '../../shared/core/diagnosis.ts'
import type {Evidence} from '../../shared/core/diagnosis.ts'
import {unpackState} from '../../shared/saved-plan/kept-state.ts'
import type {StateHome} from '../../shared/saved-plan/kept-state.ts'
import {canonicalJson} from '../../shared/core/json.ts'
import type {Entry, Store} from '../../shared/saved-plan/store.ts'
import {openState} from '../../shared/terraform/encrypted-state.ts'
import {pushState} from '../../shared/terraform/push-state.ts'
import type {Moved} from '../../shared/terraform/push-state.ts'
import {dropKept} from '../../shared/terraform/rescue-state.ts'
import type {Session} from '../../shared/terraform/session.ts'

/** A kept state that was found, and all that is needed to write it. */
export interface Found {
  readonly bytes: Uint8Array
  readonly home: StateHome
  readonly store: Store
  readonly entry: Entry
  readonly planKey: string | undefined
  readonly lockTimeout: string | undefined
}

/**
 * Writes a kept state, and drops it then. Gives the run that kept it.
 * @throws {Failure} when it is not of this root, or does not go onto what is there: nothing is ever forced
 */
export async function settle(session: Session, found: Found): Promise<string> {
  const {world} = session
  const place = found.store.place(found.entry)
  const kept = unpackState(found.bytes, found.planKey)
  if (canonicalJson(kept.home) !== canonicalJson(found.home)) throw notOfThisRoot(place)
  const run = kept.run.split('/')[0] ?? ''
  world.log.line(`▸ run ${run} could not write its state (${kept.keptAt}), kept as ${place}: writing it`)
  const opened = await openState(session, kept.state)
  if (opened.kind === 'closed') throw closed(session, place, opened.why)
  const pushed = await pushState(session, {...kept, state: opened.state}, found.lockTimeout)
  if (pushed.kind === 'moved') throw moved(session, place, pushed)
  if (pushed.kind === 'refused') {
    const {diagnosis, status} = pushed.explain()
    throw new Failure(
      {...diagnosis, undo: `what run ${run} made stands in no state yet: it stays kept as ${place}`},
      status,
    )
  }
  world.log.line(pushed.kind === 'there' ? '✓ it is in the state already' : '✓ the kept state is written')
  await dropKept(session, place, {drop: () => found.store.drop(found.entry)})
  return run
}

function notOfThisRoot(place: string): Failure {
  return new Failure({
    reason: 'rejected',
    subject: 'Kept state',
    cause: `${place} is the state of another root, workspace or backend`,
    advice: 'find out who wrote to the plan store',
    undo: 'nothing was changed',
  })
}

function moved(session: Session, place: string, {there, onlyThere, onlyLost}: Moved): Failure {
  const list = (title: string, lines: readonly string[]): Evidence[] => (lines.length > 0 ? [{title, lines}] : [])
  return new Failure({
    reason: 'conflict',
    subject: session.root,
    cause: `somebody has written the state (${there}) since ${place} was kept: the kept one would undo that`,
    evidence: [
      ...list('only the kept state knows', onlyLost),
      ...list('only the state in the backend knows', onlyThere),
    ],
    advice: `bring what only the kept state knows into the state ("${session.tool.name} import"), then delete ${place}`,
    undo: 'nothing was changed',
  })
}

function closed({root, tool}: Session, place: string, why: string): Failure {
  return new Failure({
    reason: 'rejected',
    subject: root,
    cause: `${place} is encrypted, and ${tool.name} does not open it: ${why}`,
    advice: 'give this run the keys ("encryption" in the configuration, or TF_ENCRYPTION) of the run that kept it',
    undo: 'nothing was changed',
  })
}

/** The failure of a `mode: push-state` that finds nothing to push. */
export function nothingKept(root: string, place: string): Failure {
  return new Failure({
    reason: 'not-found',
    subject: root,
    cause: `no state of this root is kept: it would be ${place}`,
    advice: 'give the inputs of the run that kept it; one that is an artifact of another run needs "state-run"',
    undo: 'nothing was changed',
  })
}
