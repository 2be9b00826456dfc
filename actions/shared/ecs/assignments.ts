import {InputError} from '../core/errors.ts'
import type {Inputs} from '../core/inputs.ts'

const HEREDOC = /^([^=\s<]+)<<(\S+)$/

/**
 * Names with their values, as users write them in one of three ways: `NAME=value` lines, a JSON object, and for values
 * of several lines `NAME<<END`, the lines, `END` (as in GITHUB_ENV). A value may hold `=` and may be empty; a line
 * that starts with `#` is a comment.
 * @throws {InputError} that names the input, never a value: it may be a secret
 */
export function assignments(inputs: Inputs, name: string): ReadonlyMap<string, string> {
  const text = inputs.optional(name)
  if (text === undefined) return new Map()
  return text.startsWith('{') ? fromJson(name, inputs.json(name)) : fromLines(name, text.split(/\r?\n/))
}

function fromJson(input: string, data: unknown): Map<string, string> {
  const entries = Object.entries(data as Record<string, unknown>).map(([key, value]) => {
    if (typeof value === 'object') throw new InputError(`Input "${input}": "${key}" must be a text, number or boolean.`)
    return [key, String(value)] as const
  })
  return new Map(entries)
}

function fromLines(input: string, lines: readonly string[]): Map<string, string> {
  const found = new Map<string, string>()
  for (let at = 0; at < lines.length; at += 1) {
    const line = (lines[at] ?? '').trim()
    if (line === '' || line.startsWith('#')) continue
    const heredoc = HEREDOC.exec(line)
    const end = heredoc === null ? at : endOf(input, lines, at, heredoc[2] ?? '')
    const [key, value] = heredoc === null ? pair(input, line) : [heredoc[1] ?? '', lines.slice(at + 1, end).join('\n')]
    if (found.has(key)) throw new InputError(`Input "${input}" gives "${key}" twice: keep one of them.`)
    found.set(key, value)
    at = end
  }
  return found
}

function pair(input: string, line: string): readonly [string, string] {
  const at = line.indexOf('=')
  const key = line.slice(0, Math.max(0, at)).trim()
  if (key === '') throw new InputError(`Input "${input}" has a line that is not NAME=value: add the missing "=".`)
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
