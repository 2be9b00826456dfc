import {lastWords} from '../core/exec.ts'
import type {Finished} from '../core/exec.ts'
import {canonicalJson, isRecord} from '../core/json.ts'
import {BACKEND_PAUSES_MS} from './backend-pauses.ts'
import {diagnosticsFromText} from './diagnostics.ts'
import {sentence} from './failures.ts'
import {stateInPlan} from './plan-archive.ts'
import type {Plan, ResourceChange} from './plan.ts'
import type {Operation} from './progress.ts'
import {pullState} from './pull-state.ts'
import type {RootOutput} from './root-outputs.ts'
import type {Session} from './session.ts'
import {readStateFile} from './state-file.ts'
import type {StateFile} from './state-file.ts'

/** What an apply says that it did. */
export interface Reported {
  readonly plan: Plan
  readonly operations: readonly Operation[]
  /** The values of the root outputs that are not sensitive. */
  readonly outputs: ReadonlyMap<string, unknown>
}

/** Whether the backend has the state that an apply has written. */
export type Proof =
  /** @param outputs the root outputs in it; undefined where there is no state */
  | {readonly kind: 'there'; readonly outputs: readonly RootOutput[] | undefined}
  /** @param has what the backend has instead, in words */
  | {readonly kind: 'missing'; readonly has: string}
  /** @param why it could not be read */
  | {readonly kind: 'unseen'; readonly why: string}

/**
 * Reads the state back. The tool believes whoever answers 200 to its write: a proxy or a login page takes the state, and
 * what was made is in none, and in no file either.
 * @param planFile the plan that was applied: the state from before is in it
 */
export async function proveState(session: Session, planFile: string, reported: Reported): Promise<Proof> {
  const {clock, cancel} = session.world
  let read = await pullState(session)
  for (const pause of BACKEND_PAUSES_MS) {
    if (typeof read === 'string' || cancel.aborted) break
    await clock.sleep(pause, cancel).catch(() => undefined)
    read = await pullState(session)
  }
  if (typeof read !== 'string') return {kind: 'unseen', why: wordsOf(session, read)}
  const there = readStateFile(read)
  const has = lack(there, readStateFile(await stateInPlan(planFile)), reported)
  return has === undefined ? {kind: 'there', outputs: there?.outputs} : {kind: 'missing', has}
}

function wordsOf({tool, root}: Session, finished: Finished): string {
  const [first] = diagnosticsFromText(finished.stderr, root)
  if (first !== undefined) return sentence(first)
  // `state pull` writes without the heading that diagnostics have: what it is about, and the first reason below.
  const lines = finished.stderr.split('\n').map((line) => line.trim())
  const at = lines.findIndex((line) => /^(?:Failed|Error|Unable)\b/.test(line))
  const reason = lines.slice(at + 1).find((line) => line.startsWith('- '))
  if (at === -1) return lastWords(tool.name, finished)
  return [lines[at]?.replace(/:?(?: \d+ problems:)?$/, ''), reason?.slice(2)].filter(Boolean).join(': ')
}

/**
 * What the state in the backend shows of not being the one that the apply wrote, in words; undefined when it is.
 * A serial that has risen is not enough: a long apply writes its state several times.
 */
export function lack(
  there: StateFile | undefined,
  before: StateFile | undefined,
  {plan, operations, outputs}: Reported,
): string | undefined {
  const done = operations.filter(({failed}) => !failed)
  if (there === undefined) return done.length > 0 || outputs.size > 0 ? 'holds none' : undefined
  const changeOf = ({address}: Operation): ResourceChange | undefined =>
    plan.resources.find((change) => change.address === address && change.deposed === undefined)
  const created = done.filter(({action, id}) => action === 'create' && id !== undefined)
  const lost = created.find(
    (operation) => there.objects?.has(`${changeOf(operation)?.type ?? ''} ${operation.id ?? ''}`) === false,
  )
  if (lost !== undefined) return `does not know ${lost.address} (${lost.id ?? ''})`
  const stale = there.outputs?.find(
    ({name, value}) => outputs.has(name) && canonicalJson(outputs.get(name)) !== canonicalJson(value),
  )
  if (stale !== undefined) return `holds another value of the output "${stale.name}"`
  const kept = before?.lineage === there.lineage && there.serial <= before.serial
  return kept && done.some((operation) => surelyChanged(changeOf(operation)))
    ? `still holds the one from before (serial ${String(there.serial)})`
    : undefined
}

// What else an apply does may leave a state as it was: a replacement by the same, a value that was not known before.
function surelyChanged(change: ResourceChange | undefined): boolean {
  if (change === undefined || change.mode !== 'managed') return false
  const {before, after, afterUnknown} = change.values
  if (change.kind === 'create' || change.kind === 'delete') return true
  if (!isRecord(before) || !isRecord(after) || !isRecord(afterUnknown)) return false
  return Object.entries(after).some(
    ([name, value]) => !afterUnknown[name] && canonicalJson(value) !== canonicalJson(before[name]),
  )
}
