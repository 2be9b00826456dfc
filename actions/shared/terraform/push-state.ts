import {rm} from 'node:fs/promises'
import {join} from 'node:path'
import {Failure} from '../core/diagnosis.ts'
import {lastWords} from '../core/exec.ts'
import type {Finished} from '../core/exec.ts'
import {privateFolder, writePrivateFile} from '../core/files.ts'
import {diagnosticsFromText} from './diagnostics.ts'
import {explainBroken} from './failures.ts'
import {pullState} from './pull-state.ts'
import type {Session} from './session.ts'
import {readStateFile, withSerial} from './state-file.ts'
import type {StateFile} from './state-file.ts'

/** A state that an apply could not write. */
export interface LostState {
  /** As the tool left it. It holds secrets in clear text, unless OpenTofu encrypted it. */
  readonly state: string
  /** The state that the apply's plan was made with; empty when it cannot be told. */
  readonly before: string
}

/** Why a state does not go onto the one that is there: what either of the two knows alone. */
export interface Moved {
  readonly kind: 'moved'
  /** `serial 7` */
  readonly there: string
  readonly onlyThere: readonly string[]
  readonly onlyLost: readonly string[]
}

/** What became of a state that was to be written. */
export type Pushed =
  | {readonly kind: 'written'}
  /** Nothing in it is missing in what is there. */
  | {readonly kind: 'there'}
  | Moved
  /** The backend could not be asked or did not take it. */
  | {readonly kind: 'refused'; readonly explain: () => Failure}

/**
 * Writes a state that an apply could not write, unless somebody has written another one meanwhile: never by force.
 *
 * The tool's own check (same lineage, higher serial) is not enough. Each try to write raises the serial, so a state whose
 * backend was away for minutes is some serials ahead, and would go over what another run wrote since. So it is written
 * only if no object of what is there gets lost, and as the very next serial: whoever writes between the look and the push
 * has that serial already, and the tool refuses under its lock.
 * @param lost with its state open: `state push` reads no encrypted file
 */
export async function pushState(session: Session, lost: LostState, lockTimeout?: string): Promise<Pushed> {
  const folder = await privateFolder(session.world.env, 'slipway-state')
  try {
    const asked = await pullState(session)
    if (typeof asked !== 'string') return refused(session, asked)
    const there = readStateFile(asked)
    const verdict = judge(lost, there)
    if (verdict !== 'push') return verdict
    const file = join(folder, 'lost.tfstate')
    const next = asNext(lost.state, there)
    await writePrivateFile(file, next)
    const wait = lockTimeout === undefined ? [] : [`-lock-timeout=${lockTimeout}`]
    const pushed = await session.call(['state', 'push', '-no-color', ...wait, file])
    if (pushed.code !== 0) return refused(session, pushed)
    // Whoever answers 200 in the place of the backend is believed by the tool, and not here: the kept state is dropped next.
    const now = await pullState(session)
    if (typeof now !== 'string') return refused(session, now)
    return isWritten(readStateFile(now), readStateFile(next), there) ? {kind: 'written'} : swallowed(session)
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}

/** Whether it is to be written, or what became of it without. */
type Verdict = 'push' | Exclude<Pushed, {kind: 'refused'}>

/** Whether a state may be written onto the one that is there, if any is. */
export function judge({state, before}: LostState, there: StateFile | undefined): Verdict {
  const ours = readStateFile(state)
  if (there === undefined) return 'push'
  if (ours?.lineage !== there.lineage) return ofAnotherLineage(there, ours)
  const [made, standing] = [ours.objects, there.objects]
  // Both tools show a state open: what is in it can be told.
  if (made === undefined || standing === undefined) return moved(there)
  // What the apply itself destroyed is in the state before it, and may still be in what is there.
  const earlier = readStateFile(before)?.objects ?? new Map<string, string>()
  const onlyThere = [...standing].filter(([key]) => !made.has(key) && !earlier.has(key)).map(([, name]) => name)
  const onlyLost = [...made].filter(([key]) => !standing.has(key)).map(([, name]) => name)
  if (there.serial < ours.serial) return onlyThere.length === 0 ? 'push' : moved(there, onlyThere, onlyLost)
  return onlyLost.length === 0 ? {kind: 'there'} : moved(there, onlyThere, onlyLost)
}

// The tool gives a first state that is pushed a lineage of its own: what a push before this one wrote has another one.
function ofAnotherLineage(there: StateFile, ours: StateFile | undefined): Verdict {
  const made = [...(ours?.objects?.keys() ?? [])]
  const isThere = made.length > 0 && made.every((key) => there.objects?.has(key) === true)
  return isThere ? {kind: 'there'} : moved(there)
}

function moved({serial}: StateFile, onlyThere: readonly string[] = [], onlyLost: readonly string[] = []): Moved {
  return {kind: 'moved', there: `serial ${String(serial)}`, onlyThere, onlyLost}
}

function asNext(state: string, there: StateFile | undefined): string {
  return there === undefined ? state : withSerial(state, there.serial + 1)
}

// Where there was no state the tool begins a new lineage; else somebody may have written on top of it already.
function isWritten(now: StateFile | undefined, pushed: StateFile | undefined, before: StateFile | undefined): boolean {
  if (now === undefined || pushed === undefined) return false
  if (before !== undefined) return now.lineage === pushed.lineage && now.serial >= pushed.serial
  return [...(pushed.objects?.keys() ?? [])].every((key) => now.objects?.has(key) !== false)
}

function swallowed({root}: Session): Pushed {
  const explain = (): Failure =>
    new Failure({
      reason: 'apply-failed',
      subject: root,
      cause: 'the backend said that it took the state, and does not have it',
      advice: 'find out what answers in the place of the backend (a proxy, a login page), then run this again',
    })
  return {kind: 'refused', explain}
}

function refused(session: Session, finished: Finished): Pushed {
  const broken = {
    phase: 'apply',
    root: session.root,
    diagnostics: diagnosticsFromText(`${finished.stdout}\n${finished.stderr}`, session.root),
    lastWords: lastWords(session.tool.name, finished),
  } as const
  return {kind: 'refused', explain: () => explainBroken(session.world, broken)}
}
