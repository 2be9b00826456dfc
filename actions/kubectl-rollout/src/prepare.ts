import type {World} from '../../shared/core/world.ts'
import {makeDiscovery, POD} from '../../shared/kubernetes/api/discovery.ts'
import type {KubeApi} from '../../shared/kubernetes/api/kube-api.ts'
import type {Connection} from '../../shared/kubernetes/api/kubectl.ts'
import {dryRun} from '../../shared/kubernetes/change/dry-run.ts'
import type {ApplySettings, Change} from '../../shared/kubernetes/change/dry-run.ts'
import {
  checkPermissions,
  missingNamespaces,
  missingPermissions,
  requirePermissions,
} from '../../shared/kubernetes/change/preflight.ts'
import type {ServerVersion} from '../../shared/kubernetes/change/preflight.ts'
import {outsideReaders, restartReaders, staleReaders} from '../../shared/kubernetes/change/stale-readers.ts'
import {placeInApi} from '../../shared/kubernetes/change/wanted.ts'
import type {Wanted} from '../../shared/kubernetes/change/wanted.ts'
import type {ManifestSet} from '../../shared/kubernetes/manifests/manifest-set.ts'
import {pullersOf, pullSecretNeeds} from '../../shared/kubernetes/pull-secret.ts'
import {asMembers, refuseMembersOfOthers} from '../../shared/kubernetes/prune/members.ts'
import {isWatched} from '../../shared/kubernetes/watch/rating.ts'
import {checkWaitRules, rulesFor} from '../../shared/kubernetes/watch/wait-rules.ts'
import {annotationsFor} from './annotations.ts'
import {checkOwnTimeouts} from './own-timeout.ts'
import type {RolloutInputs} from './inputs.ts'
import type {Prepared} from './prepared.ts'
import {preparePrune, setOf} from './pruning.ts'
import {revisionsBefore} from './receipt.ts'

/**
 * Looks at the cluster and says what is wrong with the manifests there, before anything is changed.
 * @param set the manifests, with their images @param started milliseconds since the epoch
 * @throws {InputError} for what cannot be meant; {@link Failure} for permissions that are missing, and for what the API server
 *   refuses in its dry run
 */
export async function prepare(
  world: World,
  inputs: RolloutInputs,
  connection: Connection,
  server: ServerVersion,
  set: ManifestSet,
  started: number,
): Promise<Prepared> {
  const {api} = connection
  const namespace = inputs.namespace ?? connection.namespace
  const objects = set.manifests.map(({object}) => object)
  world.log.line(
    `▸ Roll out ${String(objects.length)} ${objects.length === 1 ? 'object' : 'objects'} to namespace ${namespace}  (Kubernetes ${server.gitVersion})`,
  )
  const discovery = makeDiscovery(api, objects)
  const placed = await placeInApi(discovery, set.manifests, namespace, annotationsFor(world.env))
  const members = setOf(inputs, namespace)
  const wanted = members === undefined ? placed : asMembers(placed, members)
  const newNamespaces = await missingNamespaces(api, wanted, inputs.createNamespace)
  checkWaitRules(inputs.waitFor, objects)
  checkOwnTimeouts(set.manifests)
  const watched = wanted.filter(({object}) => isWatched(object) || rulesFor(object, inputs.waitFor).length > 0)
  if (inputs.pullSecret !== undefined) {
    await requirePermissions(api, pullSecretNeeds(pullersOf(wanted.map(({object}) => object))))
  }
  const unseen = await checkPermissions(api, wanted, watched, newNamespaces)
  if (unseen.length > 0)
    world.log.warning(`A failure can be explained less well: this user may not ${unseen.join(', ')}.`)
  if (inputs.mode === 'deploy' && inputs.onFailure === 'rollback') await warnOfHalfAnUndo(world, api, wanted)
  const settings = {fieldManager: inputs.fieldManager, force: inputs.forceConflicts, newNamespaces}
  const prune = members && (await preparePrune(api, discovery, members, wanted, settings))
  const changes = await dryRun(api, wanted, settings)
  if (members !== undefined) {
    refuseMembersOfOthers(
      changes.map(({live}) => live),
      members,
    )
  }
  const before = inputs.mode === 'plan' ? [] : await revisionsBefore(api, changes, namespace)
  const outside = await outsideReaders(api, changes)
  const planned = await withRestarts(inputs, api, changes, settings)
  return {connection, namespace, settings, started, before, prune, outside, ...planned}
}

// A broken pod of a StatefulSet stays for ever, also when its template is put back.
async function warnOfHalfAnUndo(world: World, api: KubeApi, wanted: readonly Wanted[]): Promise<void> {
  const sets = wanted.filter(({object}) => object.kind === 'StatefulSet')
  const namespaces = [...new Set(sets.flatMap(({namespace}) => namespace ?? []))]
  const needs = namespaces.map((namespace) => ({verb: 'delete', resource: POD, namespace, names: []}))
  const missing = await missingPermissions(api, needs)
  if (missing.length === 0) return
  world.log.warning(`A StatefulSet that fails can be put back only in part: this user may not ${missing.join(', ')}.`)
}

async function withRestarts(
  inputs: RolloutInputs,
  api: KubeApi,
  changes: readonly Change[],
  settings: ApplySettings,
): Promise<Pick<Prepared, 'changes' | 'stale'>> {
  const stale = staleReaders(changes)
  if (!inputs.restartOnConfigChange || stale.length === 0) return {changes, stale}
  return {changes: await restartReaders(api, changes, stale, settings), stale: []}
}
