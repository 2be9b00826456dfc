import {existsSync, readFileSync} from 'node:fs'
import type {CreateRepositoryCommandInput} from '@aws-sdk/client-ecr'
import {alternatives} from '../core/inputs.ts'
import {errorMessage, InputError} from '../core/errors.ts'
import {insideWorkspace} from '../core/files.ts'
import type {Environment} from '../core/inputs.ts'

/** How a repository is made when it is missing. Only what the user set is sent; the rest is ECR's own default. */
export interface RepositorySettings {
  readonly scanOnPush?: boolean
  readonly mutability?: Mutability
  /** Tags that are the other way round than `mutability` says, with `*` as wildcard. */
  readonly exclusions: readonly string[]
  readonly encryption?: Encryption
  readonly kmsKey?: string
  /** Path of a JSON file. */
  readonly lifecyclePolicy?: string
  /** Path of a JSON file. */
  readonly repositoryPolicy?: string
  readonly tags: readonly {readonly Key: string; readonly Value: string}[]
}

// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
const MUTABILITIES = ['MUTABLE', 'IMMUTABLE', 'MUTABLE_WITH_EXCLUSION', 'IMMUTABLE_WITH_EXCLUSION'] as const
const ENCRYPTIONS = ['AES256', 'KMS', 'KMS_DSSE'] as const
const MOST_EXCLUSIONS = 5

type Mutability = (typeof MUTABILITIES)[number]
type Encryption = (typeof ENCRYPTIONS)[number]

const NAMES = [
  'scan-on-push',
  'mutability',
  'exclusions',
  'encryption',
  'kms-key',
  'lifecycle-policy',
  'repository-policy',
  'tag.<key>',
]

/**
 * Reads the `repository-settings` input: one `name=value` per line.
 * @throws {InputError} for an unknown name, a value that ECR does not know, or settings that contradict each other
 */
export function readRepositorySettings(text = ''): RepositorySettings {
  const given = new Map<string, string>()
  for (const line of text.split(/\r?\n/).map((part) => part.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const [, name = '', value = ''] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line) ?? []
    if (!known(name))
      throw new InputError(`Input "repository-settings" has "${line}": use ${alternatives(NAMES)}, each as name=value.`)
    given.set(name, value)
  }
  return checked(withoutUndefined(given))
}

function known(name: string): boolean {
  return NAMES.includes(name) || /^tag\..+/.test(name)
}

function withoutUndefined(given: ReadonlyMap<string, string>): RepositorySettings {
  const scan = oneOf(given, 'scan-on-push', ['true', 'false'])
  const mutability = oneOf(given, 'mutability', MUTABILITIES)
  const encryption = oneOf(given, 'encryption', ENCRYPTIONS)
  const [kmsKey, lifecyclePolicy, repositoryPolicy] = [
    given.get('kms-key'),
    given.get('lifecycle-policy'),
    given.get('repository-policy'),
  ]
  return {
    exclusions: (given.get('exclusions') ?? '').split(/[\s,]+/).filter((filter) => filter !== ''),
    tags: [...given].filter(([name]) => name.startsWith('tag.')).map(([name, Value]) => ({Key: name.slice(4), Value})),
    ...(scan !== undefined && {scanOnPush: scan === 'true'}),
    ...(mutability !== undefined && {mutability}),
    ...(encryption !== undefined && {encryption}),
    ...(kmsKey !== undefined && {kmsKey}),
    ...(lifecyclePolicy !== undefined && {lifecyclePolicy}),
    ...(repositoryPolicy !== undefined && {repositoryPolicy}),
  }
}

function oneOf<const T extends string>(
  given: ReadonlyMap<string, string>,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const value = given.get(name)
  if (value === undefined) return undefined
  const found = allowed.find((candidate) => candidate === value)
  if (found !== undefined) return found
  throw new InputError(`Input "repository-settings" sets ${name} to "${value}": use ${alternatives(allowed)}.`)
}

function checked(settings: RepositorySettings): RepositorySettings {
  const withExclusion = settings.mutability?.endsWith('_WITH_EXCLUSION') === true
  const problems: readonly (readonly [boolean, string])[] = [
    [
      withExclusion && settings.exclusions.length === 0,
      'needs "exclusions", for example exclusions=latest,buildcache*',
    ],
    [
      !withExclusion && settings.exclusions.length > 0,
      'has "exclusions", which need a mutability that ends in _WITH_EXCLUSION',
    ],
    [
      settings.exclusions.length > MOST_EXCLUSIONS,
      `has more than ${String(MOST_EXCLUSIONS)} exclusions, which ECR does not take`,
    ],
    [
      settings.kmsKey !== undefined && settings.encryption?.startsWith('KMS') !== true,
      'has "kms-key": add encryption=KMS',
    ],
  ]
  const problem = problems.find(([broken]) => broken)?.[1]
  if (problem !== undefined) throw new InputError(`Input "repository-settings" ${problem}.`)
  return settings
}

/** Policies of a new repository, as the text of their JSON files. */
export interface Policies {
  readonly lifecycle?: string
  readonly repository?: string
}

/** Reads the policy files that the settings name. @throws {InputError} for a file that is not there or is not JSON */
export function readPolicies(env: Environment, {lifecyclePolicy, repositoryPolicy}: RepositorySettings): Policies {
  return {
    ...(lifecyclePolicy !== undefined && {lifecycle: readPolicy(env, 'lifecycle-policy', lifecyclePolicy)}),
    ...(repositoryPolicy !== undefined && {repository: readPolicy(env, 'repository-policy', repositoryPolicy)}),
  }
}

function readPolicy(env: Environment, name: string, path: string): string {
  const sentence = `Input "repository-settings" sets ${name} to "${path}"`
  const file = insideWorkspace(env, 'repository-settings', path)
  if (!existsSync(file)) throw new InputError(`${sentence}, but there is no such file: correct the path.`)
  const text = readFileSync(file, 'utf8')
  try {
    JSON.parse(text)
    return text
  } catch (error) {
    throw new InputError(`${sentence}, which is not JSON: ${errorMessage(error)}.`)
  }
}

/** The settings as ECR's CreateRepository takes them. */
export function createRequest(repositoryName: string, settings: RepositorySettings): CreateRepositoryCommandInput {
  const {scanOnPush, mutability, exclusions, encryption, kmsKey, tags} = settings
  const filters = exclusions.map((filter) => ({filterType: 'WILDCARD' as const, filter}))
  return {
    repositoryName,
    ...(scanOnPush !== undefined && {imageScanningConfiguration: {scanOnPush}}),
    ...(mutability !== undefined && {imageTagMutability: mutability}),
    ...(filters.length > 0 && {imageTagMutabilityExclusionFilters: filters}),
    ...(encryption !== undefined && {
      encryptionConfiguration: {encryptionType: encryption, ...(kmsKey !== undefined && {kmsKey})},
    }),
    ...(tags.length > 0 && {tags: [...tags]}),
  }
}
