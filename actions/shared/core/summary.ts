import {appendFile} from 'node:fs/promises'
import type {Diagnosis, Evidence, Status} from './diagnosis.ts'
import type {Environment} from './inputs.ts'
import type {Mask} from './mask.ts'
import {code, codeBlock, details, escapeMarkdown, table} from './markdown.ts'

/**
 * Longest summary of one step, in bytes. GitHub refuses a step's summary above 1 MiB whole
 * (https://docs.github.com/actions/reference/workflow-commands-for-github-actions#step-isolation-and-limits).
 */
const LIMIT_BYTES = 1_000_000

/** The job summary of this step. */
export interface Summary {
  /** Adds Markdown; sections are separated by a blank line. */
  add(markdown: string): void
  /** Everything added so far, scrubbed of secrets and cut at GitHub's limit. */
  text(): string
  /** Writes the summary out. Does nothing outside a runner. */
  write(): Promise<void>
}

/** A summary that ends in the file the runner names by GITHUB_STEP_SUMMARY. */
export function makeSummary(env: Environment, mask: Mask): Summary {
  const sections: string[] = []
  const text = (): string => cut(mask.scrub(sections.join('\n\n')))
  return {
    add: (markdown) => {
      sections.push(markdown)
    },
    text,
    write: async () => {
      const file = env['GITHUB_STEP_SUMMARY']
      if (file !== undefined && file !== '' && sections.length > 0) await appendFile(file, `${text()}\n\n`)
    },
  }
}

function cut(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= LIMIT_BYTES) return text
  const kept = bytes.subarray(0, LIMIT_BYTES).toString('utf8').replace(/�+$/, '')
  return `${kept.slice(0, kept.lastIndexOf('\n'))}\n\n*The rest is cut: a summary holds 1 MiB at most. The log has all of it.*`
}

const HEADLINES: Readonly<Record<Exclude<Status, 'succeeded' | 'unchanged' | 'planned'>, string>> = {
  failed: 'failed',
  'rolled-back': 'was not updated · rolled back',
  'timed-out': 'did not finish in time',
  superseded: 'was overtaken by a newer deployment',
  cancelled: 'was cancelled',
}

/** A failure as a section of the job summary. */
export function failureSection(diagnosis: Diagnosis, status: keyof typeof HEADLINES): string {
  const facts = [
    diagnosis.changed && `**What changed** ${escapeMarkdown(diagnosis.changed)}`,
    `**What to do** ${escapeMarkdown(diagnosis.advice)}`,
    diagnosis.undo && `**Now** ${escapeMarkdown(diagnosis.undo)}`,
    diagnosis.links?.length && `**Open** ${diagnosis.links.map(({text, url}) => `[${text}](${url})`).join(' · ')}`,
  ].filter(Boolean)
  return [
    `### ✗ ${escapeMarkdown(diagnosis.heading ?? `${diagnosis.subject} ${HEADLINES[status]}`)}`,
    `**${escapeMarkdown(diagnosis.cause)}** · ${code(diagnosis.reason)}`,
    ...(diagnosis.evidence ?? []).map(evidenceSection),
    facts.join('<br>\n'),
  ].join('\n\n')
}

function evidenceSection(evidence: Evidence): string {
  const body =
    'table' in evidence
      ? table({...evidence.table, rows: evidence.table.rows.map((row) => row.map(escapeMarkdown))})
      : codeBlock(evidence.lines.join('\n'))
  const title = escapeMarkdown(evidence.title)
  return evidence.folded === true ? details(title, body) : `${title}\n\n${body}`
}
