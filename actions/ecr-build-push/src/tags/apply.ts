import {InputError} from '../../../shared/core/errors.ts'
import {checkTag, sanitizeTag} from '../../../shared/ecr/image-name.ts'
import type {Source} from '../source.ts'
import type {Flavor} from './flavor.ts'
import type {Rule} from './rules.ts'
import type {Expand} from './templates.ts'
import {findMatch, renderPep440, renderSemver} from './versions.ts'
import type {Rendered} from './versions.ts'

/** A tag that the image is to have. */
export interface WantedTag {
  readonly name: string
  /** Meant to move from image to image, as `latest`, a branch or `1.2` do. What does not move names one image for ever. */
  readonly moves: boolean
  /** For a tag that stands for the newest of several releases: the release that wants it now. */
  readonly release?: string
}

/** All tags of an image. */
export interface TagSet {
  readonly tags: readonly WantedTag[]
  /** The first tag, by priority; what the label `org.opencontainers.image.version` says. */
  readonly version: string
  /** Rules that gave nothing, and why: for the log. */
  readonly skipped: readonly string[]
}

/** What rules are applied to. */
export interface RuleContext {
  readonly source: Source
  readonly flavor: Flavor
  readonly expand: Expand
}

interface Outcome {
  readonly text: string
  readonly moves: boolean
  /** Whether `latest=auto` lets this one carry `latest`. */
  readonly isLatest: boolean
  readonly release?: string
  /** Used where neither the rule nor the flavor sets a prefix. */
  readonly prefix?: string
}

/**
 * Applies tag rules in the order of their priority, as docker/metadata-action does, with three repairs: what is too
 * long for a tag is cut and hashed, a pre-release never takes `latest`, and a rule that gives nothing says why.
 * @throws {InputError} for an `enable` that is neither true nor false, and for tags that cannot be tags
 */
export function applyRules(rules: readonly Rule[], context: RuleContext): TagSet {
  const byPriority = [...rules].sort((a, b) => b.priority - a.priority)
  const tags: WantedTag[] = []
  const skipped: string[] = []
  let latest: Outcome | undefined
  for (const rule of byPriority) {
    if (!isEnabled(rule, context)) continue
    const outcome = APPLY[rule.type](rule, context)
    if (typeof outcome === 'string') {
      skipped.push(`${rule.line}: ${outcome}`)
      continue
    }
    const name = sanitizeTag(withAffixes(outcome, rule, context))
    if (name === '') continue
    // As in docker/metadata-action, the first rule that gives a tag decides about `latest`.
    latest ??= outcome
    if (!tags.some((tag) => tag.name === name)) tags.push(wanted(name, outcome))
  }
  return withLatest(tags, skipped, latest, context.flavor)
}

function wanted(name: string, {moves, release}: Outcome): WantedTag {
  return {name: checkTag(name), moves: moves || name === 'latest', ...(moves && release !== undefined && {release})}
}

function withLatest(tags: WantedTag[], skipped: string[], latest: Outcome | undefined, flavor: Flavor): TagSet {
  const version = tags[0]?.name ?? ''
  const carries = flavor.latest === 'auto' ? latest?.isLatest === true : flavor.latest === 'true'
  const name = `${flavor.prefixLatest ? flavor.prefix : ''}latest${flavor.suffixLatest ? flavor.suffix : ''}`
  if (version !== '' && carries && !tags.some((tag) => tag.name === name)) {
    tags.push({name: checkTag(name), moves: true, ...(latest?.release !== undefined && {release: latest.release})})
  }
  return {tags, version, skipped}
}

function isEnabled(rule: Rule, {expand}: RuleContext): boolean {
  const answer = expand(rule.enable).trim().toLowerCase()
  if (answer === 'true' || answer === 'false') return answer === 'true'
  throw new InputError(`Input "tags": "${rule.line}" has enable "${answer}": it must come out as true or false.`)
}

function withAffixes(outcome: Outcome, rule: Rule, {flavor, expand}: RuleContext): string {
  const prefix = rule.prefix ?? (flavor.prefix || outcome.prefix) ?? ''
  const suffix = rule.suffix ?? flavor.suffix
  return `${expand(prefix)}${outcome.text}${expand(suffix)}`
}

const APPLY: Readonly<Record<Rule['type'], (rule: Rule, context: RuleContext) => Outcome | string>> = {
  schedule: (rule, {source, expand}) => {
    if (source.event !== 'schedule') return 'only on schedule'
    const pattern = rule.own.get('pattern') ?? 'nightly'
    return {text: expand(pattern), moves: !pattern.includes('{{'), isLatest: false}
  },
  semver: (rule, context) => applyVersion(rule, context, renderSemver, 'a semantic version'),
  pep440: (rule, context) => applyVersion(rule, context, renderPep440, 'a PEP 440 version'),
  match: applyMatch,
  edge: (rule, {source, expand}) => {
    const branch = expand(rule.own.get('branch') ?? source.defaultBranch ?? '')
    if (branch === '') return 'the default branch is not known'
    if (source.ref !== `refs/heads/${branch}`) return `only on branch ${branch}`
    return {text: 'edge', moves: true, isLatest: false}
  },
  ref: applyRef,
  raw: (rule, {expand}) => {
    const value = rule.own.get('value') ?? ''
    const moves = /\{\{\s*(?:branch|base_ref)\s*\}\}/.test(value) && !/\{\{\s*(?:sha|date|commit_date)\b/.test(value)
    return {text: expand(value), moves, isLatest: false}
  },
  sha: (rule, {source}) => {
    if (source.commit === '') return 'the commit is not known'
    const text = rule.own.get('format') === 'long' ? source.commit : source.commit.slice(0, 7)
    return {text, moves: false, isLatest: false, prefix: 'sha-'}
  },
}

function gitTag(source: Source): string | undefined {
  return /^refs\/tags\/(.+)$/.exec(source.ref)?.[1]
}

function applyVersion(
  rule: Rule,
  {source, expand}: RuleContext,
  render: (version: string, pattern: string, expand: Expand) => Rendered | undefined,
  kind: string,
): Outcome | string {
  const given = rule.own.get('value')
  const whole = given === undefined ? gitTag(source)?.replaceAll('/', '-') : expand(given)
  if (whole === undefined || whole === '') return 'only on a Git tag, or with a value'
  const match = rule.own.get('match')
  const version = match === undefined ? whole : firstGroup(whole, match)
  if (version === undefined) return `"${whole}" does not match ${match ?? ''}`
  const rendered = render(version, rule.own.get('pattern') ?? '', expand)
  if (rendered === undefined) return `"${version}" is not ${kind}`
  return {text: rendered.text, moves: rendered.isPartial, isLatest: rendered.isRelease, release: rendered.version}
}

// `match` of a version rule picks the version out of a longer tag: its first group if it has one, else all of it.
function firstGroup(text: string, pattern: string): string | undefined {
  return findMatch(text, pattern, 1) ?? findMatch(text, pattern, 0)
}

function applyMatch(rule: Rule, {source, expand}: RuleContext): Outcome | string {
  const given = rule.own.get('value')
  const text = given === undefined ? gitTag(source)?.replaceAll('/', '-') : expand(given)
  if (text === undefined || text === '') return 'only on a Git tag, or with a value'
  const pattern = rule.own.get('pattern') ?? ''
  const found = findMatch(text, pattern, Number(rule.own.get('group') ?? 0))
  if (found === undefined || found === '') return `"${text}" does not match ${pattern}`
  // A match that leaves out the end of the Git tag will be found in the next release's tag as well.
  return {text: found, moves: !text.endsWith(found), isLatest: renderSemver(text, '{{raw}}', expand)?.isRelease ?? true}
}

function applyRef(rule: Rule, {source, expand}: RuleContext): Outcome | string {
  const event = rule.own.get('event')
  const branch = /^refs\/heads\/(.+)$/.exec(source.ref)?.[1]
  const tag = gitTag(source)
  if (event === 'branch') {
    return branch === undefined ? 'only on a branch' : {text: branch, moves: true, isLatest: false}
  }
  if (event === 'tag') {
    if (tag === undefined) return 'only on a Git tag'
    return {text: tag, moves: false, isLatest: renderSemver(tag, '{{raw}}', expand)?.isRelease ?? true}
  }
  const pull = /^refs\/pull\/(\d+)\//.exec(source.ref)?.[1]
  return pull === undefined ? 'only on a pull request' : {text: pull, moves: true, isLatest: false, prefix: 'pr-'}
}
