import {code, details, escapeMarkdown, table} from '../../shared/core/markdown.ts'
import type {Preview} from '../../shared/report/preview.ts'
import {receiptDigest} from '../../shared/report/receipt.ts'
import {shownNotes} from './approved.ts'
import {findings} from './findings.ts'
import type {ReportInputs} from './inputs.ts'

// In the order in which they are carried out, whatever order the jobs ended in.
const PREVIEW_NAMES: Readonly<Record<Preview['stage'], string>> = {
  plan: 'Infrastructure',
  ecs: 'ECS',
  kubernetes: 'Kubernetes',
}

/** Something whose change nobody could see. */
export interface Unseen {
  /** A job, or what a stage works on. */
  readonly what: string
  readonly why: string
}

/** What could not be previewed: what the workflow says so of, and jobs that failed, which may have been ones with a preview. */
export function unseenIn({jobs, notPreviewed}: Pick<ReportInputs, 'jobs' | 'notPreviewed'>): Unseen[] {
  const failed = [...jobs].filter(([, result]) => result === 'failure' || result === 'cancelled')
  return [
    ...notPreviewed.map((what) => ({what: code(what), why: '✗ could not be previewed: no approval covers it'})),
    ...failed.map(([job, result]) => ({
      what: `job ${code(job)}`,
      why: `✗ ${result}: what it would have shown is not known`,
    })),
  ]
}

/**
 * All previews as one comment: a verdict, a table, a fold per stage, and the digest an approval is bound to. Where something
 * was not seen, nothing is called safe.
 * @param run the address of the run that made them
 */
export function previewComment(
  shown: readonly Preview[],
  commit: string,
  unseen: readonly Unseen[] = [],
  run?: string,
): string {
  const stages = Object.keys(PREVIEW_NAMES)
  const previews = [...shown].sort((a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage))
  const rows = [
    ...previews.map((preview) => [`**${PREVIEW_NAMES[preview.stage]}** ${code(preview.subject)}`, preview.headline]),
    ...unseen.map(({what, why}) => [what, why]),
  ]
  const folds = previews
    .filter(({verdict}) => verdict !== 'none')
    .map((preview) =>
      details(
        `${PREVIEW_NAMES[preview.stage]}: ${escapeMarkdown(preview.subject)}`,
        preview.body,
        preview.verdict === 'destroy',
      ),
    )
  const found = findings(previews)
  return [
    `### Slipway preview · ${previewVerdict(previews, unseen.length > 0, found.length)}`,
    // A comment holds only so much; the logs of the run hold all of it.
    `for ${code(commit.slice(0, 7))}${run === undefined ? '' : ` · [in full](${run})`}`,
    table({columns: ['', 'what would change'], rows}),
    ...found.map((finding) => `**Finding** ${finding}.`),
    ...folds,
    ...previews.flatMap(({planId}) => (planId === undefined ? [] : [`<sub>plan ${code(planId)}</sub>`])),
    ...approval(approvalDigest(previews, unseen)),
    ...(unseen.length > 0 ? [] : shownNotes(previews, commit)),
  ].join('\n\n')
}

const approval = (digest: string | undefined): string[] =>
  digest === undefined ? [] : [`*Who approves this approves exactly this: ${code(digest)}*`]

/** What an approval is bound to, `sha256:<hex>` of the digests of all changes; undefined when not all of it was seen. */
export function approvalDigest(previews: readonly Preview[], unseen: readonly Unseen[]): string | undefined {
  if (unseen.length > 0) return undefined
  const digests = previews.map(({digest}) => digest)
  return receiptDigest(digests.sort().join('\n'))
}

function previewVerdict(previews: readonly Preview[], incomplete: boolean, found: number): string {
  const destroys = previews.filter(({verdict}) => verdict === 'destroy').length
  const unknown = incomplete || previews.some(({verdict}) => verdict === 'unknown')
  const looks = [
    ...(destroys > 0 ? [`${String(destroys)} of ${String(previews.length)} would destroy something`] : []),
    ...(found > 0 ? [`${String(found)} finding${found > 1 ? 's' : ''} between stages`] : []),
    ...(unknown ? ['not everything could be previewed'] : []),
  ]
  if (looks.length > 0) return `⚠ needs a look: ${looks.join(', ')}`
  return previews.every(({verdict}) => verdict === 'none')
    ? '✓ nothing would change'
    : '✓ safe: nothing would be destroyed'
}
