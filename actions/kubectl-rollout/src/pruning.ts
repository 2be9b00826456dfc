import {Failure} from '../../shared/core/diagnosis.ts'
import {CancelledError, errorMessage} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import type {Discovery} from '../../shared/kubernetes/api/discovery.ts'
import type {KubeApi} from '../../shared/kubernetes/api/kube-api.ts'
import {KubeError} from '../../shared/kubernetes/api/kube-error.ts'
import type {ApplySettings} from '../../shared/kubernetes/change/dry-run.ts'
import type {Wanted} from '../../shared/kubernetes/change/wanted.ts'
import {title} from '../../shared/kubernetes/object.ts'
import {applySet, joined, setTitle, writeExtent} from '../../shared/kubernetes/prune/apply-set.ts'
import type {ApplySet} from '../../shared/kubernetes/prune/apply-set.ts'
import {doomed, planPrune} from '../../shared/kubernetes/prune/members.ts'
import type {PrunePlan} from '../../shared/kubernetes/prune/members.ts'
import {prune} from '../../shared/kubernetes/prune/prune.ts'
import type {Pruned} from '../../shared/kubernetes/prune/prune.ts'
import type {RolloutInputs} from './inputs.ts'
import type {Prepared} from './prepared.ts'

/** The set that the objects of this run belong to; undefined when nothing is pruned. @param namespace of its parent */
export function setOf({applySet: name}: RolloutInputs, namespace: string): ApplySet | undefined {
  return name === undefined ? undefined : applySet(name, namespace)
}

/**
 * Finds what pruning would delete, and that it may be done, before anything is changed.
 * @throws {Failure} when the set cannot be kept, or this user may not do it
 */
export async function preparePrune(
  api: KubeApi,
  discovery: Discovery,
  set: ApplySet,
  wanted: readonly Wanted[],
  settings: ApplySettings,
): Promise<PrunePlan> {
  const plan = await planPrune(api, discovery, set, wanted)
  if (settings.newNamespaces.includes(set.namespace)) return plan
  try {
    await writeExtent(api, set, joined(plan.before, plan.wanted), settings.fieldManager, true)
  } catch (error) {
    if (!(error instanceof KubeError) || error.status === 0) throw error
    throw new Failure({
      reason: error.status === 403 ? 'access-denied' : error.status === 404 ? 'not-found' : 'rejected',
      subject: setTitle(set),
      cause: `the API server refuses the parent of the ApplySet: ${error.message}`,
      advice: 'allow it, or name another one in "applyset" (configmap/<name> or secret/<name>); nothing was changed',
    })
  }
  return plan
}

/**
 * Deletes what left the manifests, once everything else is rolled out.
 * @throws {Failure} with what could not be deleted; the rollout itself stays, and the next run tries again
 */
export async function pruneAfter(world: World, prepared: Prepared): Promise<Pruned | undefined> {
  const {connection, prune: plan, settings} = prepared
  if (plan === undefined) return undefined
  const pruned = await prune(connection.api, plan, settings.fieldManager, world.cancel)
  for (const {live} of pruned.deleted) world.log.line(`  − ${title(live)} deleted: it is not in the manifests any more`)
  for (const {live} of pruned.passedOver) world.log.line(`  = ${title(live)} left: it was applied again or is gone`)
  if (pruned.stopped !== undefined || pruned.problems.length > 0) throw unfinished(plan, pruned)
  return pruned
}

function unfinished(plan: PrunePlan, {deleted, problems, stopped}: Pruned): Failure {
  const all = String(doomed(plan).length)
  const undo = `the rollout itself is live and stays; ${String(deleted.length)} of ${all} that left the manifests are deleted, and the next run deletes the rest`
  const subject = setTitle(plan.set)
  if (stopped !== undefined) {
    const cancelled = stopped instanceof CancelledError
    const advice = 'run it again to delete the rest'
    const reason = cancelled ? 'cancelled' : 'internal-error'
    return new Failure(
      {reason, subject, cause: errorMessage(stopped), advice, undo},
      cancelled ? 'cancelled' : 'failed',
    )
  }
  return new Failure({
    reason: 'rejected',
    subject,
    cause: `${problems[0] ?? ''}${problems.length > 1 ? ` (and ${String(problems.length - 1)} more)` : ''}`,
    evidence: [{title: 'what cannot be deleted', lines: problems}],
    advice: 'allow the deletion, or annotate what is to stay with slipway.dev/prune: "false"',
    undo,
  })
}
