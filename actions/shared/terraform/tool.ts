import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {InputError} from '../core/errors.ts'
import {lastWords} from '../core/exec.ts'
import type {Environment} from '../core/inputs.ts'
import type {World} from '../core/world.ts'

/** The tools that speak Terraform's language. */
export const TOOLS = ['terraform', 'tofu'] as const

/** One of {@link TOOLS}. */
export type ToolName = (typeof TOOLS)[number]

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

/**
 * Finds the tool on PATH and asks for its version.
 *
 * setup-terraform and setup-opentofu put a wrapper script in the tool's place that turns exit code 2 into 0, adds lines
 * of its own to the output and does not pass an interrupt on (https://github.com/hashicorp/setup-terraform/issues/328
 * and /441): the binary that they moved aside is called instead.
 * @throws {InputError} when the tool is not there or does not run
 */
export async function findTool(world: World, name: ToolName): Promise<Tool> {
  const path = behindWrapper(world.env, name) ?? (await world.processes.find(name))
  if (path === undefined) {
    const setup = name === 'terraform' ? 'hashicorp/setup-terraform' : 'opentofu/setup-opentofu'
    throw new InputError(`"${name}" was not found on PATH: run ${setup} in a step before this one.`)
  }
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
