import type {World} from '../../shared/core/world.ts'
import {packState} from '../../shared/saved-plan/kept-state.ts'
import type {StateHome} from '../../shared/saved-plan/kept-state.ts'
import {sealKey} from '../../shared/saved-plan/sealed-file.ts'
import {openStore} from '../../shared/saved-plan/store.ts'
import type {LostState} from '../../shared/terraform/push-state.ts'
import type {Kept, StateKeeper} from '../../shared/terraform/rescue-state.ts'
import type {RootInputs} from '../../shared/terraform/inputs.ts'
import {stateEntry} from './state-home.ts'

/**
 * Opens the store of plans for a state that the backend does not take: it is kept there, sealed as they are.
 * @throws {Error} when there is no such store, or none that may hold an open state
 */
export async function openStateKeeper(given: World, root: RootInputs, home: StateHome): Promise<StateKeeper> {
  // A cancelled run has some seconds left, and uses them for this.
  const world = {...given, cancel: new AbortController().signal}
  const entry = stateEntry(world, home)
  refuseOpen(world, root)
  const store = await openStore(world, root.planStore, {action: 'terraform-apply', githubToken: root.githubToken})
  const place = store.place(entry)
  return {
    keep: async (lost) => {
      const other = await store.find(entry).catch(() => undefined)
      if (other !== undefined) throw new Error(`${place} is there already, of an earlier run`)
      await store.put(entry, await sealed(world, root, home, lost))
      world.outputs.set('kept-state', place)
      return {place, advice: advice(root, entry.run)} satisfies Kept
    },
    drop: async () => {
      await store.drop(entry)
      world.outputs.set('kept-state', '')
    },
  }
}

// A bucket and a folder have owners; the artifacts of a run lie open to all who can read the repository.
function refuseOpen(world: World, {planKey, planStore}: RootInputs): void {
  if (planKey !== undefined) return
  if (planStore === 'artifact') throw new Error('artifacts are open to all readers of the repository: set "plan-key"')
  world.log.warning(
    'The kept state is not sealed. States hold secrets in clear text: set "plan-key" (a secret of 16 characters or more).',
  )
}

async function sealed(world: World, {planKey}: RootInputs, home: StateHome, lost: LostState): Promise<Buffer> {
  const {GITHUB_RUN_ID: run = '', GITHUB_RUN_ATTEMPT: attempt = '1'} = world.env
  const kept = {...lost, home, run: `${run}/${attempt}`, keptAt: new Date(world.clock.now()).toISOString()}
  return packState(kept, planKey === undefined ? undefined : await sealKey(planKey))
}

function advice({planStore}: RootInputs, run: string): string {
  const [again, mode] =
    planStore === 'artifact'
      ? ['re-run this job', `"mode: push-state" and "state-run: ${run}"`]
      : ['re-run this job, or run any other that applies this root', '"mode: push-state"']
  return `${again}, when the backend is back: it writes the kept state before anything else; or run this action with ${mode}, then plan again`
}
