import {Failure} from '../core/diagnosis.ts'
import type {Released, StillLocked} from './free-lock.ts'
import {describeLock} from './lock.ts'
import type {Session} from './session.ts'

/** What is known of a lock that the tool could not release, as a part of a sentence. */
export function describeLockLeft({world}: Session, lock: StillLocked): string {
  if (lock.kind === 'held') {
    return lock.own
      ? `the lock ${lock.lock.id} is still held`
      : `the state is locked, ${describeLock(lock.lock, world.clock.now())}`
  }
  const which = lock.id === undefined ? 'it' : `the lock ${lock.id}`
  return `whether ${which} is still held cannot be seen, as the backend gives no answer that tells it`
}

/** What to do about it. */
export function lockLeftAdvice({tool}: Session, lock: StillLocked): string {
  const id = lock.kind === 'held' ? lock.lock.id : lock.id
  if (id === undefined) {
    return 'look when the backend is back: the next run goes through, or names the lock that is held and how to free it'
  }
  const sure = lock.kind === 'held' && !lock.own ? 'if no other run is at work, free' : 'free'
  return `${sure} it: run terraform-apply with "mode: unlock" and "lock-id: ${id}" ("${tool.name} force-unlock ${id}")`
}

/** The failure of a plan that was made, and whose lock is not released. */
export function planLockFailure(session: Session, lock: StillLocked): Failure {
  return new Failure({
    reason: 'state-locked',
    subject: session.root,
    cause: `the plan is made, but ${session.tool.name} could not release its lock: ${describeLockLeft(session, lock)}`,
    advice: `${lockLeftAdvice(session, lock)}; then plan again`,
    undo: 'nothing was changed',
  })
}

/** A failure of something else, with the lock that is left as well. */
export function withLock(session: Session, failure: Failure, lock: Released | undefined): Failure {
  if (lock === undefined || lock.kind === 'free') return failure
  const {diagnosis, status} = failure
  const undo = [diagnosis.undo, `${session.tool.name} could not release its lock: ${describeLockLeft(session, lock)}`]
  const advice = `${lockLeftAdvice(session, lock)}; and ${diagnosis.advice}`
  return new Failure({...diagnosis, advice, undo: undo.filter(Boolean).join('; ')}, status)
}
