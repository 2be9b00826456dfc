import {Failure} from '../../shared/core/diagnosis.ts'
import type {TaggedImage} from '../../shared/ecr/ecr-api.ts'
import type {WantedTag} from './tags/apply.ts'

/** An image that one of the wanted tags points at already. */
export interface ExistingImage extends TaggedImage {
  /** The commit that its label names; undefined when it names none. */
  readonly revision: string | undefined
  /** The date of that commit, by its label; undefined when it names none. */
  readonly committed: Date | undefined
}

/** What is to be done, decided before anything is. */
export type Decision =
  | {readonly kind: 'build'}
  | {readonly kind: 'reuse'; readonly image: ExistingImage; readonly missing: readonly string[]}

/** What the decision is made from. */
export interface Situation {
  readonly repository: string
  readonly commit: string
  readonly policy: 'reuse' | 'fail' | 'overwrite'
  readonly wanted: readonly WantedTag[]
  readonly existing: readonly ExistingImage[]
  /** Whether the repository lets an existing tag move. */
  readonly isMutable: (tag: string) => boolean
}

/**
 * Decides between building, reusing and failing.
 *
 * A tag that is not meant to move names one image for ever. Where it exists with this commit's image, that image is
 * what a build would be for, so it is taken (`reuse`); where it exists with another commit's, moving it would change
 * what other people's deployments mean. A tag that is meant to move moves where the repository lets it.
 * @throws {Failure} `tag-immutable`, naming both commits
 */
export function decide(situation: Situation): Decision {
  const {policy, wanted, existing, commit} = situation
  const moving = new Set(wanted.filter(({moves}) => moves).map(({name}) => name))
  const fixed = existing.filter(({tag}) => !moving.has(tag))
  if (policy === 'fail' && fixed[0] !== undefined) throw alreadyThere(situation, fixed[0])
  const same = policy === 'reuse' ? reusable(wanted, existing, commit, moving) : undefined
  const done = (image: ExistingImage): boolean =>
    same !== undefined && (image.digest === same.digest || (image.revision === commit && !moving.has(image.tag)))
  const stuck = existing.find((image) => !situation.isMutable(image.tag) && !done(image))
  if (stuck !== undefined) throw immutable(situation, stuck)
  if (same === undefined) {
    if (policy === 'reuse' && fixed[0] !== undefined) throw otherCommit(situation, fixed[0])
    return {kind: 'build'}
  }
  const stranger = fixed.find((image) => !done(image))
  if (stranger !== undefined) throw otherCommit(situation, stranger)
  const right = new Set(existing.filter(done).map(({tag}) => tag))
  return {kind: 'reuse', image: same, missing: wanted.map(({name}) => name).filter((name) => !right.has(name))}
}

// A moving tag alone is proof enough only when no fixed tag is wanted: `latest` may hold this commit by chance.
function reusable(
  wanted: readonly WantedTag[],
  existing: readonly ExistingImage[],
  commit: string,
  moving: ReadonlySet<string>,
): ExistingImage | undefined {
  const onlyMoving = wanted.every(({moves}) => moves)
  const ofCommit = existing.filter(({revision}) => commit !== '' && revision === commit)
  return ofCommit.find(({tag}) => onlyMoving || !moving.has(tag))
}

function alreadyThere({repository}: Situation, image: ExistingImage): Failure {
  return new Failure({
    reason: 'tag-immutable',
    subject: `${repository}:${image.tag}`,
    cause: `the tag exists already, and "if-tag-exists" is "fail"`,
    evidence: [
      {title: 'in the registry', lines: [`${image.digest}  built from ${image.revision ?? 'an unnamed commit'}`]},
    ],
    advice: 'use another tag, or set if-tag-exists to reuse',
  })
}

function otherCommit({repository, commit}: Situation, image: ExistingImage): Failure {
  const built =
    image.revision === undefined
      ? 'does not say which commit it was built from'
      : `was built from commit ${image.revision}`
  return new Failure({
    reason: 'tag-immutable',
    subject: `${repository}:${image.tag}`,
    cause: `the tag exists and ${built}; this run builds commit ${commit || '(unknown)'}`,
    evidence: [{title: 'in the registry', lines: [image.digest]}],
    advice: 'use a tag that names one commit (type=sha), or set if-tag-exists to overwrite if the tag is meant to move',
  })
}

function immutable({repository, commit}: Situation, image: ExistingImage): Failure {
  const built = image.revision === undefined ? 'an unnamed commit' : `commit ${image.revision}`
  return new Failure({
    reason: 'tag-immutable',
    subject: `${repository}:${image.tag}`,
    cause: `the tag is immutable and names the image of ${built}; this run builds commit ${commit || '(unknown)'}`,
    evidence: [{title: 'in the registry', lines: [image.digest]}],
    advice:
      image.revision === commit
        ? 'set if-tag-exists to reuse: the image of this commit is there'
        : `use a tag that names one commit (type=sha), or exclude "${image.tag}" from the repository's immutability`,
  })
}
