import {humanDuration} from '../../shared/core/clock.ts'
import {code, details, escapeMarkdown, shortHashes, table} from '../../shared/core/markdown.ts'
import {receiptDigest} from '../../shared/report/receipt.ts'
import type {Receipt} from '../../shared/report/receipt.ts'
import {digestsOf, shortDigest} from './delivery.ts'
import {factsLine, retriesLine} from './facts.ts'
import type {Delivery} from './delivery-schema.ts'
import type {JobResult} from '../../shared/report/needs.ts'

const NAMES: Readonly<Record<Receipt['stage'], string>> = {
  build: 'build',
  plan: 'plan',
  apply: 'infrastructure',
  task: 'one-off task',
  ecs: 'ECS',
  kubernetes: 'Kubernetes',
}

const MARKS: Readonly<Record<Receipt['status'], string>> = {
  succeeded: '✓',
  unchanged: '✓',
  planned: '✓',
  failed: '✗',
  'rolled-back': '↩',
  'timed-out': '⧖',
  superseded: '⤳',
  cancelled: '⊘',
}

/** The verdict on a delivery in one line of text: `streaming-api 4c1f2e9 is live · 3 min 41 s`. */
export function headline(delivery: Delivery): string {
  // Only what was deployed can be live: a build whose deploys were skipped is not.
  const deployed = delivery.stages.some(({stage}) => stage === 'ecs' || stage === 'kubernetes')
  const phrases: Readonly<Record<Receipt['status'], string>> = {
    succeeded: deployed ? 'is live' : 'is done, and nothing was deployed',
    unchanged: deployed ? 'was live already, nothing changed' : 'was done already, nothing was deployed',
    planned: 'is planned, nothing was changed',
    failed: 'was not delivered',
    'rolled-back': 'was not delivered, the version before it is back',
    'timed-out': 'was not delivered in time',
    superseded: 'was overtaken by a newer delivery',
    cancelled: 'was cancelled',
  }
  return `${MARKS[delivery.status]} ${nameOf(delivery)} ${phrases[delivery.status]} · ${humanDuration(wallTime(delivery.stages))}`
}

// Without a build the commit of the run says nothing about what runs now (a rollback is run from today's main).
function nameOf({stages, repository, commit}: Delivery): string {
  const build = stages.find(({stage}) => stage === 'build')
  const [digest] = build === undefined ? stages.flatMap((stage) => digestsOf(stage)) : []
  return `${build?.subject ?? repository} ${digest === undefined ? commit.slice(0, 7) : shortDigest(digest)}`
}

// From the first start to the last end: what the person who waited has seen, queues between jobs included.
function wallTime(stages: readonly Receipt[]): number {
  if (stages.length === 0) return 0
  const starts = stages.map(({startedAt}) => Date.parse(startedAt))
  const ends = stages.map(({startedAt, tookMs}) => Date.parse(startedAt) + tookMs)
  return Math.max(...ends) - Math.min(...starts)
}

/** The delivery as a section of the job summary: verdict, a row per stage, jobs without a receipt, timeline. */
export function deliverySection(
  delivery: Delivery,
  jobs: ReadonlyMap<string, JobResult>,
  server = 'https://github.com',
): string {
  const rows = delivery.stages.map((stage) => [
    together(`${MARKS[stage.status]} ${NAMES[stage.stage]}`),
    escapeMarkdown(shortHashes(stage.headline)),
    // A good end is what the mark says already.
    ['succeeded', 'planned'].includes(stage.status) ? '' : escapeMarkdown(stage.status),
    together(humanDuration(stage.tookMs)),
    waits(stage),
  ])
  const digest = receiptDigest(JSON.stringify(delivery))
  const retries = retriesLine(delivery, NAMES)
  return [
    `### ${escapeMarkdown(headline(delivery))}`,
    factsLine(delivery, server),
    ...(rows.length === 0
      ? []
      : [table(withoutEmpty({columns: ['stage', 'what', 'status', 'took', 'waited on'], rows}))]),
    ...silentJobs(jobs),
    ...(retries === undefined ? [] : [retries]),
    ...(delivery.stages.length > 0 ? [details('Timeline', gantt(delivery.stages)), receiptLine(digest, delivery)] : []),
  ].join('\n\n')
}

// A stage that had nothing to do is left out, and so is what comes after one that failed: neither has failed itself.
function silentJobs(jobs: ReadonlyMap<string, JobResult>): string[] {
  const red = [...jobs].filter(([, result]) => result !== 'success' && result !== 'skipped')
  const skipped = [...jobs].filter(([, result]) => result === 'skipped')
  return [
    ...(red.length > 0
      ? [`Jobs that did not succeed: ${red.map(([job, result]) => `${code(job)} ${result}`).join(' · ')}`]
      : []),
    ...(skipped.length > 0 ? [`Jobs that were skipped: ${skipped.map(([job]) => code(job)).join(' · ')}`] : []),
  ]
}

/** A column in which nobody has anything to say only takes room from the others. */
function withoutEmpty({columns, rows}: {columns: string[]; rows: string[][]}): {columns: string[]; rows: string[][]} {
  const told = columns.map((_name, at) => rows.some((row) => row[at] !== ''))
  const kept = (cells: string[]): string[] => cells.filter((_cell, at) => told[at])
  return {columns: kept(columns), rows: rows.map(kept)}
}

function receiptLine(digest: string, {signature}: Delivery): string {
  return `receipt ${code(digest)}${signature === undefined ? '' : `, signed by ${code(shortDigest(signature.key))}`}`
}

const together = (text: string): string => text.replaceAll(' ', '\u00a0')

// A summary is about a thousand pixels wide, which a module's whole address takes for itself.
function waits(stage: Receipt): string {
  return Object.entries(stage.waits ?? {})
    .map(([on, ms]) => `${escapeMarkdown(on.replace(/^(?:module\.[^.]+\.)+/, ''))} ${together(humanDuration(ms))}`)
    .join(', ')
}

// https://mermaid.js.org/syntax/gantt.html: a colon ends a task's name and a semicolon ends the line.
function gantt(stages: readonly Receipt[]): string {
  const lines = stages.map((stage) => {
    const start = Date.parse(stage.startedAt)
    const mark = ['succeeded', 'unchanged', 'planned'].includes(stage.status) ? 'done' : 'crit'
    const label = `${NAMES[stage.stage]} ${stage.subject}`.replace(/[:;#,\n]/g, ' ')
    return `    ${label} :${mark}, ${String(start)}, ${String(start + Math.max(1000, stage.tookMs))}`
  })
  return ['```mermaid', 'gantt', '    dateFormat x', '    axisFormat %H:%M:%S', ...lines, '```'].join('\n')
}
