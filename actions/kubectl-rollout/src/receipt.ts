import type {Status} from '../../shared/core/diagnosis.ts'
import type {World} from '../../shared/core/world.ts'
import type {KubeApi} from '../../shared/kubernetes/api/kube-api.ts'
import type {Change} from '../../shared/kubernetes/change/dry-run.ts'
import {daemonRevision} from '../../shared/kubernetes/change/revisions.ts'
import {imagesOf} from '../../shared/kubernetes/pod-specs.ts'
import {title} from '../../shared/kubernetes/object.ts'
import type {KubeObject} from '../../shared/kubernetes/object.ts'
import type {Stale} from '../../shared/kubernetes/prune/members.ts'
import {revisionOf} from '../../shared/kubernetes/watch/revision.ts'
import type {Standing} from '../../shared/kubernetes/watch/standing.ts'
import {makeReceipt} from '../../shared/report/receipt.ts'
import type {Prepared} from './prepared.ts'

/** What a receipt tells of the state after the run. */
export interface Told {
  readonly objects: readonly Pick<Standing, 'object' | 'pods'>[]
  readonly digests?: readonly string[]
  readonly pruned?: readonly Stale[]
}

/**
 * The workloads that are there before the run and the revision that each has, as the receipt keeps them:
 * `Deployment/api@12`, with the namespace in front where it is not that of the run. Has to be asked before anything is
 * applied; without permission to see ControllerRevisions, DaemonSets are left out.
 */
export async function revisionsBefore(
  api: KubeApi,
  changes: readonly Pick<Change, 'live'>[],
  namespace: string,
): Promise<readonly string[]> {
  const told = changes.map(async ({live}) => {
    if (live === undefined) return []
    const revision = live.kind === 'DaemonSet' ? await daemonRevision(api, live) : revisionOf(live)
    return revision === undefined || revision === '' ? [] : [`${placed(live, namespace)}@${revision}`]
  })
  return (await Promise.all(told)).flat()
}

function placed(object: KubeObject, namespace: string): string {
  const own = object.metadata.namespace
  return own === undefined || own === namespace ? title(object) : `${own}/${title(object)}`
}

/** What this stage did, for `delivery-report` and for `mode: rollback`. */
export function receiptOf(world: World, prepared: Prepared, status: Status, headline: string, told: Told): string {
  const {namespace, started, before} = prepared
  const {objects, digests = [], pruned = []} = told
  return makeReceipt(world.env, {
    stage: 'kubernetes',
    subject: namespace,
    status,
    headline,
    started,
    ended: world.clock.now(),
    now: {
      namespace,
      resources: objects.map(({object, pods}) => `${placed(object, namespace)}@${revisionOf(object, pods)}`),
      ...(digests.length > 0 && {digests: [...new Set(digests)]}),
      ...(pruned.length > 0 && {pruned: pruned.map(({live}) => title(live))}),
    },
    before: {resources: [...before], images: imagesOf(prepared.changes.flatMap(({live}) => live ?? []))},
  })
}
