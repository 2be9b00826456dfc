import type {World} from '../../shared/core/world.ts'
import {readOrigin} from '../../shared/github/origin.ts'
import {readRootOutputs} from '../../shared/terraform/root-outputs.ts'
import {forgetVariables, openRoot, withVariables} from '../../shared/terraform/open-root.ts'
import {applyOrReplan, NOTHING_DONE} from './apply.ts'
import {commentFailure, commentResult} from './comment.ts'
import {refuseGuarded, refusePullRequests} from './refuse.ts'
import type {ApplyInputs} from './inputs.ts'
import {pushKeptState, settleKeptState} from './kept-state.ts'
import {getPlan, restoreLockFile, restorePlanFiles, takeParcel} from './plan-source.ts'
import type {Ready} from './plan-source.ts'
import {report, showPlan} from './report.ts'
import {unlock} from './unlock.ts'

/** Applies the plan that was reviewed, and nothing else. */
export async function run(world: World, inputs: ApplyInputs): Promise<void> {
  const started = world.clock.now()
  if (inputs.mode === 'unlock') {
    await unlock(world, inputs)
    return
  }
  const origin = await readOrigin(world.env)
  refusePullRequests(origin, inputs)
  if (inputs.mode === 'push-state') {
    await pushKeptState(world, inputs, origin)
    return
  }
  const parcel = await takeParcel(world, inputs, origin)
  await restoreLockFile(inputs, parcel)
  await restorePlanFiles(world, inputs, parcel)

  const root = await openRoot(world, inputs.root)
  try {
    const options = await withVariables(inputs.options, inputs.root.variables, root.scratch)
    const ready = {inputs, origin, root, options, parcel}
    await settleKeptState(ready)
    await applyChosen(ready, started)
  } finally {
    await forgetVariables(root.session, root.scratch)
  }
}

async function applyChosen(ready: Ready, started: number): Promise<void> {
  const {inputs, root} = ready
  const {world} = root.session
  const chosen = await getPlan(ready)
  showPlan(world, chosen.plan)
  try {
    await refuseGuarded(chosen.plan, ready)
    const {operations, outputs} = chosen.plan.applyable ? await applyOrReplan(ready, chosen) : NOTHING_DONE
    const rootOutputs = outputs ?? (await readRootOutputs(root.session))
    const section = report(world, {inputs, root, chosen, operations, rootOutputs, started})
    await commentResult(world, ready, chosen.plan, section)
  } catch (error) {
    await commentFailure(world, ready, chosen.plan, error)
    throw error
  }
}
