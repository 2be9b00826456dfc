import {Failure} from '../core/diagnosis.ts'
import type {Evidence} from '../core/diagnosis.ts'
import {lastWords} from '../core/exec.ts'
import {explainBroken} from './failures.ts'
import {applyArgv} from './plan-argv.ts'
import type {PlanOptions} from './plan-argv.ts'
import type {Plan} from './plan.ts'
import {ApplyProgress, operationCount} from './progress.ts'
import type {Operation} from './progress.ts'
import type {Rescue, StateKeeper} from './rescue-state.ts'
import type {Session} from './session.ts'
import {fileOf, leftAdvice, stateLeft} from './state-left.ts'
import type {StateLeft} from './state-left.ts'
import {readUiLine} from './ui.ts'

/** What is applied. */
export interface ToApply {
  readonly plan: Plan
  /** The binary plan. */
  readonly file: string
  readonly options: PlanOptions
  /** Called with the tool's process id as soon as it applies. */
  readonly onStart?: (pid: number) => void
  /** Opens what keeps a state that the backend does not take. */
  readonly openKeeper: () => Promise<StateKeeper>
}

/**
 * Applies a saved plan as it is, live, and gives the operations that were done.
 * @throws {Failure} that says which resource failed and why, what was done before and what was not
 */
export async function applyPlan(
  session: Session,
  {plan, file, options, onStart, openKeeper}: ToApply,
): Promise<readonly Operation[]> {
  const {world} = session
  const progress = new ApplyProgress(world.log, world.clock, operationCount(plan))
  const leftBefore = stateLeft(session)
  const finished = await session.live(
    applyArgv(options, file),
    (line) => {
      progress.take(readUiLine(line, session.root))
    },
    onStart && {onStart},
  )
  if (finished.code === 0 && !world.cancel.aborted) return progress.operations
  const rescue = await rescued(session, leftBefore, file, openKeeper)
  if (world.cancel.aborted) throw withRescue(session, cancelled(session, plan, progress, rescue), rescue)
  const failure = explainBroken(world, {
    phase: 'apply',
    root: session.root,
    diagnostics: progress.diagnostics,
    lastWords: lastWords(session.tool.name, finished),
  })
  throw withRescue(session, withPartialResult(failure, plan, progress), rescue)
}

// The rescue is a rare thing: its code is loaded when it is needed.
async function rescued(
  session: Session,
  leftBefore: StateLeft,
  planFile: string,
  openKeeper: ToApply['openKeeper'],
): Promise<Rescue> {
  if (stateLeft(session) === undefined || stateLeft(session) === leftBefore) return {kind: 'not-needed'}
  const {rescueState} = await import('./rescue-state.ts')
  return await rescueState(session, planFile, openKeeper)
}

// What was made and is in no state is worse than what the apply failed of.
function withRescue(session: Session, failure: Failure, rescue: Rescue): Failure {
  const {diagnosis, status} = failure
  if (rescue.kind === 'not-needed') return failure
  if (rescue.kind === 'written') {
    const cause = `${diagnosis.cause}; the state was written after all, on a later try`
    const advice = 'nothing is lost: plan again, and the plan holds what is left to do'
    return new Failure({...diagnosis, cause, advice}, status)
  }
  if (rescue.kind === 'kept') {
    const undo = `what was made stands in no state yet: it is kept as ${rescue.place}`
    return new Failure({...diagnosis, advice: rescue.advice, undo}, status)
  }
  const undo = `what was made stands in no state but in ${fileOf(session)} on this runner`
  return new Failure({...diagnosis, advice: leftAdvice(session, rescue.why), undo}, status)
}

function withPartialResult({diagnosis, status}: Failure, plan: Plan, progress: ApplyProgress): Failure {
  if (progress.operations.length === 0) return new Failure({undo: 'nothing was changed', ...diagnosis}, status)
  const evidence = [...(diagnosis.evidence ?? []), ...partialResult(plan, progress)]
  return new Failure({...diagnosis, evidence, undo: doneSentence(plan, progress)}, status)
}

// The tool ended by itself, so it has released its lock; else the post step would have to look.
function cancelled(session: Session, plan: Plan, progress: ApplyProgress, rescue: Rescue): Failure {
  const wrote = rescue.kind === 'not-needed' ? 'wrote the state' : 'could not write the state'
  const diagnosis = {
    reason: 'cancelled',
    subject: session.root,
    cause: `the apply was cancelled; ${session.tool.name} stopped by itself, ${wrote} and released its lock`,
    advice: 'plan again: what is done is in the state, and a new plan holds the rest',
    evidence: partialResult(plan, progress),
    undo: progress.operations.length === 0 ? 'nothing was changed' : doneSentence(plan, progress),
  } as const
  return new Failure(diagnosis, 'cancelled')
}

function doneSentence(plan: Plan, {operations}: ApplyProgress): string {
  const done = operations.filter(({failed}) => !failed).length
  return `${String(done)} of ${String(operationCount(plan))} operations are done and in the state`
}

function partialResult(plan: Plan, progress: ApplyProgress): Evidence[] {
  const done = new Set(progress.operations.filter(({failed}) => !failed).map(({address}) => address))
  const failed = new Set(progress.operations.filter((operation) => operation.failed).map(({address}) => address))
  const open = new Set(progress.running())
  const rows = plan.resources
    .filter(({kind}) => !['no-op', 'move', 'import', 'forget'].includes(kind))
    .map(({address, kind}) => [address, kind, outcome(address, {done, failed, open})])
  return [{title: 'what was done and what was not', table: {columns: ['resource', 'planned', 'result'], rows}}]
}

interface Outcomes {
  readonly done: ReadonlySet<string>
  readonly failed: ReadonlySet<string>
  readonly open: ReadonlySet<string>
}

// A replacement that failed half way has a finished operation and a failed one: what failed is the news.
function outcome(address: string, {done, failed, open}: Outcomes): string {
  if (failed.has(address)) return 'failed'
  if (open.has(address)) return 'unknown: it was under way'
  return done.has(address) ? 'done' : 'not begun'
}
