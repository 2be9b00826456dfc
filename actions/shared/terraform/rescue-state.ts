import {readFile, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {errorMessage} from '../core/errors.ts'
import {BACKEND_PAUSES_MS} from './backend-pauses.ts'
import {openState} from './encrypted-state.ts'
import {pushState} from './push-state.ts'
import type {LostState} from './push-state.ts'
import {stateInPlan} from './plan-archive.ts'
import type {Session} from './session.ts'
import {fileOf, LEFT_BEHIND} from './state-left.ts'

/** Keeps a lost state where it outlives the runner. */
export interface StateKeeper {
  /** Gives where it is, in words. @throws {Error} when it could not be kept */
  keep(lost: LostState): Promise<Kept>
  drop(): Promise<void>
}

/** A lost state that is kept. */
export interface Kept {
  /** `s3://plans/infra-default-1a2b3c4d.slipway-state` */
  readonly place: string
  /** How it gets into the backend: `re-run this job ...`. */
  readonly advice: string
}

/** What became of a state that could not be written. */
export type Rescue =
  | {readonly kind: 'not-needed'}
  /** Written after all. */
  | {readonly kind: 'written'}
  | ({readonly kind: 'kept'} & Kept)
  /** Only a file on this runner. @param why it could not be kept */
  | {readonly kind: 'left'; readonly why: string}

/**
 * Saves the state that an apply could not write: on a runner that is thrown away nothing else would know of what was
 * made. It is kept first, so that whatever ends this process ends no state; then it is written, if the backend takes it
 * within half a minute.
 * @param planFile the plan that was applied
 * @param release called before each try, as nothing is written to a locked state; gives whether the backend answers
 */
export async function rescueState(
  session: Session,
  planFile: string,
  openKeeper: () => Promise<StateKeeper>,
  release: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<Rescue> {
  const {world, tool} = session
  world.log.line(`${tool.name} could not write the state and left it in ${fileOf(session)}`)
  const state = await readFile(join(session.folder, LEFT_BEHIND), 'utf8')
  const lost = {state, before: await stateInPlan(planFile)}
  const [kept, keeper] = await keep(lost, openKeeper)
  if (kept.kind === 'kept') world.log.line(`it is kept as ${kept.place}`)
  if (!(await writtenSoon(session, lost, release))) return kept
  await rm(join(session.folder, LEFT_BEHIND), {force: true})
  world.log.line('✓ the state is written')
  if (kept.kind === 'kept') await dropKept(session, kept.place, keeper)
  return {kind: 'written'}
}

async function keep(lost: LostState, openKeeper: () => Promise<StateKeeper>): Promise<[Rescue, StateKeeper?]> {
  try {
    const keeper = await openKeeper()
    return [{kind: 'kept', ...(await keeper.keep(lost))}, keeper]
  } catch (error) {
    return [{kind: 'left', why: errorMessage(error)}]
  }
}

/** Drops a state that is written now. One that stays is known for what it is by the next run. */
export async function dropKept(
  {world}: Pick<Session, 'world'>,
  place: string,
  keeper: Pick<StateKeeper, 'drop'> | undefined,
): Promise<void> {
  try {
    await keeper?.drop()
  } catch (error) {
    world.log.warning(world.mask.scrub(`${place} is written, and could not be deleted: ${errorMessage(error)}`))
  }
}

const AWAY = {kind: 'away'} as const

// A cancelled run has seconds left: it tries once and does not wait.
async function writtenSoon(session: Session, lost: LostState, release: () => Promise<boolean>): Promise<boolean> {
  const {clock, cancel, log} = session.world
  const opened = await openState(session, lost.state)
  if (opened.kind === 'closed') {
    log.line(`it is encrypted, and cannot be opened here: ${opened.why}`)
    return false
  }
  if (!cancel.aborted) log.line('trying to write it again, for half a minute')
  for (const pause of BACKEND_PAUSES_MS) {
    if (!cancel.aborted) await clock.sleep(pause, cancel).catch(() => undefined)
    const pushed = (await release()) ? await pushState(session, {...lost, state: opened.state}) : AWAY
    if (pushed.kind === 'written' || pushed.kind === 'there') return true
    if (pushed.kind === 'moved') log.line(`somebody else has written the state meanwhile (${pushed.there})`)
    if (pushed.kind === 'moved' || cancel.aborted) return false
  }
  return false
}
