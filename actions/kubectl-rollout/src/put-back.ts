import {humanDuration} from '../../shared/core/clock.ts'
import {Failure} from '../../shared/core/diagnosis.ts'
import {CancelledError, errorMessage} from '../../shared/core/errors.ts'
import {asFailure} from '../../shared/core/run.ts'
import type {World} from '../../shared/core/world.ts'
import {answers} from '../../shared/kubernetes/api/answers.ts'
import {clusterFailure} from '../../shared/kubernetes/api/cluster-failure.ts'
import type {Applied} from '../../shared/kubernetes/change/apply.ts'
import {undo} from '../../shared/kubernetes/change/undo.ts'
import type {Undone} from '../../shared/kubernetes/change/undo.ts'
import {title} from '../../shared/kubernetes/object.ts'
import {standingTitle} from '../../shared/kubernetes/watch/standing.ts'
import {watchRollout} from '../../shared/kubernetes/watch/rollout.ts'
import type {Outcome} from '../../shared/kubernetes/watch/rollout.ts'
import type {RolloutInputs} from './inputs.ts'
import type {Prepared} from './prepared.ts'
import {reportFailed} from './report.ts'
import {trackedOf, watcherOf} from './tracked.ts'

/** Longest wait for the version before; it ran a moment ago. */
const UNDO_TIMEOUT_MS = 300_000
/** An API server that has just failed may come back; the runner kills a cancelled run after 10 s. */
const ANSWER_MS = 15_000
const CANCELLED_ANSWER_MS = 3_000

/**
 * Undoes what was applied, as far as the inputs ask for it, and gives the failure that says how things stand now.
 * @param thrown why the run failed
 */
export async function putBack(
  world: World,
  inputs: RolloutInputs,
  prepared: Prepared,
  applied: readonly Applied[],
  thrown: unknown,
): Promise<Failure> {
  const failure = asFailure(clusterFailure(thrown))
  const end = await stateNow(world, inputs, prepared, applied, thrown instanceof CancelledError)
  const status = end.restored && failure.status !== 'cancelled' ? 'rolled-back' : failure.status
  const final = new Failure({...failure.diagnosis, ...(end.says !== '' && {undo: end.says})}, status)
  reportFailed(world, prepared, applied, final)
  return final
}

interface Now {
  readonly says: string
  readonly restored: boolean
}

async function stateNow(
  world: World,
  inputs: RolloutInputs,
  prepared: Prepared,
  applied: readonly Applied[],
  cancelled: boolean,
): Promise<Now> {
  const touched = applied.filter(({change}) => change.action !== 'same')
  if (touched.length === 0) return {says: 'nothing was changed by this run, so nothing was undone', restored: false}
  const wish = cancelled ? inputs.onCancel : inputs.onFailure
  const left = (why: string): Now => ({says: `${leftAsApplied(touched)}${why}`, restored: false})
  if (wish === 'keep') return left(` ("${cancelled ? 'on-cancel' : 'on-failure'}: keep")`)
  if (await answers(prepared.connection.api, world.clock, cancelled ? CANCELLED_ANSWER_MS : ANSWER_MS)) {
    return await goBack(world, inputs, prepared, touched, cancelled)
  }
  return left(': the API server does not answer, so nothing could be put back')
}

async function goBack(
  world: World,
  inputs: RolloutInputs,
  prepared: Prepared,
  touched: readonly Applied[],
  cancelled: boolean,
): Promise<Now> {
  if (touched.some(({change}) => change.action === 'change')) world.log.line('▸ Put back what this run changed')
  const undone = await undo(prepared.connection.api, touched, prepared.settings)
  const back = cancelled
    ? {says: backWithoutWait(undone), restored: true}
    : await awaitUndo(world, inputs, prepared, undone)
  const left =
    undone.left.length === 0 ? [] : [`${list(undone.left)} new, so there is nothing to go back to; left as applied`]
  const says = [...(undone.restored.length === 0 ? [] : [back.says]), ...left, ...undone.problems].join('; ')
  return {says, restored: back.restored && undone.restored.length > 0 && undone.problems.length === 0}
}

function leftAsApplied(touched: readonly Applied[]): string {
  const unsure = touched.filter((one) => one.unsure === true)
  const sure = touched.filter((one) => one.unsure !== true)
  return [
    ...(sure.length > 0 ? [`${list(sure)} left as applied`] : []),
    ...(unsure.length > 0 ? [`${names(unsure)} may have been applied, as the answer was lost`] : []),
  ].join('; ')
}

function list(applied: readonly Applied[]): string {
  return `${names(applied)} ${applied.length === 1 ? 'is' : 'are'}`
}

function names(applied: readonly Applied[]): string {
  const all = applied.map(({object}) => title(object))
  const shown = all.slice(0, 3).join(', ')
  return all.length > 3 ? `${shown} and ${String(all.length - 3)} more` : shown
}

function backWithoutWait({restored}: Undone): string {
  return `${list(restored)} put back; the run was cancelled, so nobody waited for it`
}

async function awaitUndo(world: World, inputs: RolloutInputs, prepared: Prepared, undone: Undone): Promise<Now> {
  // How long an object may take by its own word says nothing about going back.
  const tracked = trackedOf(undone.restored, []).map(({resource, namespace, object}) => ({resource, namespace, object}))
  if (tracked.length === 0) return {says: `${list(undone.restored)} as before this run`, restored: true}
  const patience = {...inputs, timeoutMs: UNDO_TIMEOUT_MS, stableForMs: 0}
  try {
    const outcome = await watchRollout(watcherOf(world, prepared), tracked, patience, (ended) => Promise.resolve(ended))
    return {says: undoSentence(outcome), restored: outcome.state === 'succeeded'}
  } catch (error) {
    return {says: `${list(undone.restored)} put back, but: ${errorMessage(error)}`, restored: false}
  }
}

function undoSentence({state, standings, tookMs}: Outcome): string {
  const parts = standings.map((one) => `${standingTitle(one, standings)} (${one.says})`)
  const shown =
    parts.length > 3 ? `${parts.slice(0, 3).join(', ')} and ${String(parts.length - 3)} more` : parts.join(', ')
  if (state === 'succeeded') return `back to what ran before this run after ${humanDuration(tookMs)}: ${shown}`
  return `put back, but what ran before does not come up either: ${shown}`
}
