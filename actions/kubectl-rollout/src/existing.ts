import {InputError} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {objectPath} from '../../shared/kubernetes/api/discovery.ts'
import type {Resource} from '../../shared/kubernetes/api/discovery.ts'
import type {Connection} from '../../shared/kubernetes/api/kubectl.ts'
import type {Applied} from '../../shared/kubernetes/change/apply.ts'
import {fieldChanges} from '../../shared/kubernetes/change/diff.ts'
import type {ApplySettings, Change} from '../../shared/kubernetes/change/dry-run.ts'
import {getLive} from '../../shared/kubernetes/change/live-state.ts'
import type {ServerVersion} from '../../shared/kubernetes/change/preflight.ts'
import {restart, rollBack} from '../../shared/kubernetes/change/revisions.ts'
import {title} from '../../shared/kubernetes/object.ts'
import type {KubeObject} from '../../shared/kubernetes/object.ts'
import {conclude} from './deploy.ts'
import type {RolloutInputs} from './inputs.ts'
import type {Prepared} from './main.ts'
import {showChanges} from './report.ts'
import {parseResources, revisionsInReceipt} from './resources.ts'

/** A workload that is in the cluster already. */
interface Existing {
  readonly resource: Resource
  readonly path: string
  readonly live: KubeObject
}

/**
 * The modes that work on what is there: `restart`, `rollback` and `watch`.
 * @throws {InputError} when a workload does not exist, or there is nothing to go back to
 * @throws {Failure} with the diagnosis when the workloads do not come up
 */
export async function runOnExisting(
  world: World,
  inputs: RolloutInputs,
  connection: Connection,
  {gitVersion}: ServerVersion,
  started: number,
): Promise<void> {
  const namespace = inputs.namespace ?? connection.namespace
  world.log.line(`▸ ${inputs.mode} in namespace ${namespace}  (Kubernetes ${gitVersion})`)
  const workloads = await find(connection, inputs, namespace)
  const settings = {fieldManager: inputs.fieldManager, force: true, newNamespaces: []}
  const applied: Applied[] = []
  for (const one of workloads) applied.push(await act(world, inputs, connection, settings, one))
  const changes = applied.map(({change}) => change)
  const prepared: Prepared = {connection, namespace, changes, settings, stale: [], started}
  showChanges(world, prepared)
  // What a mode like these brought is what the user asked for: there is no version of ours to put back.
  await conclude(world, {...inputs, onFailure: 'keep', onCancel: 'keep'}, prepared, applied)
}

async function find({api}: Connection, inputs: RolloutInputs, namespace: string): Promise<Existing[]> {
  const found: Existing[] = []
  const wanted = inputs.resources.length > 0 ? parseResources(inputs.resources) : namesIn(inputs)
  for (const {resource, name} of wanted) {
    const path = objectPath(resource, name, namespace)
    const live = await getLive(api, path)
    if (live === undefined) {
      throw new InputError(`Input "resources" has "${resource.kind}/${name}", but namespace ${namespace} has none.`)
    }
    found.push({resource, path, live})
  }
  return found
}

function namesIn({receipt}: RolloutInputs): ReturnType<typeof parseResources> {
  return parseResources([...revisionsInReceipt(receipt ?? '').keys()])
}

async function act(
  world: World,
  inputs: RolloutInputs,
  {api}: Connection,
  settings: ApplySettings,
  {resource, path, live}: Existing,
): Promise<Applied> {
  if (inputs.mode === 'watch') return {change: changeOf(resource, path, live, live), object: live}
  const receipt = inputs.receipt === undefined ? undefined : revisionsInReceipt(inputs.receipt)
  const revision = receipt?.get(title(live)) ?? inputs.toRevision
  const object =
    inputs.mode === 'restart'
      ? await restart(api, path, live, world.clock.now())
      : await rollBack(api, path, live, settings, revision)
  return {change: changeOf(resource, path, live, object), object}
}

function changeOf(resource: Resource, path: string, live: KubeObject, after: KubeObject): Change {
  const manifest = {object: live, place: {file: title(live)}}
  const fields = fieldChanges(live, after)
  const action = fields.length === 0 ? 'same' : 'change'
  const wanted = {manifest, object: live, resource, namespace: live.metadata.namespace, path}
  return {wanted, action, live, after, fields, takeOver: false}
}
