import {alternatives} from '../../../shared/core/inputs.ts'
import {InputError} from '../../../shared/core/errors.ts'
import type {Source} from '../source.ts'
import {formatDate} from './dates.ts'

/** Expands `{{...}}` in tag rules, labels and annotations. */
export type Expand = (template: string, more?: Readonly<Record<string, string>>) => string

const SHORT_COMMIT = 7
const EXPRESSION = /\{\{\{?\s*(.*?)\s*\}?\}\}/g
const CALL = /^(date|commit_date)(?:\s+(['"])(.*?)\2)?(?:\s+tz=(['"])(.*?)\4)?$/
const DEFAULT_FORMAT = 'YYYY-MM-DDTHH:mm:ss.SSS[Z]'

/**
 * The global expressions of docker/metadata-action: `branch`, `tag`, `sha`, `base_ref`, `is_default_branch`,
 * `is_not_default_branch`, `date` and `commit_date`, each of the last two with a format and a `tz`. Nothing is
 * HTML-escaped: `a&b` stays `a&b` until it becomes a tag. An unknown expression is an error and not empty text.
 * @param now the time that `date` shows, and `commit_date` where the commit's is not known
 */
export function makeExpand(source: Source, now: Date): Expand {
  const globals = globalExpressions(source)
  const dates: Readonly<Record<string, Date>> = {date: now, commit_date: source.commitDate ?? now}
  return (template, more = {}) =>
    template.replace(EXPRESSION, (whole, expression: string) => {
      const known = {...globals, ...more}
      const value = Object.hasOwn(known, expression) ? known[expression] : undefined
      if (value !== undefined) return value
      const [, name = '', , format, , zone] = CALL.exec(expression) ?? []
      const date = dates[name]
      if (date !== undefined) return formatDate(date, format ?? DEFAULT_FORMAT, zone)
      const names = [...Object.keys(known), "date 'YYYYMMDD'", "commit_date 'YYYYMMDD' tz='Europe/Berlin'"]
      throw new InputError(`The expression "${whole}" is not known: use ${alternatives(names)}.`)
    })
}

function globalExpressions(source: Source): Readonly<Record<string, string>> {
  const clean = (text: string): string => text.replace(/[^A-Za-z0-9._-]+/g, '-')
  const branch = /^refs\/heads\/(.+)$/.exec(source.ref)?.[1]
  const tag = /^refs\/tags\/(.+)$/.exec(source.ref)?.[1]
  const isDefault = branch !== undefined && branch === source.defaultBranch
  return {
    branch: clean(branch ?? ''),
    tag: clean(tag ?? ''),
    sha: source.commit.slice(0, SHORT_COMMIT),
    base_ref: clean(source.baseRef ?? ''),
    is_default_branch: String(isDefault),
    is_not_default_branch: String(!isDefault),
  }
}
