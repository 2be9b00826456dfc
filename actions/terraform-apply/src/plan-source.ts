import {readFile} from 'node:fs/promises'
import {join, resolve} from 'node:path'
import {Readable} from 'node:stream'
import {createGunzip} from 'node:zlib'
import {InputError} from '../../shared/core/errors.ts'
import {workspace, writePrivateFile} from '../../shared/core/files.ts'
import type {World} from '../../shared/core/world.ts'
import type {Origin} from '../../shared/github/origin.ts'
import {
  checkLockFile,
  checkOrigins,
  checkPlanHash,
  checkSurroundings,
  LOCK_FILE,
  readLockFile,
} from '../../shared/saved-plan/binding.ts'
import {unpack} from '../../shared/saved-plan/envelope.ts'
import type {Parcel} from '../../shared/saved-plan/envelope.ts'
import {restoreFiles} from '../../shared/saved-plan/plan-files.ts'
import {runOf} from '../../shared/saved-plan/plan-id.ts'
import {openStore, takePlan} from '../../shared/saved-plan/store.ts'
import {makePlan, showPlan} from '../../shared/terraform/make-plan.ts'
import type {OpenRoot} from '../../shared/terraform/open-root.ts'
import type {PlanOptions} from '../../shared/terraform/plan-argv.ts'
import type {Plan} from '../../shared/terraform/plan.ts'
import {readPlanStream} from '../../shared/terraform/read-plan.ts'
import type {ApplyInputs} from './inputs.ts'

/** All that is needed to apply. */
export interface Ready {
  readonly inputs: ApplyInputs
  readonly origin: Origin
  readonly root: OpenRoot
  readonly options: PlanOptions
  /** The saved plan; undefined when the plan is made here (`approve: auto`). */
  readonly parcel: Parcel | undefined
}

/** The plan that will be applied. */
export interface Chosen {
  readonly plan: Plan
  readonly file: string
  /** `sha256:<hex>` of what was reviewed; undefined for a plan made here. */
  readonly digest?: string
}

/**
 * Finds the saved plan, opens its seal, and refuses it unless it was made for this repository, commit, root module and
 * lock file. Gives undefined with `approve: auto`.
 * @throws {Failure} with one sentence per kind of refusal
 */
export async function takeParcel(world: World, inputs: ApplyInputs, origin: Origin): Promise<Parcel | undefined> {
  const {source, root} = inputs
  if (source.kind === 'fresh') return undefined
  const bytes =
    source.kind === 'file' ? await readPlanFile(world, source.file) : await fetchPlan(world, inputs, source.id)
  const parcel = unpack(bytes, root.planKey)
  checkOrigins(parcel.binding, {
    repository: origin.repository,
    headSha: inputs.headSha ?? origin.headSha,
    workingDirectory: root.root,
  })
  checkLockFile(parcel.binding, await readLockFile(root.folder))
  checkPlanHash(parcel.binding, planIn(parcel))
  world.log.line(
    `the plan of ${parcel.binding.plannedAt} for ${parcel.binding.headSha.slice(0, 12)}, ` +
      `${root.planKey === undefined ? 'not sealed' : 'its seal holds'}: ${parcel.binding.planDigest}`,
  )
  return parcel
}

async function readPlanFile(world: World, file: string): Promise<Uint8Array> {
  try {
    return await readFile(resolve(workspace(world.env), file))
  } catch {
    throw new InputError(`Input "plan-file" names "${file}", which cannot be read: give the path of a saved plan.`)
  }
}

async function fetchPlan(world: World, {root}: ApplyInputs, id: string): Promise<Uint8Array> {
  const store = await openStore(world, root.planStore, {action: 'terraform-apply', githubToken: root.githubToken})
  const entry = {kind: 'plan', id, run: runOf(id)} as const
  world.log.line(`▸ taking the plan ${store.place(entry)}`)
  return await takePlan(store, entry)
}

function planIn({files}: Parcel): Uint8Array {
  return files.get('plan.tfplan') ?? new Uint8Array()
}

/** Puts the plan's own lock file into a checkout that has none: the apply must use the providers of the plan. */
export async function restoreLockFile({root}: ApplyInputs, parcel: Parcel | undefined): Promise<void> {
  const planned = parcel?.files.get(LOCK_FILE)
  if (planned === undefined || (await readLockFile(root.folder)) !== undefined) return
  await writePrivateFile(join(root.folder, LOCK_FILE), planned)
}

/** Puts the files that were made while planning back to where the apply will look for them. @throws {Failure} */
export async function restorePlanFiles(world: World, {root}: ApplyInputs, parcel: Parcel | undefined): Promise<void> {
  if (parcel === undefined) return
  const restored = await restoreFiles(root.folder, parcel.files)
  if (restored.length > 0) world.log.line(`files of the plan put back into ${root.root}: ${restored.join(', ')}`)
}

/**
 * The plan to apply, as data and as a file: the saved one as it is, or a new one with `approve: auto`.
 * @throws {Failure} when the saved plan is of another workspace, backend or tool version
 */
export async function getPlan({root, options, parcel}: Ready): Promise<Chosen> {
  const {session, scratch} = root
  const {log} = session.world
  if (parcel === undefined) {
    return await log.group(`${session.tool.name} plan`, () => makePlan(session, options, scratch))
  }
  checkSurroundings(parcel.binding, {
    workspace: root.workspace,
    backend: root.backend,
    tool: session.tool.name,
    toolVersion: session.tool.version,
  })
  const file = join(scratch, 'reviewed.tfplan')
  await writePrivateFile(file, planIn(parcel))
  const plan = (await carriedPlan(parcel)) ?? (await showPlan(session, file, join(scratch, 'reviewed.json')))
  return {plan, file, digest: parcel.binding.planDigest}
}

async function carriedPlan({files}: Parcel): Promise<Plan | undefined> {
  const json = files.get('plan.json.gz')
  return json && (await readPlanStream(Readable.from([json]).pipe(createGunzip())))
}
