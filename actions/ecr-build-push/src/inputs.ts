import {resolve} from 'node:path'
import {existsSync, statSync} from 'node:fs'
import {InputError} from '../../shared/core/errors.ts'
import {workspace} from '../../shared/core/files.ts'
import {Inputs} from '../../shared/core/inputs.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import {parseRepository} from '../../shared/ecr/image-name.ts'
import {readPolicies, readRepositorySettings} from '../../shared/ecr/repository-settings.ts'
import type {BuildInputs, BuildOptions} from './build-inputs.ts'
import {entries, values} from './lists.ts'
import {parseMerge} from './merge-list.ts'
import {checkPublic} from './public.ts'
import {parseIgnored} from './scan-rules.ts'
import type {ScanRules} from './scan-rules.ts'
import {readSecrets} from './secrets.ts'
import {parseSmokeTest} from './smoke.ts'

const PLATFORM = /^[a-z0-9_]+\/[a-z0-9_]+(?:\/[a-z0-9._]+)?$/
const MOST_RETRIES = 20
const LONGEST_SCAN_MINUTES = 120
const FAIL_ON = {critical: 'CRITICAL', high: 'HIGH', medium: 'MEDIUM', low: 'LOW', any: 'UNDEFINED'} as const

/** Reads and checks all inputs. @throws {InputError} before anything was asked or changed anywhere */
export function readInputs(env: Environment): BuildInputs {
  return checkPublic(withoutContradiction(readAll(env)))
}

function readAll(env: Environment): BuildInputs {
  const inputs = new Inputs(env)
  const region = inputs.optional('aws-region')
  const repositorySettings = readRepositorySettings(inputs.optional('repository-settings'))
  const merge = parseMerge(inputs.list('merge'))
  const list = (name: string): string[] => entries(name, inputs.optional(name) ?? '')
  return {
    target: parseRepository(inputs.required('repository'), inputs.optional('registry'), region ?? env['AWS_REGION']),
    region,
    tags: withoutComments(list('tags')),
    flavor: withoutComments(list('flavor')),
    labels: withoutComments(list('labels')),
    annotations: withoutComments(list('annotations')),
    build: readBuildOptions(inputs, env, merge.length === 0),
    gitAuthToken: inputs.optional('git-auth-token'),
    push: readPush(inputs),
    createRepository: inputs.boolean('create-repository', false),
    repositorySettings,
    policies: readPolicies(env, repositorySettings),
    ifTagExists: inputs.oneOf('if-tag-exists', ['reuse', 'fail', 'overwrite'], 'reuse'),
    pushByDigest: inputs.boolean('push-by-digest', false),
    merge,
    pushRetries: inputs.integer('push-retries', 3, {min: 0, max: MOST_RETRIES}),
    smokeTest: parseSmokeTest(inputs.optional('smoke-test')),
    scan: readScanRules(inputs),
    keepLogin: inputs.boolean('keep-login', false),
    dryRun: inputs.boolean('dry-run', false),
  }
}

// What would be left out in silence is refused: a gate that never ran must not look like one that was passed.
function withoutContradiction(inputs: BuildInputs): BuildInputs {
  if (inputs.merge.length === 0) return inputs
  if (inputs.smokeTest !== undefined) {
    throw new InputError(
      'Input "smoke-test" is given with "merge", where nothing is built: give it to the jobs that build the platforms.',
    )
  }
  if (inputs.pushByDigest) {
    throw new InputError(
      'Input "push-by-digest" is given with "merge": the first is for the jobs that build, the second for the job after them.',
    )
  }
  return inputs
}

function readScanRules(inputs: Inputs): ScanRules | undefined {
  const failOn = inputs.optionalOneOf('scan-fail-on', ['critical', 'high', 'medium', 'low', 'any'])
  const rules = {
    timeoutMs: inputs.integer('scan-timeout', 10, {min: 1, max: LONGEST_SCAN_MINUTES}) * 60_000,
    ignored: withoutComments(inputs.lines('scan-ignore')).map(parseIgnored),
    fixableOnly: inputs.boolean('scan-fixable-only', false),
  }
  return failOn && {...rules, failOn: FAIL_ON[failOn]}
}

function readBuildOptions(inputs: Inputs, env: Environment, builds: boolean): BuildOptions {
  const lines = (name: string): string[] => entries(name, inputs.optional(name) ?? '')
  const items = (name: string): string[] => values(name, inputs.optional(name) ?? '')
  const context = inputs.optional('context') ?? '.'
  const file = inputs.optional('file')
  if (builds) checkContext(env, context, file)
  return {
    context,
    file,
    targetStage: inputs.optional('target'),
    platforms: items('platforms').map(checkPlatform),
    buildArgs: lines('build-args').map((entry) => namedEntry('build-args', entry)),
    buildContexts: lines('build-contexts').map((entry) => namedEntry('build-contexts', entry, true)),
    secrets: readSecrets(env, lines('secrets'), lines('secret-files'), items('secret-envs')),
    ssh: items('ssh'),
    cache: inputs.oneOf('cache', ['registry', 'gha', 'inline', 'none'], 'registry'),
    cacheFrom: lines('cache-from'),
    cacheTo: lines('cache-to'),
    provenance: inputs.optional('provenance'),
    sbom: inputs.optional('sbom'),
    attests: lines('attests'),
    load: inputs.boolean('load', false),
    pull: inputs.boolean('pull', false),
    noCache: inputs.boolean('no-cache', false),
    noCacheFilters: items('no-cache-filters'),
    builder: inputs.optional('builder'),
    outputs: lines('outputs'),
    network: inputs.optional('network'),
    addHosts: items('add-hosts'),
    shmSize: inputs.optional('shm-size'),
    ulimit: lines('ulimit'),
    cgroupParent: inputs.optional('cgroup-parent'),
    allow: items('allow'),
  }
}

// `true` and `false` are what docker/build-push-action takes; a fork's pull request is the reason for `auto`.
function readPush(inputs: Inputs): BuildInputs['push'] {
  const asked = inputs.oneOf('push', ['auto', 'true', 'false'], 'auto')
  return asked === 'auto' ? 'auto' : asked === 'true' ? 'always' : 'never'
}

function withoutComments(lines: readonly string[]): string[] {
  return lines.filter((line) => !line.startsWith('#'))
}

function checkPlatform(platform: string): string {
  if (PLATFORM.test(platform)) return platform
  throw new InputError(`Input "platforms" has "${platform}": give os/architecture, for example linux/arm64.`)
}

function namedEntry(input: string, entry: string, needsValue = false): string {
  const at = entry.indexOf('=')
  if (at > 0 || (at < 0 && !needsValue && !/\s/.test(entry))) return entry
  throw new InputError(`Input "${input}" has an entry that is not NAME=value: add the name before the "=".`)
}

/** Whether a context is fetched by BuildKit (Git, an archive, standard input) and not read from this machine. */
export function isRemoteContext(context: string): boolean {
  return (
    /^(?:https?:\/\/|git:\/\/|git@|ssh:\/\/|github\.com\/|docker-image:\/\/|-$)/.test(context) ||
    context.includes('{{defaultContext}}')
  )
}

function checkContext(env: Environment, context: string, file: string | undefined): void {
  if (isRemoteContext(context)) return
  const folder = resolve(workspace(env), context)
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new InputError(
      `Input "context" is "${context}", but there is no such folder: run actions/checkout before this step, or correct the path.`,
    )
  }
  const dockerfile = file === undefined ? `${folder}/Dockerfile` : resolve(workspace(env), file)
  if (existsSync(dockerfile)) return
  throw new InputError(
    file === undefined
      ? `Input "context" is "${context}", but that folder has no Dockerfile: set "file" to its path.`
      : `Input "file" is "${file}", but there is no such file: give its path from the top of the repository.`,
  )
}
