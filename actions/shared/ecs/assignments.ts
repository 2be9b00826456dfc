import {InputError} from '../core/errors.ts'
import {noAssignment} from '../core/inputs.ts'

const HEREDOC = /^([^=\s<]+)<<(\S+)$/

/**
 * Names with their values, as users write them in one of three ways: `NAME=value` lines, a JSON object, and for values
 * of several lines `NAME<<END`, the lines, `END` (as in GITHUB_ENV). A value may hold `=` and may be empty; a line
 * that starts with `#` is a comment.
 * @param input the name of the input, for messages
 * @param text its value; undefined gives nothing
 * @throws {InputError} that names the input, never a value: it may be a secret
 */
export function assignments(input: string, text: string | undefined): ReadonlyMap<string, string> {
  if (text === undefined) return new Map()
  return text.startsWith('{') ? fromJson(input, text) : fromLines(input, text.split(/\r?\n/))
}

function fromJson(input: string, text: string): Map<string, string> {
  const entries = Object.entries(parsed(input, text) as Record<string, unknown>)
  return new Map(
    entries.map(([key, value]) => {
      if (typeof value === 'string') return [key, value]
      if (typeof value === 'number' || typeof value === 'boolean') return [key, String(value)]
      throw new InputError(`Input "${input}": "${key}" must be a text, number or boolean.`)
    }),
  )
}

function parsed(input: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The parser's own message would quote a piece of the text, which may be a secret.
    throw new InputError(`Input "${input}" starts like a JSON object and is none: check its quotes and commas.`)
  }
}

function fromLines(input: string, lines: readonly string[]): Map<string, string> {
  const found = new Map<string, string>()
  for (let at = 0; at < lines.length; at += 1) {
    const line = (lines[at] ?? '').trim()
    if (line === '' || line.startsWith('#')) continue
    const heredoc = HEREDOC.exec(line)
    const end = heredoc === null ? at : endOf(input, lines, at, heredoc[2] ?? '')
    const [key, value] =
      heredoc === null ? pair(input, line, at + 1) : [heredoc[1] ?? '', lines.slice(at + 1, end).join('\n')]
    if (found.has(key)) throw new InputError(`Input "${input}" gives "${key}" twice: keep one of them.`)
    found.set(key, value)
    at = end
  }
  return found
}

function pair(input: string, line: string, number: number): readonly [string, string] {
  const at = line.indexOf('=')
  const key = line.slice(0, Math.max(0, at)).trim()
  if (key === '') throw noAssignment(input, number)
  return [key, line.slice(at + 1).trim()]
}

function endOf(input: string, lines: readonly string[], start: number, marker: string): number {
  const end = lines.findIndex((line, at) => at > start && line.trim() === marker)
  if (end < 0) {
    const opened = (lines[start] ?? '').trim()
    throw new InputError(`Input "${input}" opens "${opened}" and never closes it: add a line with "${marker}".`)
  }
  return end
}
