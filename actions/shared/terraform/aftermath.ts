import type {Diagnostic} from './diagnostics.ts'
import {isLockLeft, ownLock, releaseLock, releaseLockSoon} from './free-lock.ts'
import type {Released, StillLocked} from './free-lock.ts'
import type {Rescue, StateKeeper} from './rescue-state.ts'
import type {Session} from './session.ts'

/** The errors of an apply, by what they are about. */
export interface Told {
  /** That the state was not written. */
  readonly ofState: readonly Diagnostic[]
  /** That the lock was not released. */
  readonly ofLock: readonly Diagnostic[]
  readonly others: readonly Diagnostic[]
}

/** What became of the state and the lock that the tool could not write and release at its end. */
export interface Aftermath {
  readonly rescue: Rescue
  /** Undefined when the tool has released it. */
  readonly lock: Released | undefined
}

/** Whether the state may still be locked by this run. */
export function isLocked(after: Aftermath): after is Aftermath & {readonly lock: StillLocked} {
  return after.lock !== undefined && after.lock.kind !== 'free'
}

/** A state that lies in a file, and what saves it. */
export interface ToRescue {
  readonly planFile: string
  readonly openKeeper: () => Promise<StateKeeper>
}

/** Sorts what the tool said. */
export function sortErrors(diagnostics: readonly Diagnostic[]): Told {
  const errors = diagnostics.filter(({severity}) => severity === 'error')
  return {
    ofState: errors.filter(isStateLeft),
    ofLock: errors.filter(isLockLeft),
    others: errors.filter((error) => !isStateLeft(error) && !isLockLeft(error)),
  }
}

// The words of both tools (internal/backend/local, backend_apply.go).
function isStateLeft({summary}: Diagnostic): boolean {
  return /^Failed to (?:save state|persist state)/.test(summary)
}

/**
 * Does what the tool could not do at its end: writes the state, and releases the lock, which comes first: nothing is
 * written to a locked state.
 * @param toRescue the state that was not written, if there is one
 */
export async function settleAftermath(
  session: Session,
  {ofState, ofLock}: Told,
  toRescue: ToRescue | undefined,
): Promise<Aftermath> {
  const own = ownLock([...ofLock, ...ofState])
  let lock: Released | undefined = ofLock.length === 0 ? undefined : {kind: 'unknown', id: own}
  const release = async (): Promise<boolean> => {
    if (lock !== undefined && lock.kind !== 'free') lock = await releaseLock(session, own)
    return lock?.kind !== 'unknown'
  }
  if (toRescue !== undefined) {
    // The rescue is a rare thing: its code is loaded when it is needed.
    const {rescueState} = await import('./rescue-state.ts')
    const rescue = await rescueState(session, toRescue.planFile, toRescue.openKeeper, release)
    return {rescue, lock}
  }
  if (lock !== undefined) lock = await releaseLockSoon(session, own)
  return {rescue: {kind: 'not-needed'}, lock}
}
