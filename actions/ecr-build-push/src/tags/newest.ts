import {compare, parse} from 'semver'
import type {WantedTag} from './apply.ts'

/** The tags that a release may take, and those that stay with a newer one. */
export interface Kept {
  readonly tags: readonly WantedTag[]
  /** For the log: which tag stays, and with which release. */
  readonly left: readonly {readonly tag: string; readonly newer: string}[]
}

/**
 * Leaves the tags that stand for the newest of several releases (`latest`, `1`, `1.2`) where they are when the registry
 * has a newer release: a patch of an old line must not become what everybody pulls. docker/metadata-action moves them
 * (https://github.com/docker/metadata-action/issues/184).
 * @param existing all tags of the repository
 */
export function withoutOlder(tags: readonly WantedTag[], existing: readonly string[]): Kept {
  const left: {tag: string; newer: string}[] = []
  const kept = tags.filter(({name, release}) => {
    const newer = release === undefined ? undefined : newestOf(name, release, existing)
    if (newer !== undefined) left.push({tag: name, newer})
    return newer === undefined
  })
  return {tags: kept, left}
}

function newestOf(name: string, release: string, existing: readonly string[]): string | undefined {
  const own = parse(release)
  if (own === null) return undefined
  const line = /^\D*(\d+(?:\.\d+)*)$/.exec(name)?.[1]
  const newer = existing.filter((tag) => {
    const other = parse(tag)
    if (other === null || other.prerelease.length > 0 || compare(other, own) <= 0) return false
    return line === undefined || `${other.version}.`.startsWith(`${line}.`)
  })
  return newer.sort((a, b) => compare(b, a))[0]
}
