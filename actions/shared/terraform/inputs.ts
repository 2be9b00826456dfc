import {existsSync, statSync} from 'node:fs'
import {relative, resolve} from 'node:path'
import {InputError} from '../core/errors.ts'
import {insideWorkspace, workspace} from '../core/files.ts'
import type {Environment, Inputs} from '../core/inputs.ts'
import {parseGuard} from './guard.ts'
import type {Guard} from './guard.ts'
import type {InitSettings} from './init.ts'
import {cacheFolder} from './provider-cache.ts'
import type {PlanOptions} from './plan-argv.ts'
import {TOOLS} from './tool-name.ts'
import type {ToolSettings} from './tool.ts'

/** What terraform-plan and terraform-apply are both told about the root module and its state. */
export interface RootInputs {
  /** Absolute. */
  readonly folder: string
  /** Relative to the checkout, with slashes; `.` for the checkout itself. */
  readonly root: string
  readonly tool: ToolSettings
  readonly workspace: string | undefined
  readonly createWorkspace: boolean
  readonly init: InitSettings
  /** The text of the `variables` input. */
  readonly variables: string | undefined
  readonly guard: Guard
  /** A label on the pull request that lets the guard pass. */
  readonly allowDestroyLabel: string | undefined
  /** The folder that providers are kept in between runs; undefined keeps none. */
  readonly providerCache: string | undefined
  readonly planStore: string
  readonly planKey: string | undefined
  readonly githubToken: string | undefined
}

/** Reads what both actions share. @throws {InputError} before anything has run */
export function readRootInputs(env: Environment, inputs: Inputs): RootInputs {
  const folder = rootFolder(env, inputs.optional('working-directory') ?? '.')
  return {
    folder,
    root: relative(workspace(env), folder).replaceAll('\\', '/') || '.',
    tool: toolSettings(env, inputs, folder),
    workspace: inputs.optional('workspace'),
    createWorkspace: inputs.boolean('create-workspace', false),
    init: {
      backendConfig: inputs.keyValues('backend-config'),
      backendConfigFiles: files(env, folder, 'backend-config-file', inputs.lines('backend-config-file')),
    },
    variables: inputs.optional('variables'),
    guard: parseGuard(inputs.lines('guard')),
    allowDestroyLabel: inputs.optional('allow-destroy-label'),
    providerCache: cacheFolder(env, inputs.optional('provider-cache') ?? 'true', (path) =>
      insideWorkspace(env, 'provider-cache', path),
    ),
    planStore: inputs.optional('plan-store') ?? 'artifact',
    planKey: planKey(inputs),
    githubToken: inputs.optional('github-token'),
  }
}

function rootFolder(env: Environment, path: string): string {
  const folder = insideWorkspace(env, 'working-directory', path)
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new InputError(
      `Input "working-directory" is "${path}", which is not a folder: is the repository checked out?`,
    )
  }
  return folder
}

function toolSettings(env: Environment, inputs: Inputs, folder: string): ToolSettings {
  const mirror = inputs.optional('tool-mirror')?.replace(/\/+$/, '')
  if (mirror !== undefined && !/^https?:$/.test(URL.parse(mirror)?.protocol ?? '')) {
    throw new InputError(`Input "tool-mirror" is "${mirror}": give the address of a release server, https://...`)
  }
  return {
    tool: inputs.oneOf('tool', TOOLS, 'terraform'),
    input: inputs.optional('terraform-version'),
    folder,
    top: workspace(env),
    mirror,
    keyFile: inputs.optional('tool-key'),
    signature: inputs.boolean('verify-signature', true),
  }
}

const SHORTEST_KEY = 16

function planKey(inputs: Inputs): string | undefined {
  const key = inputs.optional('plan-key')
  if (key !== undefined && key.length < SHORTEST_KEY) {
    throw new InputError(`Input "plan-key" has fewer than ${String(SHORTEST_KEY)} characters: use a longer secret.`)
  }
  return key
}

// A file is looked for in the checkout first, then in the root module, where the tool itself would look.
function files(env: Environment, folder: string, name: string, paths: readonly string[]): string[] {
  return paths.map((path) => {
    const found = [resolve(workspace(env), path), resolve(folder, path)].find((file) => existsSync(file))
    if (found === undefined) {
      throw new InputError(
        `Input "${name}" names the file "${path}", which does not exist: give a path in the checkout.`,
      )
    }
    return found
  })
}

/** Reads how to plan. @throws {InputError} for options that exclude each other */
export function readPlanOptions(env: Environment, inputs: Inputs, folder: string): PlanOptions {
  const options: PlanOptions = {
    targets: inputs.lines('target'),
    replaces: inputs.lines('replace'),
    excludes: inputs.lines('exclude'),
    varFiles: files(env, folder, 'var-file', inputs.lines('var-file')),
    destroy: inputs.boolean('destroy', false),
    refresh: inputs.boolean('refresh', true),
    refreshOnly: inputs.boolean('refresh-only', false),
    parallelism: inputs.optionalInteger('parallelism', {min: 1, max: 1000}),
    lockTimeout: lockTimeout(inputs),
  }
  checkClashes(options, inputs)
  return options
}

function checkClashes(options: PlanOptions, inputs: Inputs): void {
  const replacing = options.replaces.length > 0
  const clashes: readonly (readonly [boolean, string, string])[] = [
    [options.destroy && options.refreshOnly, 'destroy', 'refresh-only'],
    [!options.refresh && options.refreshOnly, 'refresh', 'refresh-only'],
    [replacing && options.refreshOnly, 'replace', 'refresh-only'],
    [replacing && options.destroy, 'replace', 'destroy'],
    [options.targets.length > 0 && options.excludes.length > 0, 'target', 'exclude'],
  ]
  const clash = clashes.find(([both]) => both)
  if (clash) throw new InputError(`Inputs "${clash[1]}" and "${clash[2]}" exclude each other: keep one of the two.`)
  if (options.excludes.length > 0 && inputs.optional('tool') !== 'tofu') {
    throw new InputError('Input "exclude" needs OpenTofu ("tool: tofu"): Terraform has no such option.')
  }
}

function lockTimeout(inputs: Inputs): string | undefined {
  const value = inputs.optional('lock-timeout')
  if (value === undefined || /^(?:\d+(?:ms|s|m|h))+$/.test(value)) return value
  throw new InputError(`Input "lock-timeout" is "${value}": give a time such as 30s or 5m.`)
}
