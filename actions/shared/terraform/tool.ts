import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {InputError} from '../core/errors.ts'
import {lastWords} from '../core/exec.ts'
import type {Environment} from '../core/inputs.ts'
import type {World} from '../core/world.ts'
import type {ReleaseSettings} from './releases.ts'
import type {ToolName} from './tool-name.ts'
import {satisfies} from './version-constraint.ts'
import {wantedVersion} from './wanted-version.ts'
import type {VersionPlaces} from './wanted-version.ts'

/** A tool that was found and asked for its version. */
export interface Tool {
  readonly name: ToolName
  /** The real binary, never a wrapper script. */
  readonly path: string
  /** For example `1.11.4`. */
  readonly version: string
}

const WRAPPERS: Readonly<Record<ToolName, {readonly variable: string; readonly binary: string}>> = {
  terraform: {variable: 'TERRAFORM_CLI_PATH', binary: 'terraform-bin'},
  tofu: {variable: 'TOFU_CLI_PATH', binary: 'tofu-bin'},
}

/**
 * What every call gets: no questions, no hints for people at a keyboard, no call home
 * (https://developer.hashicorp.com/terraform/cli/config/environment-variables).
 */
export const QUIET_ENVIRONMENT: Readonly<Record<string, string>> = {
  TF_IN_AUTOMATION: '1',
  TF_INPUT: '0',
  CHECKPOINT_DISABLE: '1',
}

/** Which tool is used, and where it may come from. */
export interface ToolSettings extends VersionPlaces, ReleaseSettings {}

/**
 * The tool: the one on PATH when it has the version that is wanted or none is, else one that is installed.
 *
 * setup-terraform and setup-opentofu put a wrapper script in the tool's place that turns exit code 2 into 0, adds lines
 * of its own to the output and does not pass an interrupt on (https://github.com/hashicorp/setup-terraform/issues/328
 * and /441): the binary that they moved aside is called instead.
 * @throws {InputError} when the tool is not there and cannot be installed, or does not run
 */
export async function provideTool(world: World, settings: ToolSettings): Promise<Tool> {
  const name = settings.tool
  const wanted = await wantedVersion(settings)
  const path = behindWrapper(world.env, name) ?? (await world.processes.find(name))
  const present = path === undefined ? undefined : await ask(world, name, path)
  if (present && (wanted === undefined || satisfies(present.version, wanted.constraint))) return present
  if (wanted === undefined) {
    const file = name === 'terraform' ? '.terraform-version' : '.opentofu-version'
    throw new InputError(
      `"${name}" was not found on PATH: set "terraform-version" (or write ${file}) to have it installed.`,
    )
  }
  const [{resolveVersion}, {installTool}] = await Promise.all([import('./releases.ts'), import('./install-tool.ts')])
  const version = await resolveVersion(world, name, wanted, settings)
  world.log.line(`${wanted.source} asks for ${wanted.constraint}${present ? `; on PATH is ${present.version}` : ''}`)
  return await ask(world, name, await installTool(world, name, version, settings))
}

async function ask(world: World, name: ToolName, path: string): Promise<Tool> {
  const finished = await world.processes.call(path, ['version', '-json'], {env: QUIET_ENVIRONMENT})
  const version = versionIn(finished.stdout)
  if (finished.code !== 0 || version === undefined) {
    throw new InputError(`"${name} version" does not work: ${lastWords(name, finished)}.`)
  }
  return {name, path, version}
}

function behindWrapper(env: Environment, name: ToolName): string | undefined {
  const {variable, binary} = WRAPPERS[name]
  const folder = env[variable]
  if (folder === undefined || folder === '') return undefined
  return [binary, `${binary}.exe`].map((file) => join(folder, file)).find((file) => existsSync(file))
}

// OpenTofu writes its version under "terraform_version" too.
function versionIn(json: string): string | undefined {
  return /"terraform_version":\s*"([^"]+)"/.exec(json)?.[1]
}
