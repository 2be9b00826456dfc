import {workspace} from '../../shared/core/files.ts'
import {lastWords} from '../../shared/core/exec.ts'
import {InputError} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {clusterFailure} from '../../shared/kubernetes/api/cluster-failure.ts'
import {makeDiscovery, POD} from '../../shared/kubernetes/api/discovery.ts'
import type {KubeApi} from '../../shared/kubernetes/api/kube-api.ts'
import {connect} from '../../shared/kubernetes/api/kubectl.ts'
import type {Connection} from '../../shared/kubernetes/api/kubectl.ts'
import {dryRun} from '../../shared/kubernetes/change/dry-run.ts'
import type {ApplySettings, Change} from '../../shared/kubernetes/change/dry-run.ts'
import {
  checkPermissions,
  missingNamespaces,
  missingPermissions,
  reach,
  requirePermissions,
} from '../../shared/kubernetes/change/preflight.ts'
import type {ServerVersion} from '../../shared/kubernetes/change/preflight.ts'
import {outsideReaders, restartReaders, staleReaders} from '../../shared/kubernetes/change/stale-readers.ts'
import type {OutsideReader, StaleReader} from '../../shared/kubernetes/change/stale-readers.ts'
import {placeInApi} from '../../shared/kubernetes/change/wanted.ts'
import type {Wanted} from '../../shared/kubernetes/change/wanted.ts'
import {readManifestSet} from '../../shared/kubernetes/manifests/manifest-set.ts'
import type {ManifestSet} from '../../shared/kubernetes/manifests/manifest-set.ts'
import {withPullSecrets} from '../../shared/kubernetes/manifests/pull-secrets.ts'
import {readSources} from '../../shared/kubernetes/manifests/sources.ts'
import type {Source} from '../../shared/kubernetes/manifests/sources.ts'
import {pullersOf, pullSecretNeeds} from '../../shared/kubernetes/pull-secret.ts'
import {asMembers, refuseMembersOfOthers} from '../../shared/kubernetes/prune/members.ts'
import type {PrunePlan} from '../../shared/kubernetes/prune/members.ts'
import {isWatched} from '../../shared/kubernetes/watch/rating.ts'
import {checkWaitRules, rulesFor} from '../../shared/kubernetes/watch/wait-rules.ts'
import {annotationsFor} from './annotations.ts'
import {targetOf} from './cluster.ts'
import {deploy} from './deploy.ts'
import {findKubectl} from './find-kubectl.ts'
import {runOnExisting} from './existing.ts'
import {renderChart, withoutHooks} from './helm.ts'
import {readInputs, worksOnManifests} from './inputs.ts'
import {checkOwnTimeouts} from './own-timeout.ts'
import type {RolloutInputs} from './inputs.ts'
import {preparePrune, setOf} from './pruning.ts'
import {revisionsBefore} from './receipt.ts'
import {reportPlan, showChanges} from './report.ts'
import {warnOfSkew} from './skew.ts'

/** Everything that is known before the first change. */
export interface Prepared {
  readonly connection: Connection
  readonly namespace: string
  readonly changes: readonly Change[]
  readonly settings: ApplySettings
  /** Pods that will not see a change of what they read at their start. */
  readonly stale: readonly StaleReader[]
  /** The same of workloads that are not in the manifests. */
  readonly outside: readonly OutsideReader[]
  /** The workloads that are there already, with their revisions, as a receipt keeps them. */
  readonly before: readonly string[]
  /** What left the manifests; undefined when nothing is pruned. */
  readonly prune?: PrunePlan | undefined
  /** Milliseconds since the epoch. */
  readonly started: number
}

/** Rolls manifests out to a cluster and returns only when the truth about every workload is known. */
export async function run(world: World, inputs = readInputs(world.env)): Promise<void> {
  const started = world.clock.now()
  const kubectl = await findKubectl(world, inputs)
  const sources = worksOnManifests(inputs) ? await readTexts(world, inputs, kubectl) : undefined
  // What is wrong in manifests is said before the cluster is asked; only a chart has to be rendered for its cluster.
  const known = sources && inputs.chart === undefined ? manifestsIn(world, inputs, sources) : undefined
  const target = await targetOf(world, inputs, kubectl)
  const connection = await connect(world, target)
  try {
    const server = await reach(connection.api)
    await warnOfSkew(world, kubectl, server)
    if (sources === undefined) {
      await runOnExisting(world, inputs, connection, server, started)
      return
    }
    const chart = await renderChart(world, inputs, connection, server)
    const set = known ?? manifestsIn(world, inputs, [...sources, ...chart])
    const prepared = await prepare(world, inputs, connection, server, set, started)
    showChanges(world, prepared)
    if (inputs.mode === 'plan')
      reportPlan(
        world,
        prepared,
        inputs.images.map(({reference}) => reference),
      )
    else await deploy(world, inputs, prepared)
  } catch (thrown) {
    throw clusterFailure(thrown)
  } finally {
    await connection.close()
  }
}

async function readTexts(world: World, inputs: RolloutInputs, kubectl: string): Promise<Source[]> {
  const sources = await readSources(workspace(world.env), inputs.manifests)
  if (inputs.kustomize !== undefined) {
    const built = await world.processes.call(kubectl, ['kustomize', inputs.kustomize], {cwd: workspace(world.env)})
    if (built.code !== 0) {
      const words = lastWords('kubectl kustomize', built)
      throw new InputError(`Input "kustomize" is "${inputs.kustomize}", which cannot be built: ${words}`)
    }
    sources.push({file: `kustomize ${inputs.kustomize}`, text: built.stdout})
  }
  return sources
}

function manifestsIn(world: World, inputs: RolloutInputs, sources: readonly Source[]): ManifestSet {
  const set = readManifestSet(sources, inputs.images, inputs.imagePaths)
  const applied = inputs.chart === undefined ? set.manifests : withoutHooks(world, set.manifests)
  return {...set, manifests: withPullSecrets(applied, inputs.pullSecrets)}
}

async function prepare(
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
