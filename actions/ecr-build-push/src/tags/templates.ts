import Handlebars from 'handlebars'
import type {HelperOptions} from 'handlebars'
import {errorMessage, InputError} from '../../../shared/core/errors.ts'
import type {Source} from '../source.ts'
import {formatDate} from './dates.ts'

/** Expands `{{...}}` in tag rules, labels and annotations. */
export type Expand = (template: string, more?: Readonly<Record<string, unknown>>) => string

const SHORT_COMMIT = 7

/**
 * The global expressions of docker/metadata-action: `branch`, `tag`, `sha`, `base_ref`, `is_default_branch`,
 * `is_not_default_branch`, `date` and `commit_date`, each of the last two with a format and a `tz`. Nothing is
 * HTML-escaped: `a&b` stays `a&b` until it becomes a tag.
 * @param now the time that `date` shows, and `commit_date` where the commit's is not known
 */
export function makeExpand(source: Source, now: Date): Expand {
  const handlebars = Handlebars.create()
  const clean = (text: string): string => text.replace(/[^A-Za-z0-9._-]+/g, '-')
  const branch = /^refs\/heads\/(.+)$/.exec(source.ref)?.[1]
  const tag = /^refs\/tags\/(.+)$/.exec(source.ref)?.[1]
  const isDefault = branch !== undefined && branch === source.defaultBranch
  const globals = {
    branch: clean(branch ?? ''),
    tag: clean(tag ?? ''),
    sha: source.commit.slice(0, SHORT_COMMIT),
    base_ref: clean(source.baseRef ?? ''),
    is_default_branch: String(isDefault),
    is_not_default_branch: String(!isDefault),
  }
  handlebars.registerHelper('date', dateHelper(now))
  handlebars.registerHelper('commit_date', dateHelper(source.commitDate ?? now))
  return (template, more = {}) => {
    if (!template.includes('{{')) return template
    try {
      return handlebars.compile(template, {noEscape: true, strict: true})({...globals, ...more})
    } catch (error) {
      if (error instanceof InputError) throw error
      throw new InputError(`The expression "${template}" cannot be evaluated: ${errorMessage(error)}.`)
    }
  }
}

function dateHelper(date: Date): Handlebars.HelperDelegate {
  return (...given: unknown[]) => {
    const options = given.at(-1) as HelperOptions
    const format = given.length > 1 ? String(given[0]) : 'YYYY-MM-DDTHH:mm:ss.SSS[Z]'
    const {tz} = options.hash as {tz?: string}
    return formatDate(date, format, tz)
  }
}
