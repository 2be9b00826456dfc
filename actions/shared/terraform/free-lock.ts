import {lastWords} from '../core/exec.ts'
import {BACKEND_PAUSES_MS} from './backend-pauses.ts'
import type {Diagnostic} from './diagnostics.ts'
import {parseLock} from './lock.ts'
import type {LockInfo} from './lock.ts'
import type {Session} from './session.ts'

/** An address that no root module has. */
const NOWHERE = 'terraform_data.slipway_looks_whether_the_state_is_locked'

/** What became of a lock that the tool could not release. */
export type Released =
  | {readonly kind: 'free'}
  /** The state is locked; whether by the lock of this run is sure only where its id is known. */
  | {readonly kind: 'held'; readonly lock: LockInfo; readonly own: boolean}
  /** The backend does not answer. */
  | {readonly kind: 'unknown'; readonly id: string | undefined}

/** A lock that is not released, as far as is known. */
export type StillLocked = Exclude<Released, {kind: 'free'}>

/** Whether the tool says that it could not release its lock. */
export function isLockLeft({severity, summary}: Diagnostic): boolean {
  return severity === 'error' && /^Error releasing the state lock/.test(summary)
}

/**
 * The id of the lock that this run's apply took, in the tool's own words: of the release that failed (S3 and others name
 * it), or in the address that it wrote the state to (http). Undefined when it says neither; who and when prove nothing,
 * as machines of one image have one name.
 */
export function ownLock(diagnostics: readonly Diagnostic[]): string | undefined {
  const errors = diagnostics.filter(({severity}) => severity === 'error')
  const released = errors.filter(isLockLeft).map(({detail}) => /lock ID "([^"]+)"/.exec(detail)?.[1] ?? heldIn(detail))
  const written = errors.map(({detail}) => /failed to upload state: \S+ \S+[?&]ID=([\w-]+)/i.exec(detail)?.[1])
  return [...released, ...written].find((id) => id !== undefined)
}

// What the backend says of a lock whose release it refused is of that lock, unless it says that it is another.
function heldIn(detail: string): string | undefined {
  return /(?:does not|doesn't) match/.test(detail) ? undefined : parseLock(detail)?.id
}

/**
 * The lock on the state, or undefined when it is free. No command asks for it, so one is used that takes the lock before
 * it finds that it has nothing to do: `taint` of an object that does not exist, which starts no provider and writes nothing
 * (https://developer.hashicorp.com/terraform/cli/commands/taint).
 * @throws {Error} when the state cannot be asked
 */
export async function currentLock(session: Session): Promise<LockInfo | undefined> {
  const looked = await session.call(['taint', '-no-color', '-allow-missing', '-lock-timeout=0s', NOWHERE])
  const lock = parseLock(`${looked.stdout}\n${looked.stderr}`)
  if (lock === undefined && looked.code !== 0) {
    throw new Error(`the state could not be asked for its lock: ${lastWords(session.tool.name, looked)}`)
  }
  if (lock?.own !== true) return lock
  // The look itself has locked it.
  const freed = await session.call(['force-unlock', '-force', lock.id])
  return freed.code === 0 ? undefined : lock
}

/**
 * Looks at the lock that the tool could not release, and releases it if it is surely the one of this run. Always looks
 * first: with some backends (http) `force-unlock` frees whatever lock there is.
 * @param own the id of the lock that this run took, where it is known
 */
export async function releaseLock(session: Session, own: string | undefined): Promise<Released> {
  try {
    const lock = await currentLock(session)
    // Locked by somebody else is free of ours.
    if (lock === undefined || (own !== undefined && lock.id !== own)) return {kind: 'free'}
    if (own === undefined) return {kind: 'held', lock, own: false}
    const freed = await session.call(['force-unlock', '-force', own])
    return freed.code === 0 ? {kind: 'free'} : {kind: 'held', lock, own: true}
  } catch {
    return {kind: 'unknown', id: own}
  }
}

/** As {@link releaseLock}, for half a minute: nobody could apply anything until a person has freed the lock. */
export async function releaseLockSoon(session: Session, own: string | undefined): Promise<Released> {
  const {clock, cancel, log} = session.world
  log.line(`${session.tool.name} could not release its lock on the state: looking at it again`)
  let released: Released = {kind: 'unknown', id: own}
  for (const pause of BACKEND_PAUSES_MS) {
    await clock.sleep(pause, cancel).catch(() => undefined)
    released = await releaseLock(session, own)
    if (released.kind === 'free') log.line('✓ the lock is released')
    if (released.kind === 'free' || (released.kind === 'held' && !released.own) || cancel.aborted) break
  }
  return released
}
