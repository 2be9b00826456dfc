import {humanDuration} from '../../shared/core/clock.ts'
import {code, details, escapeMarkdown, table} from '../../shared/core/markdown.ts'
import {cacheHits} from './progress.ts'
import type {BuildStep} from './progress.ts'
import type {PlatformSize} from './verify.ts'

/** What the job summary says about a build. */
export interface BuildReport {
  readonly repository: string
  readonly tags: readonly string[]
  readonly digest: string | undefined
  /** `pushed`, `reused` or `built` (without a push). */
  readonly outcome: 'pushed' | 'reused' | 'built'
  /** Why it ended like that, where that needs saying. */
  readonly note: string | undefined
  readonly sizes: readonly PlatformSize[]
  /** Sizes of the image that a moving tag pointed at before. */
  readonly sizesBefore: readonly PlatformSize[]
  readonly steps: readonly BuildStep[]
  /** Milliseconds. */
  readonly tookMs: number
}

const BAR_WIDTH = 24
const MOST_STEPS = 15
const HEADLINES: Readonly<Record<BuildReport['outcome'], string>> = {
  pushed: 'is in the registry',
  reused: 'was there already',
  built: 'was built, not pushed',
}

/** The section of the job summary. */
export function summarySection(report: BuildReport): string {
  const {repository, digest, tags, sizes, sizesBefore, steps} = report
  const hits = cacheHits(steps)
  const rows: [string, string][] = [
    ...(digest === undefined ? [] : [['digest', code(digest)] as [string, string]]),
    ['tags', tags.map(code).join(' ')],
    ...sizes.map(({platform, bytes}): [string, string] => [
      platform === '' ? 'size' : `size ${escapeMarkdown(platform)}`,
      sizeCell(bytes, sizesBefore.find((before) => before.platform === platform)?.bytes),
    ]),
    ...(hits.all === 0 ? [] : [['cache', `${String(hits.cached)} of ${String(hits.all)} steps`] as [string, string]]),
  ]
  return [
    `### ✓ ${escapeMarkdown(repository)} ${HEADLINES[report.outcome]} · ${humanDuration(report.tookMs)}`,
    ...(report.note === undefined ? [] : [escapeMarkdown(report.note)]),
    table({columns: ['', ''], rows}),
    ...(steps.length === 0 ? [] : [details('Time per build step', barChart(steps))]),
  ].join('\n\n')
}

function sizeCell(bytes: number, before: number | undefined): string {
  if (before === undefined || before === bytes) return humanBytes(bytes)
  const sign = bytes > before ? '+' : '−'
  return `${humanBytes(bytes)} (${sign}${humanBytes(Math.abs(bytes - before))})`
}

/** The longest steps of a build, each with a bar as long as its share of the longest one. */
export function barChart(steps: readonly BuildStep[]): string {
  const timed = steps.filter(({seconds, cached}) => seconds !== undefined || cached)
  const longest = Math.max(0.1, ...timed.map(({seconds}) => seconds ?? 0))
  const shown = [...timed].sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0)).slice(0, MOST_STEPS)
  const rows = timed
    .filter((step) => shown.includes(step))
    .map(({name, seconds, cached}) => [
      code(name.length > 80 ? `${name.slice(0, 79)}…` : name),
      cached ? 'cached' : `${(seconds ?? 0).toFixed(1)} s`,
      '█'.repeat(Math.round(((seconds ?? 0) / longest) * BAR_WIDTH)),
    ])
  return table({columns: ['step', 'time', ''], rows})
}

/** Bytes for people: `412 kB`, `88.1 MB`. */
export function humanBytes(bytes: number): string {
  if (bytes < 1000) return `${String(bytes)} B`
  if (bytes < 1e6) return `${String(Math.round(bytes / 1e3))} kB`
  return `${(bytes / 1e6).toFixed(1)} MB`
}
