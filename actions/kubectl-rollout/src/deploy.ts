import type {Diagnosis} from '../../shared/core/diagnosis.ts'
import {Failure} from '../../shared/core/diagnosis.ts'
import {asFailure} from '../../shared/core/run.ts'
import type {World} from '../../shared/core/world.ts'
import {clusterFailure} from '../../shared/kubernetes/api/cluster-failure.ts'
import {applyAll} from '../../shared/kubernetes/change/apply.ts'
import type {Applied} from '../../shared/kubernetes/change/apply.ts'
import {changedInShort} from '../../shared/kubernetes/change/changes-text.ts'
import {title} from '../../shared/kubernetes/object.ts'
import {culpritOf, diagnose} from '../../shared/kubernetes/diagnosis/diagnose.ts'
import {announceMembers} from '../../shared/kubernetes/prune/prune.ts'
import {watchRollout} from '../../shared/kubernetes/watch/rollout.ts'
import type {Outcome} from '../../shared/kubernetes/watch/rollout.ts'
import type {RolloutInputs} from './inputs.ts'
import type {Prepared} from './prepared.ts'
import {pruneAfter} from './pruning.ts'
import {reportEnd, reportFailed, reportSuccess} from './report.ts'
import {lendLogin} from './pull-secret.ts'
import {putBack} from './put-back.ts'
import {stableForMs} from './stability.ts'
import {trackedOf, watcherOf} from './tracked.ts'

/** How the wait ended, with the reason when it did not end well. */
interface Ended {
  readonly outcome: Outcome
  readonly diagnosis?: Diagnosis
}

/**
 * Applies what differs, waits for all of it, and undoes it when it fails.
 * @throws {Failure} with the diagnosis, when anything was refused or did not come up
 */
export async function deploy(world: World, inputs: RolloutInputs, prepared: Prepared): Promise<void> {
  const {connection, changes, settings} = prepared
  const applied: Applied[] = []
  const note = (one: Applied): void => {
    applied.push(one)
  }
  try {
    await applyAll({
      api: connection.api,
      clock: world.clock,
      changes,
      settings,
      cancel: world.cancel,
      onApplied: note,
      beforeContents: () => announce(prepared),
      beforeWorkloads: () => lendLogin(world, inputs, prepared),
    })
  } catch (thrown) {
    throw await putBack(world, inputs, prepared, applied, thrown)
  }
  await conclude(world, inputs, prepared, applied)
}

async function announce({connection, prune, settings}: Prepared): Promise<void> {
  if (prune !== undefined) await announceMembers(connection.api, prune, settings.fieldManager)
}

/**
 * Waits for what was applied, deletes what left the manifests, and reports how it ended.
 * @throws {Failure} with the diagnosis and the state things are in, when it did not come up
 */
export async function conclude(
  world: World,
  inputs: RolloutInputs,
  prepared: Prepared,
  applied: readonly Applied[],
): Promise<void> {
  const outcome = await rolledOut(world, inputs, prepared, applied)
  try {
    const pruned = await pruneAfter(world, prepared)
    await reportSuccess(world, prepared, outcome, pruned)
  } catch (thrown) {
    // The rollout is healthy: what fails from here on is no reason to put anything back.
    const failure = asFailure(clusterFailure(thrown))
    reportEnd(world, prepared, outcome)
    reportFailed(world, prepared, applied, failure)
    throw failure
  }
}

async function rolledOut(
  world: World,
  inputs: RolloutInputs,
  prepared: Prepared,
  applied: readonly Applied[],
): Promise<Outcome> {
  try {
    const {outcome, diagnosis} = await waitFor(world, inputs, prepared, applied)
    if (diagnosis === undefined) return outcome
    reportEnd(world, prepared, outcome)
    throw new Failure(withChange(diagnosis, outcome, applied), outcome.state === 'timed-out' ? 'timed-out' : 'failed')
  } catch (thrown) {
    throw await putBack(world, inputs, prepared, applied, thrown)
  }
}

/** Waits for what was applied. */
async function waitFor(
  world: World,
  inputs: RolloutInputs,
  prepared: Prepared,
  applied: readonly Applied[],
): Promise<Ended> {
  const tracked = trackedOf(applied, inputs.waitFor)
  if (tracked.length === 0) return {outcome: {state: 'succeeded', standings: [], tookMs: 0}}
  const since = world.clock.now()
  const patience = {...inputs, stableForMs: stableForMs(world, inputs, applied)}
  return await watchRollout<Ended>(watcherOf(world, prepared), tracked, patience, async (outcome, view) => {
    if (outcome.state === 'succeeded') return {outcome}
    const scene = {api: prepared.connection.api, view, outcome, logLines: inputs.logLines, since}
    return {outcome, diagnosis: await diagnose(scene)}
  })
}

// What a container reads at its start explains its crash as well as its own template does.
function changedBeside(culprit: Applied | undefined, applied: readonly Applied[]): string | undefined {
  const read = applied.filter(
    ({change, object}) =>
      ['ConfigMap', 'Secret'].includes(object.kind) && change.wanted.namespace === culprit?.change.wanted.namespace,
  )
  const parts = [...(culprit === undefined ? [] : [culprit]), ...read].flatMap((one) => {
    const changes = changedInShort(one.change)
    return changes === undefined ? [] : [one === culprit ? changes : `${title(one.object)}: ${changes}`]
  })
  return parts.length === 0 ? undefined : parts.join('; ')
}

function withChange(diagnosis: Diagnosis, outcome: Outcome, applied: readonly Applied[]): Diagnosis {
  if (outcome.silentSince !== undefined) return diagnosis
  const {uid} = culpritOf(outcome).object.metadata
  const culprit = applied.find(({object}) => object.metadata.uid === uid)
  const changed = changedBeside(culprit, applied)
  return {
    ...diagnosis,
    ...(changed !== undefined && {changed}),
    ...(culprit !== undefined && {place: culprit.change.wanted.manifest.place}),
  }
}
