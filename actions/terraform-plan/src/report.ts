import {code, codeBlock, details} from '../../shared/core/markdown.ts'
import type {World} from '../../shared/core/world.ts'
import {makePreview} from '../../shared/report/preview.ts'
import {makeReceipt} from '../../shared/report/receipt.ts'
import {countChanges, headline} from '../../shared/terraform/counts.ts'
import {planFacts} from '../../shared/terraform/facts.ts'
import {sentence} from '../../shared/terraform/failures.ts'
import {guardCounts} from '../../shared/terraform/guard.ts'
import type {Guarded} from '../../shared/terraform/guard.ts'
import type {MadePlan} from '../../shared/terraform/make-plan.ts'
import type {Plan} from '../../shared/terraform/plan.ts'
import {changeLine, lossPhrase, planMarkdown, PREVIEW_LIMIT, visibleChanges} from '../../shared/terraform/render.ts'
import {openOutputsText, unchangedRootOutputs} from '../../shared/terraform/root-outputs.ts'
import type {Published, Shown} from './shown.ts'

const MOST_LINES = 100
/** GitHub shows ten warnings of a step as annotations. */
const MOST_WARNINGS = 10
/** GitHub shows a summary of up to 1 MiB; the plan's text gets half of it. */
const LONGEST_TEXT = 500_000

/** Shows every change in the log as one line, what is lost first; the tool's warnings are annotated on their lines. */
export function showInLog(world: World, {plan, warnings}: MadePlan, found: readonly Guarded[]): void {
  const changes = visibleChanges(plan)
  const lines = changes.slice(0, MOST_LINES).map(changeLine)
  if (changes.length > MOST_LINES) lines.push(`    … ${String(changes.length - MOST_LINES)} more, in the plan above`)
  world.log.line(`▸ ${headline(plan)}`)
  if (lines.length > 0) world.log.quote(lines)
  for (const warning of warnings.filter(({place}) => place !== undefined).slice(0, MOST_WARNINGS)) {
    world.log.warning(plan.secrets.scrub(sentence(warning)), undefined, warning.place)
  }
  for (const {address, rule} of found.filter(({denied, pardoned}) => !denied && !pardoned)) {
    world.log.warning(`The guard stands before ${address} (${rule}): an apply needs it in "allow-destroy".`)
  }
}

/** The plan as a section of Markdown, the same in the job summary and in comments. */
export function planSection({inputs, made, found, saved, root}: Shown, withText: boolean): string {
  const loss = lossPhrase(made.plan)
  const workspace = root.workspace === 'default' ? '' : ` · workspace ${code(root.workspace)}`
  return [
    `### ${made.plan.applyable ? 'Plan' : '✓ Plan'} for ${code(inputs.root.root)}${workspace}: ${headline(made.plan)}`,
    loss === '' ? '' : `**⚠ ${loss}**`,
    planMarkdown(made.plan, found),
    withText ? details('The whole plan', codeBlock(made.text.slice(0, LONGEST_TEXT), 'terraform')) : '',
    `<sub>${saved.id === undefined ? 'not kept' : `plan ${code(saved.id)}`} · ${code(saved.digest)}</sub>`,
  ]
    .filter(Boolean)
    .join('\n\n')
}

/** Hands everything on: outputs, preview, receipt, job summary. */
export function report(world: World, shown: Shown, {commentUrl, checkUrl}: Published): void {
  const {inputs, made, saved} = shown
  const counts = countChanges(made.plan)
  const {denied, held} = guardCounts(shown.found)
  const outputs: Readonly<Record<string, string | number | boolean | undefined>> = {
    status: denied > 0 ? 'failed' : 'planned',
    'has-changes': made.plan.applyable,
    'exit-code': made.exitCode,
    'to-add': counts.add,
    'to-change': counts.change,
    'to-replace': counts.replace,
    'to-destroy': counts.destroy,
    'to-import': counts.import,
    'to-move': counts.move,
    'to-forget': counts.forget,
    drift: made.plan.drift.length,
    denied,
    guarded: held,
    outputs: outputsOf(made.plan),
    'plan-file': made.file,
    'plan-json-file': made.jsonFile,
    'plan-text-file': made.textFile,
    'plan-id': saved.id,
    'plan-digest': saved.digest,
    'comment-url': commentUrl,
    'check-url': checkUrl,
    preview: previewOf(shown),
    receipt: receiptOf(world, shown),
  }
  for (const [name, value] of Object.entries(outputs)) world.outputs.set(name, value)
  world.summary.add(planSection(shown, true))
  if (denied === 0) world.log.line(`✓ planned ${inputs.root.root}: ${headline(made.plan)}`)
}

function outputsOf(plan: Plan): string | undefined {
  const outputs = unchangedRootOutputs(plan)
  return outputs && openOutputsText(outputs)
}

function previewOf({inputs, made, found, saved}: Shown): string {
  return makePreview({
    stage: 'plan',
    subject: inputs.root.root === '.' ? 'terraform' : `${inputs.root.root}/`,
    verdict: verdictOf(made.plan),
    headline: [`**${headline(made.plan)}**`, lossPhrase(made.plan), denialPhrase(found)].filter(Boolean).join(' '),
    body: planMarkdown(made.plan, found, PREVIEW_LIMIT),
    digest: saved.digest,
    ...(saved.id !== undefined && {planId: saved.id}),
    facts: planFacts(made.plan),
  })
}

function denialPhrase(found: readonly Guarded[]): string {
  const {denied} = guardCounts(found)
  return denied === 0 ? '' : `⛔ the guard denies ${String(denied)}`
}

function verdictOf(plan: Plan): 'none' | 'change' | 'destroy' | 'unknown' {
  const kinds = new Set(plan.resources.map(({kind}) => kind))
  if (kinds.has('delete') || kinds.has('replace')) return 'destroy'
  if (kinds.has('unknown')) return 'unknown'
  return plan.applyable ? 'change' : 'none'
}

function receiptOf(world: World, {inputs, made, found, saved, root, started}: Shown): string {
  const {add, change, destroy, replace} = countChanges(made.plan)
  return makeReceipt(world.env, {
    stage: 'plan',
    subject: inputs.root.root,
    status: guardCounts(found).denied > 0 ? 'failed' : 'planned',
    headline: headline(made.plan),
    started,
    ended: world.clock.now(),
    now: {
      ...(saved.id !== undefined && {planId: saved.id}),
      planDigest: saved.digest,
      workspace: root.workspace,
      add,
      change,
      destroy,
      replace,
    },
    before: {},
  })
}
