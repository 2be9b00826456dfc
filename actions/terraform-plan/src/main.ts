import type {World} from '../../shared/core/world.ts'
import {readOrigin} from '../../shared/github/origin.ts'
import type {Origin} from '../../shared/github/origin.ts'
import {sealKey} from '../../shared/saved-plan/sealed-file.ts'
import {openStore} from '../../shared/saved-plan/store.ts'
import {readLockFile} from '../../shared/saved-plan/binding.ts'
import {runChecks} from '../../shared/terraform/checks.ts'
import {guarded} from '../../shared/terraform/guard.ts'
import {deniedFailure} from '../../shared/terraform/guard-failure.ts'
import type {Guarded} from '../../shared/terraform/guard.ts'
import {hasGuardLabel} from '../../shared/terraform/guard-label.ts'
import {makePlan} from '../../shared/terraform/make-plan.ts'
import type {MadePlan} from '../../shared/terraform/make-plan.ts'
import {forgetVariables, openRoot, withVariables} from '../../shared/terraform/open-root.ts'
import type {OpenRoot} from '../../shared/terraform/open-root.ts'
import type {PlanInputs} from './inputs.ts'
import {publish, publishFailure} from './publish.ts'
import {report, showInLog} from './report.ts'
import {planDigest, savePlan} from './save.ts'

/** Plans a root module, shows what would change, and keeps the plan so that exactly it can be applied later. */
export async function run(world: World, inputs: PlanInputs): Promise<void> {
  const started = world.clock.now()
  const origin = await readOrigin(world.env)
  const store = await openStore(world, inputs.root.planStore, {
    action: 'terraform-plan',
    githubToken: inputs.root.githubToken,
  })
  const seal = inputs.root.planKey === undefined ? undefined : sealKey(inputs.root.planKey)
  const committedLock = await readLockFile(inputs.root.folder)

  const [root, made] = await openAndPlan(world, inputs, origin)
  const found = await heldByGuard(world, inputs, origin, made)
  showInLog(world, made, found)
  // What is denied is shown like any plan, and never kept: there is nothing to apply later.
  const denial = deniedFailure(found, inputs.root.root)
  const toSave = {inputs, root, made, origin, committedLock, store, seal}
  const saved = denial ? {digest: planDigest(inputs, made)} : await savePlan(world, toSave)
  const shown = {inputs, root, made, found, saved, started}
  report(world, shown, await publish(world, origin, shown))
  if (denial) throw denial
}

async function heldByGuard(
  world: World,
  {root}: PlanInputs,
  origin: Origin,
  {plan}: MadePlan,
): Promise<readonly Guarded[]> {
  const found = guarded(plan, root.guard, [])
  const pardoned = found.some(({denied}) => !denied) && (await hasGuardLabel(world, root, origin))
  return found.map((each) => (each.denied ? each : {...each, pardoned}))
}

async function openAndPlan(world: World, inputs: PlanInputs, origin: Origin): Promise<[OpenRoot, MadePlan]> {
  let workspace = inputs.root.workspace ?? (world.env['TF_WORKSPACE'] || 'default')
  try {
    const root = await openRoot(world, inputs.root)
    workspace = root.workspace
    return [root, await planned(world, inputs, root)]
  } catch (error) {
    await publishFailure(world, {inputs, origin, workspace}, error)
    throw error
  }
}

async function planned(world: World, inputs: PlanInputs, root: OpenRoot): Promise<MadePlan> {
  try {
    const options = await withVariables(inputs.options, inputs.root.variables, root.scratch)
    await runChecks(root.session, inputs.checks, options.varFiles)
    return await world.log.group(`${root.session.tool.name} plan`, () => makePlan(root.session, options, root.scratch))
  } finally {
    await forgetVariables(root.session, root.scratch)
  }
}
