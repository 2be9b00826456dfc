import {Failure} from '../../shared/core/diagnosis.ts'
import {errorMessage} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import type {Origin} from '../../shared/github/origin.ts'
import {openStore} from '../../shared/saved-plan/store.ts'
import type {Store} from '../../shared/saved-plan/store.ts'
import {openRoot} from '../../shared/terraform/open-root.ts'
import type {ApplyInputs} from './inputs.ts'
import type {Ready} from './plan-source.ts'
import {stateEntry, stateHome} from './state-home.ts'

/**
 * Writes the state that an earlier run of this root could not write, if one is kept, before anything is planned or
 * applied on top of a state that does not know what was made.
 * @throws {Failure} when it cannot be written, or when it was and the plan of this run was made without it
 */
export async function settleKeptState(ready: Ready): Promise<void> {
  const {inputs, origin, root, options} = ready
  const {world} = root.session
  const store = await storeOf(world, inputs)
  if (store === undefined) return
  const home = stateHome(origin.repository, root)
  const entry = stateEntry(world, home)
  const bytes = await store.find(entry).catch((error: unknown) => {
    noneToBeSeen(world, inputs, error)
  })
  if (bytes === undefined) return
  const {settle} = await import('./settle-state.ts')
  const found = {bytes, home, store, entry, planKey: inputs.root.planKey, lockTimeout: options.lockTimeout}
  const run = await settle(root.session, found)
  if (ready.parcel !== undefined && inputs.ifStale === 'fail') throw plannedWithout(root.session.root, run)
}

// A plan that is made here needs no store: there may be none.
async function storeOf(world: World, inputs: ApplyInputs): Promise<Store | undefined> {
  const settings = {action: 'terraform-apply', githubToken: inputs.root.githubToken}
  try {
    return await openStore(world, inputs.root.planStore, settings)
  } catch (error) {
    if (inputs.source.kind === 'id') throw error
    return undefined
  }
}

// S3 says "access denied" of an object that is not there too, to whoever may not list the bucket
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
function noneToBeSeen(world: World, {source}: ApplyInputs, error: unknown): void {
  if (error instanceof Failure && error.diagnosis.reason === 'access-denied') return
  if (source.kind === 'id') throw error
  world.log.warning(world.mask.scrub(`Whether a state of this root is kept could not be seen: ${errorMessage(error)}`))
}

function plannedWithout(root: string, run: string): Failure {
  return new Failure({
    reason: 'plan-stale',
    subject: root,
    cause: `the plan was made without what run ${run} made, whose state is written only now`,
    advice: 'plan again: the new plan holds what is left to do',
    undo: `the state of run ${run} is written, and nothing else was changed`,
  })
}

/**
 * Writes the kept state of this root, and does nothing else (`mode: push-state`).
 * @throws {Failure} when none is kept, or it does not go onto what is there
 */
export async function pushKeptState(world: World, inputs: ApplyInputs, origin: Origin): Promise<void> {
  const root = await openRoot(world, inputs.root)
  const settings = {action: 'terraform-apply', githubToken: inputs.root.githubToken}
  const store = await openStore(world, inputs.root.planStore, settings)
  const home = stateHome(origin.repository, root)
  const entry = stateEntry(world, home, inputs.stateRun)
  const [{nothingKept, settle}, bytes] = await Promise.all([import('./settle-state.ts'), store.find(entry)])
  if (bytes === undefined) throw nothingKept(inputs.root.root, store.place(entry))
  const {planKey} = inputs.root
  const run = await settle(root.session, {bytes, home, store, entry, planKey, lockTimeout: inputs.options.lockTimeout})
  world.outputs.set('status', 'succeeded')
  world.outputs.set('applied', false)
  world.summary.add(`### ✓ The state of run ${run} is written for \`${inputs.root.root}\``)
}
