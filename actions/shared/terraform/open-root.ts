import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {privateFolder, takeAway, writePrivateFile} from '../core/files.ts'
import type {World} from '../core/world.ts'
import {forgetOverride} from './encrypted-state.ts'
import {variablesFile} from './hcl.ts'
import {initialise, readBackend, useWorkspace} from './init.ts'
import type {Backend} from './init.ts'
import type {RootInputs} from './inputs.ts'
import type {PlanOptions} from './plan-argv.ts'
import {openProviderCache} from './provider-cache.ts'
import {openSession} from './session.ts'
import type {Session} from './session.ts'
import {provideTool} from './tool.ts'

/** Under which name the post step finds the private folder of a step that was killed. */
export const SCRATCH_STATE = 'terraform-scratch'

/** A root module that is ready to be planned or applied. */
export interface OpenRoot {
  readonly session: Session
  readonly workspace: string
  readonly backend: Backend
  /** A private folder for plans; it holds secrets and is emptied with the runner's temporary folder. */
  readonly scratch: string
}

/**
 * Finds the tool, initialises the root module and selects the workspace.
 * @throws {InputError | Failure} when one of them does not work
 */
export async function openRoot(world: World, inputs: RootInputs): Promise<OpenRoot> {
  const tool = await provideTool(world, inputs.tool)
  const session = openSession(world, tool, {
    folder: inputs.folder,
    root: inputs.root,
    env: inputs.workspace === undefined ? {} : {TF_WORKSPACE: undefined},
  })
  await forgetOverride(inputs.folder)
  const keepProviders = await openProviderCache(world, tool, {
    folder: inputs.providerCache,
    lockFile: await lockFileIn(inputs.folder),
    dataFolder: session.dataFolder,
  })
  await world.log.group(`${tool.name} ${tool.version}: init in ${inputs.root}`, () => initialise(session, inputs.init))
  await keepProviders(await lockFileIn(inputs.folder))
  const workspace = await useWorkspace(session, inputs.workspace, inputs.createWorkspace)
  const scratch = await privateFolder(world.env, 'slipway-terraform')
  world.outputs.saveState(SCRATCH_STATE, scratch)
  return {session, workspace, backend: await readBackend(session), scratch}
}

async function lockFileIn(folder: string): Promise<string | undefined> {
  return await readFile(join(folder, '.terraform.lock.hcl'), 'utf8').catch(() => undefined)
}

/** The options with the `variables` input as one more file, the last: it wins over the others. */
export async function withVariables(
  options: PlanOptions,
  variables: string | undefined,
  folder: string,
): Promise<PlanOptions> {
  if (variables === undefined) return options
  const {text, extension} = variablesFile(variables)
  const file = join(folder, `variables${extension}`)
  await writePrivateFile(file, text)
  return {...options, varFiles: [...options.varFiles, file]}
}

/** Removes the file of the `variables` input: it holds secrets in clear text, and no later step reads it. */
export async function forgetVariables({world}: Pick<Session, 'world'>, scratch: string): Promise<void> {
  const files = ['.tfvars', '.tfvars.json'].map((extension) => join(scratch, `variables${extension}`))
  await takeAway(world.log, 'The file with the "variables"', ...files)
}

/** As {@link forgetVariables}, in the post step: a step that was killed could not do it. */
export async function forgetLeftVariables(world: World): Promise<void> {
  const scratch = world.env[`STATE_${SCRATCH_STATE}`] ?? ''
  if (scratch !== '') await forgetVariables({world}, scratch)
}
