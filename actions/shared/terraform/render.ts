import {code, codeBlock, details, escapeMarkdown, table} from '../core/markdown.ts'
import {CHANGE_KINDS, reasonText, replaceOrder, SIGNS} from './change-kind.ts'
import {planDiagram} from './diagram.ts'
import type {Guarded} from './guard.ts'
import {innerDiff} from './inner-diff.ts'
import type {OutputChange, Plan, ResourceChange} from './plan.ts'
import type {Secrets} from './secrets.ts'
import {attributeChanges, UNKNOWN} from './values.ts'
import type {AttributeChange, Leaf} from './values.ts'

/** Longest list of resources shown one by one; the rest is in the plan's text. */
const MOST_RESOURCES = 200
const MOST_GUARDED = 50
const MOST_ATTRIBUTES = 40
const LONGEST_VALUE = 160

/** The changes that a reader must see, what is lost first, then by address. */
export function visibleChanges(plan: Plan): readonly ResourceChange[] {
  const known = inOrder.get(plan)
  if (known !== undefined) return known
  const byKind = CHANGE_KINDS.filter((kind) => kind !== 'no-op').flatMap((kind) =>
    plan.resources.filter((change) => change.kind === kind).sort((a, b) => (a.address < b.address ? -1 : 1)),
  )
  inOrder.set(plan, byKind)
  return byKind
}

/** Log, summary, comment and preview ask for the same order; a large plan is sorted once. */
const inOrder = new WeakMap<Plan, readonly ResourceChange[]>()

/** One line of plain text for a change: `-/+ aws_instance.api: replaced (forced by ami), destroyed first`. */
export function changeLine(change: ResourceChange): string {
  const verb = {
    delete: 'will be destroyed',
    replace: 'will be replaced',
    unknown: `will be changed in a way unknown here (${change.actions.join(', ')})`,
    update: 'will be changed in place',
    create: 'will be created',
    forget: 'will no longer be managed, and not destroyed',
    import: 'will be imported',
    move: 'will be moved',
    read: 'will be read at apply',
    'no-op': 'stays as it is',
  }[change.kind]
  const notes = [
    reasonText(change.reason),
    change.forcedBy.length > 0 ? `forced by ${change.forcedBy.join(', ')}` : undefined,
    orderNote(change),
    change.previousAddress && `was ${change.previousAddress}`,
    change.importing && `from ${change.importing}`,
    change.deposed && `deposed object ${change.deposed}`,
  ].filter(Boolean)
  const note = notes.length === 0 ? '' : ` (${notes.join('; ')})`
  return `${SIGNS[change.kind].padStart(3)} ${change.address}: ${verb}${note}`
}

function orderNote({actions}: ResourceChange): string | undefined {
  const order = replaceOrder(actions)
  if (order === undefined) return undefined
  return {
    'delete-first': 'old one destroyed first',
    'create-first': 'new one made first',
    'keep-old': 'old one kept, no longer managed',
  }[order]
}

/** What a plan would destroy, as one short Markdown phrase; empty when nothing. */
export function lossPhrase(plan: Plan): string {
  const lost = visibleChanges(plan).filter(({actions}) => actions.includes('delete'))
  if (lost.length === 0) return ''
  const named = lost.slice(0, 3).map(({address}) => code(address))
  const more = lost.length > 3 ? ` and ${String(lost.length - 3)} more` : ''
  return `destroys ${named.join(', ')}${more}`
}

/** Markdown for a plan, at most this many characters: what travels as a job output shares one MiB with all others. */
export const PREVIEW_LIMIT = 100_000

/**
 * The plan as Markdown, without its headline: what the guard stands before, numbers by type, what is lost, then the rest;
 * drift, outputs and checks in folds.
 * @param limit most characters; what does not fit is left out whole, the least important first, and said to be so
 */
export function planMarkdown(plan: Plan, found: readonly Guarded[] = [], limit = Infinity): string {
  const changes = visibleChanges(plan)
  const sections = [
    plan.errored ? '> [!CAUTION]\n> Planning failed half way: this plan is not complete and is never applied.' : '',
    plan.complete ? '' : '> [!NOTE]\n> This plan leaves something out: another plan and apply will be needed after it.',
    guardNote(found),
    kindTable(plan),
    ...changes.slice(0, MOST_RESOURCES).map((change) => resourceFold(change, plan.secrets)),
    changes.length > MOST_RESOURCES
      ? `*${String(changes.length - MOST_RESOURCES)} more resources are in the full plan.*`
      : '',
    planDiagram(plan, changes),
    outputsFold(plan),
    driftFold(plan),
    checksFold(plan),
    listFold('Put off to a later plan', plan.deferred),
    invocationsFold(plan),
  ]
  return within(limit, sections.filter(Boolean))
}

function within(limit: number, sections: readonly string[]): string {
  let size = 0
  const fitting = sections.findIndex((section) => (size += section.length + 2) > limit)
  if (fitting < 0) return sections.join('\n\n')
  const left = sections.length - fitting
  return [...sections.slice(0, fitting), `*${String(left)} more sections are in the job summary of the plan.*`].join(
    '\n\n',
  )
}

function guardNote(found: readonly Guarded[]): string {
  const denied = found.filter((each) => each.denied)
  const held = found.filter((each) => !each.denied)
  const how = held.every(({pardoned}) => pardoned)
    ? 'The guard stands before this, and the label on this pull request lets it pass:'
    : 'The guard stands before this. An apply needs `allow-destroy` for:'
  return [
    alertOf(
      'CAUTION',
      'The guard denies this, and nothing lets it pass: this plan is not kept and is never applied.',
      denied,
    ),
    alertOf('WARNING', how, held),
  ]
    .filter(Boolean)
    .join('\n\n')
}

function alertOf(kind: 'CAUTION' | 'WARNING', words: string, found: readonly Guarded[]): string {
  if (found.length === 0) return ''
  const rows = found.slice(0, MOST_GUARDED).map(({address, rule}) => `> - ${code(address)} (${escapeMarkdown(rule)})`)
  const left = found.length - rows.length
  return [`> [!${kind}]`, `> ${words}`, ...rows, ...(left > 0 ? [`> - and ${String(left)} more`] : [])].join('\n')
}

// Whoever shows the plan has its headline above it already.
function kindTable(plan: Plan): string {
  const rows = new Map<string, number>()
  for (const change of visibleChanges(plan)) {
    const key = [change.kind, change.module || 'root', change.type].join('\n')
    rows.set(key, (rows.get(key) ?? 0) + 1)
  }
  if (rows.size === 0) return ''
  const cells = [...rows].slice(0, 60).map(([key, count]) => {
    const [kind = '', module = '', type = ''] = key.split('\n')
    return [kind, code(type), code(module), String(count)]
  })
  return table({columns: ['', 'type', 'module', 'count'], rows: cells})
}

function resourceFold(change: ResourceChange, secrets: Secrets): string {
  const attributes =
    change.kind === 'delete' || change.kind === 'forget' ? [] : attributeChanges(change.values, secrets)
  const line = changeLine(change).trim()
  // A new object has a dozen attributes that the provider will fill in: their names are enough.
  const later = attributes.filter(({before, after}) => before === undefined && after?.shown === UNKNOWN)
  const told = attributes.filter((attribute) => !later.includes(attribute))
  const lines = told.slice(0, MOST_ATTRIBUTES).flatMap((attribute) => attributeLines(attribute, secrets))
  if (later.length > 0) lines.push(`+ ${UNKNOWN}: ${later.map(({path}) => path).join(', ')}`)
  if (attributes.length > MOST_ATTRIBUTES) lines.push(`  … ${String(told.length - MOST_ATTRIBUTES)} more attributes`)
  if (lines.length === 0) return `- ${code(line)}`
  return details(`<code>${escapeHtml(line)}</code>`, codeBlock(lines.join('\n'), 'diff'))
}

// The title of a fold is HTML to GitHub, not Markdown.
function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function attributeLines({path, before, after}: AttributeChange, secrets: Secrets): string[] {
  const sides = {before: textOf(before), after: textOf(after)}
  if (sides.before !== undefined && sides.after !== undefined) {
    const inner = innerDiff(path, {before: sides.before, after: sides.after}, {secrets, shorten: shortened})
    if (inner) return inner
  }
  const side = (mark: string, shown: string | undefined): string[] =>
    shown === undefined ? [] : [`${mark} ${path}: ${shortened(shown)}`]
  return [...side('-', before?.shown), ...side('+', after?.shown)]
}

/** The text that a leaf shows as JSON; undefined for what is no text, and for what nobody may see. */
function textOf(leaf: Leaf | undefined): string | undefined {
  if (leaf === undefined || leaf.secret || !leaf.shown.startsWith('"')) return undefined
  return JSON.parse(leaf.shown) as string
}

function shortened(value: string): string {
  if (value.length <= LONGEST_VALUE) return value
  return `${value.slice(0, LONGEST_VALUE)}… (${String(value.length)} characters)`
}

function outputsFold(plan: Plan): string {
  const changed = plan.outputs.filter(({actions}) => !actions.includes('no-op'))
  if (changed.length === 0) return ''
  const lines = changed.flatMap((output) => outputLines(output, plan.secrets))
  return details(`Outputs (${String(changed.length)})`, codeBlock(lines.join('\n'), 'diff'))
}

function outputLines({name, values}: OutputChange, secrets: Secrets): string[] {
  return attributeChanges(values, secrets).flatMap(({path, ...sides}) => {
    const full = path === '' || path.startsWith('[') ? `${name}${path}` : `${name}.${path}`
    return attributeLines({path: full, ...sides}, secrets)
  })
}

function driftFold(plan: Plan): string {
  const other =
    plan.otherDrift === 0 ? '' : `*${String(plan.otherDrift)} more were changed outside without an effect here.*`
  if (plan.drift.length === 0) return other
  const lines = plan.drift.map(
    (change) => `- ${code(change.address)} ${change.kind === 'delete' ? 'is gone' : 'was changed'}`,
  )
  const body = [lines.join('\n'), other].filter(Boolean).join('\n\n')
  return details(`Changed outside of Terraform (${String(plan.drift.length)})`, body)
}

function checksFold(plan: Plan): string {
  const failing = plan.checks.filter(({status}) => status === 'fail' || status === 'error')
  if (failing.length === 0) return ''
  const lines = failing.map(
    ({address, problems}) => `- ${code(address)}: ${escapeMarkdown(problems.join('; ') || 'fails')}`,
  )
  return details(`Checks that fail (${String(failing.length)})`, lines.join('\n'), true)
}

function invocationsFold({invocations, secrets}: Plan): string {
  if (invocations.length === 0) return ''
  const items = invocations.map(({address, trigger, values}) => {
    const lines = attributeChanges(values, secrets).flatMap((attribute) => attributeLines(attribute, secrets))
    const told = `- ${code(address)}${trigger && `, ${escapeMarkdown(trigger)}`}`
    return lines.length === 0 ? told : `${told}\n\n${codeBlock(lines.slice(0, MOST_ATTRIBUTES).join('\n'), 'diff')}`
  })
  return details(`Actions that the apply invokes (${String(items.length)})`, items.join('\n\n'))
}

function listFold(title: string, items: readonly string[]): string {
  return items.length === 0
    ? ''
    : details(`${title} (${String(items.length)})`, items.map((item) => `- ${code(item)}`).join('\n'))
}
