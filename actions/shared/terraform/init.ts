import {join, resolve} from 'node:path'
import {InputError} from '../core/errors.ts'
import {lastWords} from '../core/exec.ts'
import {privateFolder, workspace, writePrivateFile} from '../core/files.ts'
import {explainBroken} from './failures.ts'
import {backendConfigText} from './hcl.ts'
import {recordAt, recordFrom, textAt} from '../core/json.ts'
import {askingAgain} from './asking-again.ts'
import {dataFile, forgetDataFile} from './session.ts'
import type {Session} from './session.ts'

/** Where `init` records the backend, in the data folder. */
const RECORD = 'terraform.tfstate'

/** What `init` is given. */
export interface InitSettings {
  /** `KEY=value` pairs of the partial backend configuration. */
  readonly backendConfig: ReadonlyMap<string, string>
  /** Files with more of it, as the user wrote them. */
  readonly backendConfigFiles: readonly string[]
}

/** The backend that the state lives in, as `init` recorded it. */
export interface Backend {
  /** `s3`, `local`, `cloud`... */
  readonly type: string
  /** What says where the state lives, without credentials. */
  readonly place: Readonly<Record<string, string>>
}

/**
 * Initialises the root module: backend, modules, providers.
 * @throws {Failure} with the tool's own diagnostics when it cannot
 */
export async function initialise(session: Session, settings: InitSettings): Promise<void> {
  const argv = [
    'init',
    '-input=false',
    '-no-color',
    ...(await reconfigure(session)),
    ...(await backendArgv(session, settings)),
  ]
  const {finished, diagnostics} = await askingAgain(session, () =>
    session.live(argv, (line) => {
      session.world.log.line(line)
    }),
  )
  session.world.cancel.throwIfAborted()
  if (finished.code === 0) return
  throw explainBroken(session.world, {
    phase: 'init',
    root: session.root,
    diagnostics,
    lastWords: lastWords(session.tool.name, finished),
  })
}

// A folder that was used with another backend before (on a runner of one's own) would ask whether to move the state.
// HCP Terraform refuses the flag.
async function reconfigure(session: Session): Promise<string[]> {
  const record = await dataFile(session, RECORD)
  if (record === undefined) return []
  // Half a file, of a full disk or a runner that died: the tool refuses it, and only an init knows what belongs there.
  if (recordFrom(record) === undefined) {
    session.world.log.line('An earlier init broke off while it wrote down its backend: that is begun anew.')
    await forgetDataFile(session, RECORD)
    return []
  }
  const {type} = await readBackend(session)
  return type === 'cloud' ? [] : ['-reconfigure']
}

async function backendArgv({world}: Session, settings: InitSettings): Promise<string[]> {
  const files = settings.backendConfigFiles.map((file) => `-backend-config=${resolve(workspace(world.env), file)}`)
  if (settings.backendConfig.size === 0) return files
  const file = join(await privateFolder(world.env, 'slipway-backend'), 'backend.tfbackend')
  await writePrivateFile(file, backendConfigText(settings.backendConfig))
  return [...files, `-backend-config=${file}`]
}

// What says where the state lives, per backend type. Roles, profiles and keys may differ between plan and apply.
const PLACES: Readonly<Record<string, readonly string[]>> = {
  s3: ['bucket', 'key', 'workspace_key_prefix', 'endpoint'],
  local: ['path', 'workspace_dir'],
  azurerm: ['storage_account_name', 'container_name', 'key'],
  gcs: ['bucket', 'prefix'],
  http: ['address'],
  consul: ['address', 'path'],
  kubernetes: ['secret_suffix', 'namespace'],
  pg: ['schema_name'],
  cloud: ['hostname', 'organization'],
  remote: ['hostname', 'organization'],
}

/** The backend in use; a root module without one keeps its state in a local file. */
export async function readBackend(session: Session): Promise<Backend> {
  const backend = recordAt(recordFrom((await dataFile(session, RECORD)) ?? '') ?? {}, 'backend')
  const type = textAt(backend, 'type') ?? 'local'
  const config = recordAt(backend, 'config')
  const place = (PLACES[type] ?? []).flatMap((key) => {
    const value = textAt(config, key)
    return value === undefined ? [] : [[key, value] as const]
  })
  return {type, place: Object.fromEntries(place)}
}

/**
 * Puts the session into the wanted workspace and gives its name. Names are compared whole: `prod` never means `prod-eu`.
 * @param create whether a workspace that does not exist is made
 * @throws {InputError} that names the workspaces there are
 */
export async function useWorkspace(session: Session, wanted: string | undefined, create: boolean): Promise<string> {
  const selectedBefore = (await dataFile(session, 'environment'))?.trim() ?? 'default'
  if (wanted === undefined) return session.world.env['TF_WORKSPACE'] || selectedBefore
  if (wanted === selectedBefore) return wanted
  const selected = await session.call(['workspace', 'select', wanted])
  if (selected.code === 0) return wanted
  const listed = await session.call(['workspace', 'list'])
  const names = listed.stdout
    .split('\n')
    .map((line) => line.replace(/^[* ]+/, '').trim())
    .filter(Boolean)
  if (listed.code !== 0 || names.includes(wanted)) {
    throw new InputError(`The workspace "${wanted}" cannot be selected: ${lastWords(session.tool.name, selected)}.`)
  }
  if (!create) {
    throw new InputError(
      `Input "workspace" is "${wanted}", which does not exist (there is ${names.join(', ')}): correct it, or set "create-workspace: true".`,
    )
  }
  const made = await session.call(['workspace', 'new', wanted])
  if (made.code !== 0)
    throw new InputError(`The workspace "${wanted}" cannot be made: ${lastWords(session.tool.name, made)}.`)
  return wanted
}
