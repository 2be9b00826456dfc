import {explain as explainPep440, valid as validPep440} from '@renovatebot/pep440'
import {parse as parseSemver} from 'semver'
import {errorMessage, InputError} from '../../../shared/core/errors.ts'
import type {Expand} from './templates.ts'

/** What a version rule made of a version. */
export interface Rendered {
  readonly text: string
  /** A release, and not a pre-release: only those may become `latest`. */
  readonly isRelease: boolean
  /** The version that stands behind the text, in full. */
  readonly version: string
  /** Whether later releases will want the same text, as `1.2` does. */
  readonly isPartial: boolean
}

/**
 * `version` by a semver pattern such as `{{major}}.{{minor}}`; undefined when it is not a version at all. A
 * pre-release is always shown whole, so that `1.2.0-rc.1` never takes the tag `1.2`.
 */
export function renderSemver(version: string, pattern: string, expand: Expand): Rendered | undefined {
  const parsed = parseSemver(version)
  if (parsed === null) return undefined
  const {major, minor, patch} = parsed
  const isRelease = parsed.prerelease.length === 0
  const fields = {
    raw: version,
    version: parsed.version,
    major: String(major),
    minor: String(minor),
    patch: String(patch),
  }
  return render(expand, {pattern, fields, isRelease, version: parsed.version})
}

/** As {@link renderSemver}, by Python's rules (https://packaging.python.org/en/latest/specifications/version-specifiers/). */
export function renderPep440(version: string, pattern: string, expand: Expand): Rendered | undefined {
  const parsed = validPep440(version) === null ? null : explainPep440(version)
  if (parsed === null) return undefined
  const [major = 0, minor = 0, patch = 0] = parsed.release
  const isRelease = !parsed.is_prerelease && !parsed.is_postrelease && !parsed.is_devrelease
  const fields = {
    raw: version,
    version: parsed.public,
    major: String(major),
    minor: String(minor),
    patch: String(patch),
  }
  return render(expand, {pattern, fields, isRelease, version: parsed.public})
}

interface Rendering {
  readonly pattern: string
  readonly fields: Readonly<Record<string, string>>
  readonly isRelease: boolean
  readonly version: string
}

function render(expand: Expand, {pattern, fields, isRelease, version}: Rendering): Rendered {
  const isRaw = /^\{\{\s*raw\s*\}\}$/.test(pattern)
  const chosen = isRelease || isRaw ? pattern : '{{version}}'
  const isPartial = !/\{\{\s*(?:raw|version|patch)\s*\}\}/.test(chosen)
  return {text: expand(chosen, fields), isRelease, version, isPartial}
}

/**
 * The part of `text` that a pattern finds, as `type=match` and the `match` attribute want it.
 * @param pattern a regular expression, bare or as `/expression/flags`
 * @throws {InputError} for a broken expression
 */
export function findMatch(text: string, pattern: string, group: number): string | undefined {
  const [, inner = pattern, flags = ''] = /^\/(.+)\/([a-z]*)$/.exec(pattern) ?? []
  try {
    return new RegExp(inner, flags).exec(text)?.[group]
  } catch (error) {
    throw new InputError(`Input "tags" has the pattern "${pattern}": ${errorMessage(error)}.`)
  }
}
