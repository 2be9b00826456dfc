import {Failure} from '../core/diagnosis.ts'
import {lastWords} from '../core/exec.ts'
import type {Finished} from '../core/exec.ts'
import {releasedUnanswered} from './asking-again.ts'
import {isLocked, settleAftermath, sortErrors} from './aftermath.ts'
import type {Aftermath, Told} from './aftermath.ts'
import {lockFailure, lostFailure, withAftermath, withProof} from './apply-failures.ts'
import {explainBroken} from './failures.ts'
import {doneSentence, partialResult} from './partial-result.ts'
import {applyArgv} from './plan-argv.ts'
import type {PlanOptions} from './plan-argv.ts'
import type {Plan} from './plan.ts'
import {ApplyProgress, operationCount} from './progress.ts'
import type {Operation} from './progress.ts'
import {proveState} from './prove-state.ts'
import type {Proof} from './prove-state.ts'
import type {StateKeeper} from './rescue-state.ts'
import type {RootOutput} from './root-outputs.ts'
import type {Session} from './session.ts'
import {stateLeft} from './state-left.ts'
import {readUiLine} from './ui.ts'

/** What is applied. */
export interface ToApply {
  readonly plan: Plan
  /** The binary plan. */
  readonly file: string
  readonly options: PlanOptions
  /** Called with the tool's process id as soon as it applies. */
  readonly onStart?: (pid: number) => void
  /** Called when the tool could not release its lock, and the state may still be locked. */
  readonly onLocked?: () => void
  /** Opens what keeps a state that the backend does not take. */
  readonly openKeeper: () => Promise<StateKeeper>
}

/** What was applied. */
export interface Done {
  readonly operations: readonly Operation[]
  /** As they stand in the state; undefined where they were not read. */
  readonly outputs: readonly RootOutput[] | undefined
}

/**
 * Applies a saved plan as it is, live; what was done is then in the state, and the state is not locked.
 * @throws {Failure} that says which resource failed and why, what was done before and what was not
 */
export async function applyPlan(session: Session, toApply: ToApply): Promise<Done> {
  const {file, openKeeper} = toApply
  const leftBefore = stateLeft(session)
  const {finished, progress} = await runApply(session, toApply)
  if (finished.code === 0 && !session.world.cancel.aborted) return await proven(session, toApply, progress)
  const hasState = stateLeft(session) !== undefined && stateLeft(session) !== leftBefore
  const told = sortErrors(progress.diagnostics)
  const after = await settleAftermath(session, told, hasState ? {planFile: file, openKeeper} : undefined)
  return await afterwards(session, toApply, progress, {told, finished, after})
}

interface Run {
  readonly finished: Finished
  readonly progress: ApplyProgress
}

// A command that was told of its own lock has done nothing yet.
async function runApply(session: Session, toApply: ToApply): Promise<Run> {
  const first = await runOnce(session, toApply)
  return (await releasedUnanswered(session, first.progress.diagnostics)) ? await runOnce(session, toApply) : first
}

async function runOnce(session: Session, {plan, file, options, onStart}: ToApply): Promise<Run> {
  const {world, root} = session
  const progress = new ApplyProgress(world.log, world.clock, operationCount(plan))
  const take = (line: string): void => {
    progress.take(readUiLine(line, root))
  }
  const finished = await session.live(applyArgv(options, file), take, onStart && {onStart})
  return {finished, progress}
}

/** How the tool ended, what it said of it, and what became of what it could not do. */
interface Ended {
  readonly told: Told
  readonly finished: Finished
  readonly after: Aftermath
}

async function afterwards(session: Session, toApply: ToApply, progress: ApplyProgress, ended: Ended): Promise<Done> {
  const {told, after} = ended
  const {plan, onLocked} = toApply
  if (isLocked(after)) onLocked?.()
  if (session.world.cancel.aborted) throw withAftermath(session, cancelled(session, plan, progress, told), after)
  const allDone = told.others.length === 0 && told.ofState.length + told.ofLock.length > 0
  if (!allDone) throw withAftermath(session, await partlyDone(session, toApply, progress, ended), after)
  const written = told.ofState.length === 0 || after.rescue.kind === 'written'
  if (!written) throw withAftermath(session, explained(session, progress, ended, plan), after)
  if (isLocked(after)) throw lockFailure(session, after.lock, {plan, progress})
  const done = await proven(session, toApply, progress)
  session.world.log.warning(lateSentence(session, told))
  return done
}

// What the tool could not do at its end is done by now.
function lateSentence({root, tool}: Session, {ofState, ofLock}: Told): string {
  const late = [ofState.length > 0 ? 'write the state' : '', ofLock.length > 0 ? 'release its lock' : '']
  const what = late.filter(Boolean).join(' and ')
  return `${root}: ${tool.name} could not ${what}, as its backend was busy or away; it is done now, and nothing is lost.`
}

async function proven(session: Session, {plan, file, onLocked}: ToApply, progress: ApplyProgress): Promise<Done> {
  const {operations, outputs} = progress
  const proof = await proveState(session, file, {plan, operations, outputs})
  // Whoever answered the write in the place of the backend may have answered the release of the lock too.
  if (proof.kind === 'unseen') onLocked?.()
  if (proof.kind !== 'there') throw lostFailure(session, proof, progress)
  return {operations, outputs: proof.outputs}
}

async function partlyDone(
  session: Session,
  {plan, file}: ToApply,
  progress: ApplyProgress,
  ended: Ended,
): Promise<Failure> {
  const failure = explained(session, progress, ended, plan)
  const {operations, outputs} = progress
  // What could not be written is known to be missing.
  if (ended.told.ofState.length > 0 || operations.every(({failed}) => failed)) return failure
  const proof: Proof = await proveState(session, file, {plan, operations, outputs})
  return proof.kind === 'there' ? failure : withProof(session, failure, proof, progress)
}

function explained(session: Session, progress: ApplyProgress, {told, finished}: Ended, plan: Plan): Failure {
  // What follows from one fault is told once: that the state was not written, and not in which steps.
  const diagnostics = told.others.length > 0 ? told.others : told.ofState.slice(0, 1)
  const broken = explainBroken(session.world, {
    phase: 'apply',
    root: session.root,
    diagnostics,
    lastWords: lastWords(session.tool.name, finished),
  })
  return withPartialResult(broken, plan, progress)
}

function withPartialResult({diagnosis, status}: Failure, plan: Plan, progress: ApplyProgress): Failure {
  if (progress.operations.length === 0) return new Failure({undo: 'nothing was changed', ...diagnosis}, status)
  const evidence = [...(diagnosis.evidence ?? []), ...partialResult(plan, progress)]
  return new Failure({...diagnosis, evidence, undo: doneSentence(plan, progress)}, status)
}

// The tool ended by itself, so it has released its lock, unless it says otherwise.
function cancelled(session: Session, plan: Plan, progress: ApplyProgress, {ofState, ofLock}: Told): Failure {
  const wrote = ofState.length === 0 ? 'wrote the state' : 'could not write the state'
  const released = ofLock.length === 0 ? 'released its lock' : 'could not release its lock'
  const diagnosis = {
    reason: 'cancelled',
    subject: session.root,
    cause: `the apply was cancelled; ${session.tool.name} stopped by itself, ${wrote} and ${released}`,
    advice: 'plan again: what is done is in the state, and a new plan holds the rest',
    evidence: partialResult(plan, progress),
    undo: progress.operations.length === 0 ? 'nothing was changed' : doneSentence(plan, progress),
  } as const
  return new Failure(diagnosis, 'cancelled')
}
