import {createHash} from 'node:crypto'
import {code, codeBlock, details, escapeMarkdown} from '../../core/markdown.ts'
import {canonical} from '../object.ts'
import type {Json} from '../object.ts'
import {changeLine} from './diff.ts'
import type {FieldChange} from './diff.ts'
import type {Change} from './dry-run.ts'
import {titleIn} from './wanted.ts'

const MARKS: Readonly<Record<Change['action'], string>> = {create: '+', change: '~', same: '='}

/** What would be created and changed, in lines: each object, and below it its fields. */
export function changeLines(changes: readonly Change[]): string[] {
  const all = changes.map(({wanted}) => wanted)
  return changes
    .filter(({action}) => action !== 'same')
    .flatMap(({action, wanted, fields, takeOver, unchecked}) => [
      `${MARKS[action]} ${titleIn(wanted, all)}${unchecked === undefined ? '' : ` (not checked: ${unchecked})`}`,
      ...(takeOver ? ['    takes over the fields of kubectl apply; what the manifest leaves out goes away'] : []),
      ...fields.map((field) => `    ${changeLine(field)}`),
    ])
}

/** The same as Markdown: a fold per object. */
export function changesMarkdown(changes: readonly Change[]): string {
  const all = changes.map(({wanted}) => wanted)
  const shown = changes.filter(({action}) => action !== 'same')
  if (shown.length === 0) return `Nothing: ${count(changes.length, 'object')} in place already.`
  return shown
    .map((change) => {
      const heading = `${MARKS[change.action]} <code>${escapeMarkdown(titleIn(change.wanted, all))}</code>`
      if (change.fields.length === 0) return `- ${heading} ${change.action === 'create' ? 'new' : 'ownership only'}`
      const lines = change.fields.map(changeLine).map(diffColour)
      return details(`${heading} ${count(change.fields.length, 'field')}`, codeBlock(lines.join('\n'), 'diff'))
    })
    .join('\n')
}

// GitHub colours lines of a diff block by their first character; `!` is the one for "changed".
function diffColour(line: string): string {
  return line.replace(/^~/, '!').replace(/^−/, '-')
}

/** One line of Markdown: `Deployment/api: image, replicas 3 → 4; ConfigMap/app: 1 key`. */
export function changesHeadline(changes: readonly Change[]): string {
  const all = changes.map(({wanted}) => wanted)
  const parts = changes
    .filter(({action}) => action !== 'same')
    .map((change) => {
      const name = escapeMarkdown(titleIn(change.wanted, all))
      return change.action === 'create' ? `+ ${name}` : `${name}: ${inShort(change.fields)}`
    })
  if (parts.length === 0) return 'no change'
  const shown = parts.slice(0, 4).join('; ')
  return parts.length > 4 ? `${shown}; and ${String(parts.length - 4)} more` : shown
}

function inShort(fields: readonly FieldChange[]): string {
  const keys = fields.filter(({path}) => path.startsWith('data'))
  const others = fields.filter(({path}) => !path.startsWith('data'))
  const named = others.slice(0, 3).map(({path, before, after}) => {
    const name = path.split(/[.]/).at(-1) ?? path
    const small = [before, after].every((value) => ['number', 'boolean'].includes(typeof value))
    return small ? `${name} ${JSON.stringify(before)} → ${JSON.stringify(after)}` : code(name)
  })
  const rest = others.length > 3 ? [`${String(others.length - 3)} more`] : []
  return [...named, ...rest, ...(keys.length > 0 ? [count(keys.length, 'key')] : [])].join(', ') || 'ownership'
}

/** What changes of one object, in one line for a diagnosis: `containers[api].image: a → b; replicas: 3 → 4`. */
export function changedInShort({fields}: Change): string | undefined {
  if (fields.length === 0) return undefined
  const lines = fields.map((field) =>
    changeLine({...field, path: field.path.replace(/^spec\.(?:template\.spec\.)?/, '')}),
  )
  const more = lines.length > 4 ? `; and ${String(lines.length - 4)} more` : ''
  return `${lines.slice(0, 4).join('; ')}${more}`
}

/**
 * `sha256:<hex>` of what would be done, the same for the same change: what an approval is bound to. An image that this run puts
 * in is left out of it, wherever it stands: one that is built anew, or is not built yet, does not void an approval.
 * @param pruned paths of the objects that would be deleted @param images the references that this run puts in
 */
export function changesDigest(
  changes: readonly Change[],
  pruned: readonly string[] = [],
  images: readonly string[] = [],
): string {
  const put = new Set<unknown>(images)
  const facts = changes.map(({wanted, action, fields}) => ({
    path: wanted.path,
    action,
    fields:
      action === 'create'
        ? (wanted.manifest.object as unknown as Json)
        : (fields.map((field) => (put.has(field.after) ? {path: field.path, after: PUT} : field)) as unknown as Json),
  }))
  const all = pruned.length === 0 ? facts : [...facts, ...pruned.map((path) => ({path, action: 'delete'}))]
  const text = JSON.stringify(all, (_key, value: unknown) => (put.has(value) ? PUT : value))
  return `sha256:${createHash('sha256')
    .update(canonical(JSON.parse(text) as Json))
    .digest('hex')}`
}

const PUT = 'an image that this run puts in'

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`
}
