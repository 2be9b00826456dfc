import type {Evidence} from '../core/diagnosis.ts'
import type {Plan} from './plan.ts'
import {operationCount} from './progress.ts'
import type {ApplyProgress} from './progress.ts'

/** `2 of 3 operations are done and in the state` */
export function doneSentence(plan: Plan, {operations}: ApplyProgress): string {
  const done = operations.filter(({failed}) => !failed).length
  return `${String(done)} of ${String(operationCount(plan))} operations are done and in the state`
}

/** What became of each change of the plan. */
export function partialResult(plan: Plan, progress: ApplyProgress): Evidence[] {
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

/** What was done, with the ids by which it is found again. */
export function doneWithIds({operations}: Pick<ApplyProgress, 'operations'>): Evidence {
  const rows = operations
    .filter(({failed}) => !failed)
    .map(({address, action, id}) => [address, DONE[action] ?? action, id ?? ''])
  return {title: 'what was done, and may be in no state', table: {columns: ['resource', 'done', 'id'], rows}}
}

const DONE: Readonly<Record<string, string>> = {
  create: 'created',
  update: 'changed',
  delete: 'destroyed',
}
