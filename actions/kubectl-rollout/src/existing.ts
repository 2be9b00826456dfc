import {Failure} from '../../shared/core/diagnosis.ts'
import {InputError} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {objectPath} from '../../shared/kubernetes/api/discovery.ts'
import type {Resource} from '../../shared/kubernetes/api/discovery.ts'
import {KubeError} from '../../shared/kubernetes/api/kube-error.ts'
import type {Connection} from '../../shared/kubernetes/api/kubectl.ts'
import type {Applied} from '../../shared/kubernetes/change/apply.ts'
import {fieldChanges} from '../../shared/kubernetes/change/diff.ts'
import type {ApplySettings, Change} from '../../shared/kubernetes/change/dry-run.ts'
import {getLive} from '../../shared/kubernetes/change/live-state.ts'
import {requirePermissions} from '../../shared/kubernetes/change/preflight.ts'
import type {Need, ServerVersion} from '../../shared/kubernetes/change/preflight.ts'
import {
  refusePaused,
  restart,
  revisionNeeds,
  revisionToRestore,
  rollBack,
} from '../../shared/kubernetes/change/revisions.ts'
import type {Revision} from '../../shared/kubernetes/change/revisions.ts'
import {title} from '../../shared/kubernetes/object.ts'
import type {KubeObject} from '../../shared/kubernetes/object.ts'
import {conclude} from './deploy.ts'
import type {RolloutInputs} from './inputs.ts'
import type {Prepared} from './prepared.ts'
import {revisionsBefore} from './receipt.ts'
import {showChanges} from './report.ts'
import {parseResources, workloadsInReceipt} from './resources.ts'
import type {Former, Named} from './resources.ts'

/** A workload that is in the cluster already, and what is to be done with it. */
interface Existing {
  readonly resource: Resource
  readonly path: string
  readonly live: KubeObject
  /** Where `mode: rollback` goes back to. */
  readonly target?: Revision
}

/**
 * The modes that work on what is there: `restart`, `rollback` and `watch`. What is wrong with any of the workloads is
 * said before the first one is touched.
 * @throws {InputError} when a workload does not exist, is paused, or there is nothing to go back to
 * @throws {Failure} for missing permissions, and with the diagnosis when the workloads do not come up
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
  if (inputs.mode !== 'watch') await requirePermissions(connection.api, workloads.map(patching))
  const before = await revisionsBefore(connection.api, workloads, namespace)
  const settings = {fieldManager: inputs.fieldManager, force: true, newNamespaces: []}
  const applied: Applied[] = []
  for (const one of workloads) {
    try {
      applied.push(await act(world, inputs, connection, settings, one))
    } catch (thrown) {
      throw halfway(thrown, one, applied)
    }
  }
  const changes = applied.map(({change}) => change)
  const prepared: Prepared = {connection, namespace, changes, settings, stale: [], outside: [], before, started}
  showChanges(world, prepared)
  // What a mode like these brought is what the user asked for: there is no version of ours to put back.
  await conclude(world, {...inputs, onFailure: 'keep', onCancel: 'keep'}, prepared, applied)
}

const patching = ({resource, live: {metadata}}: Existing): Need => ({
  verb: 'patch',
  resource,
  names: [metadata.name ?? ''],
  ...(metadata.namespace !== undefined && {namespace: metadata.namespace}),
})

async function find({api}: Connection, inputs: RolloutInputs, namespace: string): Promise<Existing[]> {
  const receipt = inputs.mode === 'rollback' ? inputs.receipt : undefined
  const named: readonly (Named & Partial<Former>)[] =
    receipt === undefined ? parseResources(inputs.resources) : ofReceipt(receipt, inputs.resources)
  const found: (Existing & {readonly revision: number | string | undefined})[] = []
  for (const {resource, name, namespace: own = namespace, revision = inputs.toRevision} of named) {
    const path = objectPath(resource, name, own)
    const live = await getLive(api, path)
    if (live === undefined) {
      const input = receipt === undefined ? 'resources' : 'receipt'
      throw new InputError(`Input "${input}" has "${resource.kind}/${name}", but namespace ${own} has none.`)
    }
    if (inputs.mode === 'restart') refusePaused(live)
    found.push({resource, path, live, revision})
  }
  if (inputs.mode !== 'rollback') return found
  await requirePermissions(api, revisionNeeds(found.map(({live}) => live)))
  const targets: Existing[] = []
  for (const one of found) targets.push({...one, target: await revisionToRestore(api, one.live, one.revision)})
  return targets
}

// With both inputs, "resources" chooses among the workloads of the receipt.
function ofReceipt(receipt: string, chosen: readonly string[]): readonly Former[] {
  const all = workloadsInReceipt(receipt)
  if (chosen.length === 0) return all
  return parseResources(chosen).map(({resource, name}) => {
    const found = all.find((one) => one.resource === resource && one.name === name)
    if (found !== undefined) return found
    const known = all.map((one) => `${one.resource.kind}/${one.name}`).join(', ')
    throw new InputError(`Input "resources" has "${resource.kind}/${name}", but the receipt tells of ${known}.`)
  })
}

async function act(
  world: World,
  {mode}: RolloutInputs,
  {api}: Connection,
  settings: ApplySettings,
  {resource, path, live, target}: Existing,
): Promise<Applied> {
  if (mode === 'watch') return {change: changeOf(resource, path, live, live), object: live}
  const object =
    target === undefined
      ? await restart(api, path, live, world.clock.now())
      : await rollBack(api, path, live, settings, target)
  return {change: changeOf(resource, path, live, object), object}
}

// Some are changed and some are not: the failure says which.
function halfway(thrown: unknown, {live}: Existing, applied: readonly Applied[]): unknown {
  if (!(thrown instanceof KubeError)) return thrown
  const done = applied.map(({object}) => title(object)).join(', ')
  return new Failure({
    reason: thrown.status === 403 ? 'access-denied' : thrown.status === 0 ? 'unreachable' : 'rejected',
    subject: title(live),
    cause: `the API server does not change it: ${thrown.message}`,
    advice: 'allow it, and run this again',
    undo: done === '' ? 'nothing was changed' : `changed before it, and left so: ${done}`,
  })
}

function changeOf(resource: Resource, path: string, live: KubeObject, after: KubeObject): Change {
  const manifest = {object: live, place: {file: title(live)}}
  const fields = fieldChanges(live, after)
  const action = fields.length === 0 ? 'same' : 'change'
  const wanted = {manifest, object: live, resource, namespace: live.metadata.namespace, path}
  return {wanted, action, live, after, fields, takeOver: false}
}
