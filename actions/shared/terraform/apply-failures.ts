import {Failure} from '../core/diagnosis.ts'
import type {Aftermath} from './aftermath.ts'
import type {StillLocked} from './free-lock.ts'
import {describeLockLeft, lockLeftAdvice, withLock} from './lock-left.ts'
import {doneSentence, doneWithIds, partialResult} from './partial-result.ts'
import type {Plan} from './plan.ts'
import type {ApplyProgress} from './progress.ts'
import type {Proof} from './prove-state.ts'
import type {Session} from './session.ts'
import {fileOf, leftAdvice} from './state-left.ts'

type NotProven = Exclude<Proof, {kind: 'there'}>

/** The failure of an apply that did all it was to do, and whose state is not in the backend, or cannot be seen there. */
export function lostFailure(session: Session, proof: NotProven, progress: ApplyProgress): Failure {
  const cause =
    proof.kind === 'missing'
      ? `everything is applied, and its state is lost: the backend said that it took the state, and ${proof.has}`
      : `everything is applied, and whether the backend has its state cannot be seen: ${proof.why}`
  return new Failure({
    reason: proof.kind === 'missing' ? 'apply-failed' : 'unreachable',
    subject: session.root,
    cause,
    advice: lostAdvice(session, proof),
    evidence: [doneWithIds(progress)],
    undo: lostNow(proof),
  })
}

function lostNow({kind}: NotProven): string {
  return kind === 'missing'
    ? 'what was made stands in no state: the table names it, with its ids'
    : 'the tool believes that the state is written; the table names what was made, with its ids'
}

function lostAdvice({tool}: Session, {kind}: NotProven): string {
  const answers = 'find out what answers in the place of the backend (a proxy, a login page)'
  const bring = `bring what the table names into the state by its id ("${tool.name} import") before anything is applied, or it is made a second time`
  return kind === 'missing'
    ? `${answers}; then ${bring}`
    : `${answers}; then plan again: if the plan would make again what the table names, ${bring}; the plan also tells whether the state is still locked`
}

/** What a resource failed of, and that what was made before is in no state either. */
export function withProof(
  session: Session,
  {diagnosis, status}: Failure,
  proof: NotProven,
  progress: ApplyProgress,
): Failure {
  const evidence = [...(diagnosis.evidence ?? []), doneWithIds(progress)]
  const found = proof.kind === 'missing' ? `the backend ${proof.has}` : `the state cannot be read: ${proof.why}`
  const undo = `${found}; ${lostNow(proof)}`
  return new Failure({...diagnosis, evidence, advice: lostAdvice(session, proof), undo}, status)
}

/** The failure of an apply that did all it was to do, and whose lock is not released. */
export function lockFailure(
  session: Session,
  lock: StillLocked,
  {plan, progress}: {readonly plan: Plan; readonly progress: ApplyProgress},
): Failure {
  return new Failure({
    reason: 'state-locked',
    subject: session.root,
    cause: `everything is applied and the state is written, but ${session.tool.name} could not release its lock: ${describeLockLeft(session, lock)}`,
    advice: `${lockLeftAdvice(session, lock)}; apply nothing again, it is done`,
    evidence: partialResult(plan, progress),
    undo: doneSentence(plan, progress),
  })
}

/** A failure with what else is left: what was made and is in no state is worse than what the apply failed of. */
export function withAftermath(session: Session, failure: Failure, {rescue, lock}: Aftermath): Failure {
  return withLock(session, withRescue(session, failure, rescue), lock)
}

function withRescue(session: Session, failure: Failure, rescue: Aftermath['rescue']): Failure {
  const {diagnosis, status} = failure
  if (rescue.kind === 'not-needed') return failure
  if (rescue.kind === 'written') {
    return new Failure(
      {...diagnosis, cause: `${diagnosis.cause}; the state was written after all, on a later try`},
      status,
    )
  }
  if (rescue.kind === 'kept') {
    const undo = `what was made stands in no state yet: it is kept as ${rescue.place}`
    return new Failure({...diagnosis, advice: rescue.advice, undo}, status)
  }
  const undo = `what was made stands in no state but in ${fileOf(session)} on this runner`
  return new Failure({...diagnosis, advice: leftAdvice(session, rescue.why), undo}, status)
}
