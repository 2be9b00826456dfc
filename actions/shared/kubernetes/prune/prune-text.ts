import {codeBlock, details, escapeMarkdown} from '../../core/markdown.ts'
import {title} from '../object.ts'
import {setTitle} from './apply-set.ts'
import {doomed} from './members.ts'
import type {PrunePlan, Stale} from './members.ts'

const GONE = 'not in the manifests any more'

/** What would be deleted, in lines like those of the changes: `− ConfigMap/old (not in the manifests any more)`. */
export function pruneLines(plan: PrunePlan): string[] {
  return doomed(plan).map((one) => `− ${nameIn(one, plan)} (${GONE})`)
}

/** What left the manifests and stays all the same, a sentence each. */
export function keptSentences(plan: PrunePlan): string[] {
  return plan.stale.flatMap((one) =>
    one.kept === undefined ? [] : [`${nameIn(one, plan)} is ${GONE}, and stays: ${one.kept}`],
  )
}

/** The same as Markdown: a fold with all of it; empty text when nothing would go. */
export function pruneMarkdown(plan: PrunePlan): string {
  const lines = pruneLines(plan)
  if (lines.length === 0) return ''
  const count = lines.length === 1 ? '1 object' : `${String(lines.length)} objects`
  const heading = `− ${count} of <code>${escapeMarkdown(setTitle(plan.set))}</code> that left the manifests`
  return details(heading, codeBlock(lines.map((line) => line.replace(/^−/, '-')).join('\n'), 'diff'))
}

/** For a headline: `− ConfigMap/old`, or `− 7 objects`; undefined when nothing would go. */
export function pruneHeadline(plan: PrunePlan): string | undefined {
  const gone = doomed(plan)
  if (gone.length === 0) return undefined
  const names = gone.map((one) => escapeMarkdown(nameIn(one, plan)))
  return names.length > 3 ? `− ${String(names.length)} objects` : `− ${names.join(', ')}`
}

function nameIn({live, namespace}: Stale, {wanted, before}: PrunePlan): string {
  const several = wanted.namespaces.length > 0 || before.namespaces.length > 0
  return several && namespace !== undefined ? `${namespace} ${title(live)}` : title(live)
}
