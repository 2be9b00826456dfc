import type {Table} from './diagnosis.ts'

/**
 * Text that is shown as it is inside Markdown: no formatting, no HTML, no mention of a person or an issue.
 * GitHub renders summaries and comments as GitHub Flavored Markdown (https://github.github.com/gfm/).
 */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]|~]/g, '\\$&')
    .replace(/(^|\s)([-+#])/g, '$1\\$2')
    .replaceAll('@', '@<!-- -->')
}

/** `text` as inline code that no backtick inside can end, safe inside a table cell too. */
export function code(text: string): string {
  const oneLine = text.replace(/\s*[\r\n]+\s*/g, ' ')
  const longest = Math.max(0, ...[...oneLine.matchAll(/`+/g)].map((run) => run[0].length))
  const fence = '`'.repeat(longest + 1)
  const pad = oneLine.startsWith('`') || oneLine.endsWith('`') ? ' ' : ''
  return `${fence}${pad}${oneLine}${pad}${fence}`
}

/** `text` as a code block that no fence inside can end. @param language for colours, for example `diff` */
export function codeBlock(text: string, language = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}`
}

/** A table whose cells are Markdown already; `|` and line breaks in them are made safe. */
export function table({columns, rows}: Table): string {
  const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return [row(columns), row(columns.map(() => '---')), ...rows.map(row)].join('\n')
}

function cell(text: string): string {
  return text.replace(/\r?\n/g, '<br>').replace(/(?<!\\)\|/g, '\\|')
}

/** A fold that opens on click. @param title Markdown or text; shown as given @param body Markdown */
export function details(title: string, body: string, open = false): string {
  return `<details${open ? ' open' : ''}><summary>${title}</summary>\n\n${body}\n\n</details>`
}

/** The text with its long hashes cut to 12 digits: a commit in full pushes a table out of the page. */
export const shortHashes = (text: string): string => text.replaceAll(/\b([0-9a-f]{12})[0-9a-f]{20,}\b/g, '$1…')
