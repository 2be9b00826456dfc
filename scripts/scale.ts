import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {previewComment} from '../actions/delivery-report/src/preview-comment.ts'
import {COMMENT_LIMIT} from '../actions/shared/github/comment.ts'
import {splitMarkdown} from '../actions/shared/github/split-markdown.ts'
import type {Preview} from '../actions/shared/report/preview.ts'
import {simulate} from './scale/simulate.ts'
import type {Outcome} from './scale/simulate.ts'

const PAGE = join(import.meta.dirname, '../docs/scale.md')
const [SERVICES, REGIONS, TAKES] = [200, 3, 120]

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const table = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')

/** What the ECS API sees of it, for more and more jobs at once. */
export function ecsTable(): string {
  const rows = [20, 50, 100, 200].map((atOnce) => {
    const outcome = simulate({services: SERVICES, atOnce, takes: TAKES})
    return [
      String(atOnce),
      minutes(outcome),
      ...rates(outcome),
      `${(outcome.throttled * 100).toFixed(1)} %`,
      late(outcome),
    ]
  })
  const columns = [
    'jobs at once, per region',
    'whole',
    'register',
    'update',
    'services',
    'tasks',
    'refused',
    'seen late by',
  ]
  return table(columns, [['*quota: burst, per second*', '', '20, 1', '50, 5', '100, 20', '100, 20', '', ''], ...rows])
}

const minutes = ({wholeSeconds}: Outcome): string => `${(wholeSeconds / 60).toFixed(0)} min`
const rates = ({busiest}: Outcome): string[] =>
  [busiest.register, busiest.update, busiest.services, busiest.tasks].map((rate) => rate.toFixed(1))
const late = ({seenLate}: Outcome): string => `${String(seenLate)} s`

/** A preview of a service as ecs-deploy makes it, with as many changes as a busy pull request has. */
function servicePreview(service: number, changes: number): Preview {
  const lines = Array.from(
    {length: changes},
    (_, at) => `    api: environment + SETTING_${String(at)}="a value of some length"`,
  )
  return {
    schema: 'slipway.preview/v1',
    stage: 'ecs',
    subject: `service-${String(service).padStart(3, '0')}`,
    verdict: changes === 0 ? 'none' : 'change',
    headline: changes === 0 ? 'nothing would change' : `\`image, + SETTING_0 and ${String(changes - 1)} more\``,
    body: `\`\`\`\n${lines.join('\n')}\n\`\`\``,
    digest: `sha256:${String(service).padStart(64, '0')}`,
  }
}

/** How long the one comment gets, and what it costs in calls: who am I, the comments that are there, one write per part. */
export function commentTable(): string {
  const rows = [
    ['1 service', 1, 5],
    [`${String(SERVICES)} services, a new image each`, SERVICES, 1],
    [`${String(SERVICES)} services, five settings each`, SERVICES, 5],
    [`${String(SERVICES)} services × ${String(REGIONS)} regions, five settings each`, SERVICES * REGIONS, 5],
  ] as const
  return table(
    ['one comment for', 'characters', 'comments', 'calls per push'],
    rows.map(([what, count, changes]) => {
      const previews = Array.from({length: count}, (_, at) => servicePreview(at, changes))
      const text = previewComment(previews, '4c1f2e9')
      const parts = splitMarkdown(text, COMMENT_LIMIT).length
      return [what, text.length.toLocaleString('en'), String(parts), String(2 + parts)]
    }),
  )
}

/** The page with its tables made anew. @throws {Error} when a table has no place on it */
export function withScale(page: string): string {
  const tables = {ecs: ecsTable(), comment: commentTable()}
  return Object.entries(tables).reduce((text, [name, made]) => {
    const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
    const [from, to] = [text.indexOf(start), text.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`docs/scale.md has no place "${start}" … "${end}".`)
    return `${text.slice(0, from + start.length)}\n\n${made}\n\n${text.slice(to)}`
  }, page)
}

if (import.meta.main) await writeFile(PAGE, withScale(await readFile(PAGE, 'utf8')))
