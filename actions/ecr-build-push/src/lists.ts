import {InputError} from '../../shared/core/errors.ts'

/**
 * The entries of an input that has one entry per line. An entry in double quotes may run over several lines and may
 * hold quotes, doubled or not; other quotes stay as they are. The rules are those of docker/build-push-action's lists,
 * without its traps: there, `"K={"a":1}"` keeps the outer quotes and mixed line ends glue two entries together.
 * @throws {InputError} for a quoted entry that never ends; `text` is not shown, it may be a secret
 */
export function entries(input: string, text: string): string[] {
  const found: string[] = []
  let open: string[] | undefined
  for (const line of text.split(/\r\n|\n|\r/)) {
    const trimmed = line.trim()
    if (open !== undefined) {
      open.push(line)
    } else if (trimmed.startsWith('"')) {
      open = [trimmed]
    } else {
      if (trimmed !== '') found.push(trimmed)
      continue
    }
    if (!closes(line, open.length === 1)) continue
    found.push(unquote(open.join('\n').trim()))
    open = undefined
  }
  if (open !== undefined) {
    const at = String(found.length + 1)
    throw new InputError(
      `Input "${input}": entry ${at} starts with a double quote that is never closed: add the closing one.`,
    )
  }
  return found.filter((entry) => entry !== '')
}

// An entry ends at a line whose last quote is not one half of a doubled quote.
function closes(line: string, isFirst: boolean): boolean {
  const text = line.trim()
  const quotes = /"*$/.exec(text)?.[0].length ?? 0
  const own = isFirst && quotes === text.length ? quotes - 1 : quotes
  return own % 2 === 1
}

function unquote(entry: string): string {
  return entry.slice(1, -1).replaceAll('""', '"')
}

/** Entries separated by line breaks or by commas outside quotes. @throws as {@link entries} does */
export function values(input: string, text: string): string[] {
  return entries(input, text).flatMap(fields)
}

/** The comma-separated fields of one entry, trimmed; a field in quotes keeps its commas and loses its quotes. */
export function fields(entry: string): string[] {
  const found = entry.match(/(?:"(?:[^"]|"")*"|[^,"])+/g) ?? []
  return found.map((field) => withoutQuotes(field.trim())).filter((field) => field !== '')
}

function withoutQuotes(field: string): string {
  return field.replace(/"((?:[^"]|"")*)"/g, (_all, inner: string) => inner.replaceAll('""', '"'))
}

/** `text` as one field of a comma-separated option, quoted where it must be. */
export function csvField(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
