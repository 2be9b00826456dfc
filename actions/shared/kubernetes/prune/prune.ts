import {errorMessage} from '../../core/errors.ts'
import type {KubeApi} from '../api/kube-api.ts'
import {isNotFound} from '../api/kube-error.ts'
import {inStages} from '../change/order.ts'
import {title} from '../object.ts'
import {joined, writeExtent} from './apply-set.ts'
import type {Extent} from './apply-set.ts'
import {doomed, extentOf, stillStale} from './members.ts'
import type {PrunePlan, Stale} from './members.ts'

/** What became of the members that were to go. */
export interface Pruned {
  readonly deleted: readonly Stale[]
  /** Somebody applied them again meanwhile, or they are gone already. */
  readonly passedOver: readonly Stale[]
  readonly problems: readonly string[]
  /** Why it stopped before the end, when it did. */
  readonly stopped?: unknown
}

/**
 * Notes on the parent where members will be, before the first of them is applied: a run that dies in the middle leaves
 * no member that nobody finds again.
 */
export async function announceMembers(api: KubeApi, plan: PrunePlan, manager: string): Promise<void> {
  const extent = joined(plan.before, plan.wanted)
  if (!isSame(extent, plan.before)) await writeExtent(api, plan.set, extent, manager)
}

const isSame = (one: Extent, other: Extent): boolean => JSON.stringify(one) === JSON.stringify(joined(other, other))

/**
 * Deletes what was announced, in the reverse of the order in which it would be applied, and notes where members are
 * left. Goes on after one that cannot be deleted.
 */
export async function prune(api: KubeApi, plan: PrunePlan, manager: string, cancel: AbortSignal): Promise<Pruned> {
  const deleted: Stale[] = []
  const passedOver: Stale[] = []
  const problems: string[] = []
  for (const one of inStages(doomed(plan), ({live}) => live)
    .reverse()
    .flat()) {
    if (cancel.aborted) return {deleted, passedOver, problems, stopped: cancel.reason}
    try {
      const list = (await deleteOne(api, one)) ? deleted : passedOver
      list.push(one)
    } catch (error) {
      problems.push(`${title(one.live)}: ${errorMessage(error)}`)
    }
  }
  if (problems.length === 0) await noteRest(api, plan, passedOver, manager)
  return {deleted, passedOver, problems}
}

async function deleteOne(api: KubeApi, one: Stale): Promise<boolean> {
  if (!(await stillStale(api, one))) return false
  const preconditions = {uid: one.live.metadata.uid}
  const body = {apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', preconditions}
  try {
    await api.send({method: 'DELETE', path: one.path, body})
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

async function noteRest(api: KubeApi, plan: PrunePlan, passedOver: readonly Stale[], manager: string): Promise<void> {
  const kept = plan.stale.filter((one) => one.kept !== undefined)
  const rest = joined(plan.wanted, extentOf([...kept, ...passedOver], plan.set))
  if (!isSame(rest, joined(plan.before, plan.wanted))) await writeExtent(api, plan.set, rest, manager)
}
