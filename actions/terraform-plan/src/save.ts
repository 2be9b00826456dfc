import {createReadStream} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {pipeline} from 'node:stream/promises'
import {constants, createGzip} from 'node:zlib'
import type {World} from '../../shared/core/world.ts'
import type {Origin} from '../../shared/github/origin.ts'
import {hashOf, LOCK_FILE, readLockFile} from '../../shared/saved-plan/binding.ts'
import {pack} from '../../shared/saved-plan/envelope.ts'
import type {Binding} from '../../shared/saved-plan/envelope.ts'
import type {SealKey} from '../../shared/saved-plan/sealed-file.ts'
import {gatherFiles} from '../../shared/saved-plan/plan-files.ts'
import {planId} from '../../shared/saved-plan/plan-id.ts'
import type {Entry, Store} from '../../shared/saved-plan/store.ts'
import type {MadePlan} from '../../shared/terraform/make-plan.ts'
import {concealAlike, concealWith, digestOf, normalForm} from '../../shared/terraform/normal-form.ts'
import type {OpenRoot} from '../../shared/terraform/open-root.ts'
import type {PlanInputs} from './inputs.ts'

/** All that a saved plan is made of. */
export interface ToSave {
  readonly inputs: PlanInputs
  readonly root: OpenRoot
  readonly made: MadePlan
  readonly origin: Origin
  /** The lock file as it was checked out; undefined when none is committed. */
  readonly committedLock: string | undefined
  readonly store: Store
  /** Undefined keeps the plan open. */
  readonly seal: Promise<SealKey> | undefined
}

/** What a plan is known by. */
export interface SavedPlan {
  /** Undefined when it is not kept: nothing is ever applied of it. */
  readonly id?: string
  /** `sha256:<hex>` of what the plan would do. */
  readonly digest: string
}

/** Seals the plan, binds it to what it was made from, and stores it. */
export async function savePlan(world: World, parts: ToSave): Promise<SavedPlan> {
  const {inputs, root, made, origin, store} = parts
  const key = inputs.root.planKey
  if (key === undefined) {
    world.log.warning(
      'The saved plan is not sealed. Plans hold secrets in clear text: set "plan-key" (a secret of 16 characters or more).',
    )
  }
  const plan = await readFile(made.file)
  const lockFile = parts.committedLock ?? (await readLockFile(inputs.root.folder))
  const binding = bindingOf(world, parts, hashOf(plan), lockFile)
  const files = new Map<string, Uint8Array>([['plan.tfplan', plan]])
  // The apply then need not start every provider to read the plan; only under the seal can the two be told to belong together.
  if (key !== undefined) files.set('plan.json.gz', await gzipped(made.jsonFile))
  if (lockFile !== undefined) files.set(LOCK_FILE, Buffer.from(lockFile))
  for (const [name, content] of await madeFiles(world, inputs)) files.set(name, content)
  const runId = world.env['GITHUB_RUN_ID'] ?? ''
  const id = planId({
    workingDirectory: inputs.root.root,
    workspace: root.workspace,
    headSha: origin.headSha,
    planHash: binding.planHash,
    runId,
    attempt: world.env['GITHUB_RUN_ATTEMPT'] ?? '',
  })
  const entry: Entry = {kind: 'plan', id, run: runId}
  await store.put(entry, pack({binding, files}, await parts.seal))
  world.log.line(`kept as ${store.place(entry)}${key === undefined ? '' : ', sealed'}`)
  return {id, digest: binding.planDigest}
}

/** `sha256:<hex>` of what the plan would do. */
export function planDigest({root: {planKey}}: PlanInputs, {plan}: MadePlan): string {
  return digestOf(normalForm(plan, planKey === undefined ? concealAlike : concealWith(planKey)))
}

async function madeFiles(world: World, {root, planFiles}: PlanInputs): Promise<ReadonlyMap<string, Uint8Array>> {
  const {files, unmatched} = await gatherFiles(root.folder, planFiles)
  for (const pattern of unmatched) {
    world.log.warning(`Input "plan-files" has "${pattern}", and there is no such file in ${root.root} after the plan.`)
  }
  if (files.size > 0) {
    const bytes = [...files.values()].reduce((sum, {byteLength}) => sum + byteLength, 0)
    world.log.line(`with it ${count(files.size, 'file')} (${String(Math.ceil(bytes / 1024))} KiB) that the plan made`)
  }
  return files
}

const count = (number: number, what: string): string => `${String(number)} ${what}${number === 1 ? '' : 's'}`

// A plan's JSON shrinks to a twentieth even at the quickest level, and may be 100 MB.
async function gzipped(file: string): Promise<Buffer> {
  const pieces: Buffer[] = []
  await pipeline(createReadStream(file), createGzip({level: constants.Z_BEST_SPEED}), async (packed) => {
    for await (const piece of packed as AsyncIterable<Buffer>) pieces.push(piece)
  })
  return Buffer.concat(pieces)
}

function bindingOf(world: World, parts: ToSave, planHash: string, lockFile: string | undefined): Binding {
  const {inputs, root, made, origin} = parts
  return {
    repository: origin.repository,
    headSha: origin.headSha,
    baseSha: origin.baseSha,
    run: `${world.env['GITHUB_RUN_ID'] ?? ''}/${world.env['GITHUB_RUN_ATTEMPT'] ?? '1'}`,
    workingDirectory: inputs.root.root,
    workspace: root.workspace,
    backendType: root.backend.type,
    backendPlace: root.backend.place,
    tool: root.session.tool.name,
    toolVersion: root.session.tool.version,
    lockFile: hashOf(lockFile),
    planHash,
    planDigest: planDigest(inputs, made),
    plannedAt: new Date(world.clock.now()).toISOString(),
  }
}
