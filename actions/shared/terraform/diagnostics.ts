import {posix} from 'node:path'
import {stripVTControlCharacters} from 'node:util'
import type {Place} from '../core/log.ts'
import {isRecord, textAt} from '../core/json.ts'

/** One message of the tool about the configuration or about a resource. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  /** `Reference to undeclared input variable` */
  readonly summary: string
  readonly detail: string
  /** The resource that the message is about. */
  readonly address?: string
  /** The place in the repository, where the tool knows it. */
  readonly place?: Place
  /** The line of source it points at. */
  readonly source?: string
}

/**
 * A diagnostic of the machine-readable output (https://developer.hashicorp.com/terraform/internals/machine-readable-ui).
 * @param root the root module's folder, relative to the checkout: file names in diagnostics start there
 */
export function diagnosticFromJson(value: unknown, root: string): Diagnostic | undefined {
  if (!isRecord(value)) return undefined
  const range = isRecord(value['range']) ? value['range'] : {}
  const snippet = isRecord(value['snippet']) ? value['snippet'] : {}
  const file = textAt(range, 'filename')
  const address = textAt(value, 'address')
  const source = textAt(snippet, 'code')
  return {
    severity: value['severity'] === 'warning' ? 'warning' : 'error',
    summary: textAt(value, 'summary') ?? 'The tool reported a problem without saying which',
    detail: textAt(value, 'detail') ?? '',
    ...(address !== undefined && {address}),
    ...(file !== undefined && {place: placeOf(root, file, lineOf(range['start']), lineOf(range['end']))}),
    ...(source !== undefined && {source: source.trim()}),
  }
}

function lineOf(position: unknown): number | undefined {
  const line = isRecord(position) ? position['line'] : undefined
  return typeof line === 'number' ? line : undefined
}

function placeOf(root: string, file: string, line?: number, endLine?: number): Place {
  return {
    file: posix.join(root, file.replaceAll('\\', '/')),
    ...(line !== undefined && {line}),
    ...(endLine !== undefined && {endLine}),
  }
}

/**
 * The diagnostics in text for people, for commands that have no machine-readable output (`init`):
 * a block starts with `Error:` or `Warning:` and names its place as `on main.tf line 5`.
 */
export function diagnosticsFromText(text: string, root: string): Diagnostic[] {
  const plain = stripVTControlCharacters(text).replace(/^[│╷╵] ?/gm, '')
  const blocks = plain.split(/^(?=(?:Error|Warning): )/m).filter((block) => /^(?:Error|Warning): /.test(block))
  return blocks.map((block) => {
    const [first = '', ...rest] = block.trimEnd().split('\n')
    const where = /^\s*on (\S+) line (\d+)/m.exec(block) ?? /\bat (\S+\.tf(?:\.json)?):(\d+)/.exec(block)
    const address = /^\s*with (\S.*),$/m.exec(block)?.[1]
    const source = /^\s*\d+: (.*)$/m.exec(block)?.[1]
    const told = rest.filter((line) => !/^\s*(?:with \S.*,$|on \S+ line \d+|\d+: |├─)/.test(line))
    // The values in the line of source stand before the sentence that matters; they are its evidence, not the message.
    const isValue = (line: string): boolean => /^\s*│ /.test(line)
    const [words, values] = [told.filter((line) => !isValue(line)), told.filter(isValue)]
    const detail = [words.join('\n').trim(), values.map((line) => line.trim()).join('\n')].filter(Boolean).join('\n\n')
    return {
      severity: first.startsWith('Warning') ? 'warning' : 'error',
      summary: first.replace(/^\w+: /, '').trim(),
      detail,
      ...(address !== undefined && {address}),
      ...(where?.[1] !== undefined && {place: placeOf(root, where[1], Number(where[2]))}),
      ...(source !== undefined && {source: source.trim()}),
    }
  })
}

/** The diagnostic as lines for people: summary, place, source line, detail. */
export function diagnosticLines(diagnostic: Diagnostic): string[] {
  const {place, address, source, detail} = diagnostic
  const where = place && `${place.file}${place.line === undefined ? '' : `:${String(place.line)}`}`
  const head = [diagnostic.summary, where && `at ${where}`, address && `(${address})`].filter(Boolean).join(' ')
  return [head, ...(source === undefined ? [] : [`  ${source}`]), ...detail.split('\n').filter((line) => line !== '')]
}
