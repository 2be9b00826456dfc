import {randomBytes} from 'node:crypto'
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {Failure} from '../../shared/core/diagnosis.ts'
import {applyPlan} from '../../shared/terraform/apply-plan.ts'
import type {Done} from '../../shared/terraform/apply-plan.ts'
import {makePlan} from '../../shared/terraform/make-plan.ts'
import {concealWith, differences, normalForm} from '../../shared/terraform/normal-form.ts'
import type {StateKeeper} from '../../shared/terraform/rescue-state.ts'
import {changedFailure} from './changed.ts'
import type {ApplyProcess} from './orphan.ts'
import {refuseGuarded} from './refuse.ts'
import type {Chosen, Ready} from './plan-source.ts'
import {stateHome} from './state-home.ts'

/** An apply that had nothing to do. */
export const NOTHING_DONE: Done = {operations: [], outputs: undefined}

/**
 * Applies the plan. When the state has moved since it was made and `if-stale: replan` is set, plans again and goes on
 * only if the new plan would do exactly what was reviewed.
 * @throws {Failure} `plan-stale`, `plan-changed`, or what the apply itself failed of
 */
export async function applyOrReplan(ready: Ready, chosen: Chosen): Promise<Done> {
  try {
    return await applyNow(ready, chosen)
  } catch (error) {
    if (ready.inputs.ifStale === 'fail' || !isStale(error) || ready.parcel === undefined) throw error
  }
  const fresh = await planAgain(ready)
  refuseChanged(ready, chosen, fresh)
  await refuseGuarded(fresh.plan, ready)
  return fresh.plan.applyable ? await applyNow(ready, fresh) : NOTHING_DONE
}

async function applyNow({inputs, origin, root, options}: Ready, {plan, file}: Chosen): Promise<Done> {
  const {world} = root.session
  // A lost state is a rare thing: what keeps it is loaded when it is needed.
  const openKeeper = async (): Promise<StateKeeper> => {
    const {openStateKeeper} = await import('./keep-state.ts')
    return await openStateKeeper(world, inputs.root, stateHome(origin.repository, root))
  }
  // Written before the first change: a kill at any later moment leaves a trace for the post step.
  world.outputs.saveState('applying', root.session.root)
  const onStart = (pid: number): void => {
    world.outputs.saveState('process', JSON.stringify({pid, file} satisfies ApplyProcess))
  }
  // The post step comes some time later, and looks again.
  const onLocked = (): void => {
    world.outputs.saveState('locked', root.session.root)
  }
  try {
    return await applyPlan(root.session, {plan, file, options, onStart, onLocked, openKeeper})
  } finally {
    world.outputs.saveState('applying', '')
  }
}

function isStale(error: unknown): boolean {
  return error instanceof Failure && error.diagnosis.reason === 'plan-stale'
}

async function planAgain({root, options}: Ready): Promise<Chosen> {
  const {session, scratch} = root
  const {log} = session.world
  const folder = join(scratch, 'again')
  await mkdir(folder, {mode: 0o700})
  log.line('the state has moved since the plan was made: planning again, to compare')
  return await log.group('plan again', () => makePlan(session, options, folder))
}

function refuseChanged({root}: Ready, reviewed: Chosen, fresh: Chosen): void {
  const conceal = concealWith(randomBytes(32))
  const found = differences(normalForm(reviewed.plan, conceal), normalForm(fresh.plan, conceal))
  if (found.length === 0) {
    root.session.world.log.line('the new plan would do exactly what was reviewed: going on')
    return
  }
  throw changedFailure(root.session.root, found, {reviewed: reviewed.plan, fresh: fresh.plan})
}
