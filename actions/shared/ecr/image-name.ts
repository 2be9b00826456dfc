import {createHash} from 'node:crypto'
import {InputError} from '../core/errors.ts'
import {parseRegistryHost} from './registry-host.ts'
import type {RegistryHost} from './registry-host.ts'

/** Where an image goes: a repository, and the registry if the user named one. */
export interface RepositoryName {
  /** The name inside the registry: `team/app`. */
  readonly repository: string
  readonly registry?: RegistryHost
}

// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html#ECR-CreateRepository-request-repositoryName
const REPOSITORY = /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/
const LONGEST_REPOSITORY = 256
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
const TAG = /^\w[\w.-]{0,127}$/
const LONGEST_TAG = 128
const HASH_LENGTH = 12

/**
 * Reads the `repository` input: a name, or a whole repository URI with its registry.
 * @param registry the `registry` input, which must not contradict the URI
 * @throws {InputError} that says which rule of ECR the name breaks
 */
export function parseRepository(
  text: string,
  registry: string | undefined,
  region: string | undefined,
): RepositoryName {
  const trimmed = text.replace(/^https?:\/\//, '').replace(/\/+$/, '')
  const slash = trimmed.indexOf('/')
  const first = trimmed.slice(0, Math.max(0, slash))
  // Docker's own rule: a first part with a dot, a port or "localhost" is a host.
  const hasHost = /[.:]/.test(first) || first === 'localhost'
  const named = registry === undefined ? undefined : parseRegistryHost(registry, region)
  if (!hasHost) return {repository: checkedName(trimmed), ...(named && {registry: named})}
  const inside = parseRegistryHost(first, region)
  if (named !== undefined && named.host !== inside.host) {
    throw new InputError(
      `Input "repository" is in ${inside.host}, but input "registry" is ${named.host}: leave one of the two hosts out.`,
    )
  }
  return {repository: checkedName(trimmed.slice(slash + 1)), registry: inside}
}

function checkedName(name: string): string {
  const broken = nameProblem(name)
  if (broken !== undefined) throw new InputError(`Input "repository" is "${name}": ${broken}.`)
  return name
}

function nameProblem(name: string): string | undefined {
  if (name !== name.toLowerCase()) return `ECR takes lower case only, so use "${name.toLowerCase()}"`
  if (name.includes('@') || name.includes(':')) return 'give the name without a tag or digest, and tags by "tags"'
  if (name.length < 2 || name.length > LONGEST_REPOSITORY) return 'a name has 2 to 256 characters'
  if (!REPOSITORY.test(name)) {
    return 'use letters, digits and single separators (. _ - /) between them, for example "team/app"'
  }
  return undefined
}

/** @throws {InputError} when `tag` cannot be an image tag */
export function checkTag(tag: string): string {
  if (TAG.test(tag)) return tag
  throw new InputError(
    `Input "tags" gives the tag "${tag}": a tag has up to 128 letters, digits, "_", "." and "-", and starts with none of the last two.`,
  )
}

/**
 * Any text as a valid tag: what a tag cannot hold becomes `-`, and what is too long is cut and ends in a hash of the
 * whole, so that two long branch names never share a tag. Empty when nothing usable is left.
 */
export function sanitizeTag(text: string): string {
  const clean = text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '')
  if (clean.length <= LONGEST_TAG) return clean
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)
  return `${clean.slice(0, LONGEST_TAG - HASH_LENGTH - 1)}-${hash}`
}

/** `registry/repository@sha256:...`: the only reference to an image that cannot change its meaning. */
export function digestReference(registry: string, repository: string, digest: string): string {
  return `${registry}/${repository}@${digest}`
}
