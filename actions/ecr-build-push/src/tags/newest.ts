import {compare, parse} from 'semver'
import type {Source} from '../source.ts'
import type {WantedTag} from './apply.ts'

/** The tags that an image may take, and those that stay with a newer one. */
export interface Kept {
  readonly tags: readonly WantedTag[]
  /** For the log: which tag stays, and with which release or commit. */
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

/** An image that a tag points at, and what its labels say of its source. */
export interface Tagged {
  readonly tag: string
  readonly revision: string | undefined
  /** The date of that commit. */
  readonly committed: Date | undefined
}

/**
 * For a run of a past event (GitHub's "Re-run jobs"): leaves the tags that are meant to move where they are when they
 * name the image of a newer commit. What ran again is the old commit's delivery; that `latest` is the newest is still
 * true. Where the moving tags are all the tags there are, moving them is what is left for the run to do, and they move.
 * @param own what this run builds
 */
export function withoutNewerCommits(
  tags: readonly WantedTag[],
  existing: readonly Tagged[],
  own: Pick<Source, 'commit' | 'commitDate'>,
): Kept {
  const newer = existing.filter(
    ({revision, committed}) =>
      revision !== undefined &&
      revision !== own.commit &&
      own.commitDate !== undefined &&
      (committed ?? 0) > own.commitDate,
  )
  const left = tags.flatMap(({name, moves}) => {
    const found = moves ? newer.find(({tag}) => tag === name) : undefined
    return found === undefined ? [] : [{tag: name, newer: found.revision ?? ''}]
  })
  const kept = tags.filter(({name}) => !left.some(({tag}) => tag === name))
  return kept.length === 0 ? {tags, left: []} : {tags: kept, left}
}
