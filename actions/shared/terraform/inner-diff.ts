import {canonicalJson, isRecord} from '../core/json.ts'
import {hunks} from './align.ts'
import {SENSITIVE} from './secrets.ts'
import type {Secrets} from './secrets.ts'

/** Unchanged lines shown around a change. */
const CONTEXT = 2
const MOST_LINES = 60

/** A text before and after. */
export interface Sides {
  readonly before: string
  readonly after: string
}

/** What hides and what cuts. */
export interface Tools {
  readonly secrets: Secrets
  readonly shorten: (value: string) => string
}

/**
 * What differs inside two texts, as lines of a diff: the leaves that changed when both are JSON, else the lines. Gives
 * undefined for texts of a single line, which are shown whole.
 * Values that are too long are cut by `shorten`. @param path what the text is called
 */
export function innerDiff(path: string, sides: Sides, tools: Tools): string[] | undefined {
  const [before, after] = [document(sides.before), document(sides.after)]
  if (before !== undefined && after !== undefined) {
    if (canonicalJson(before) === canonicalJson(after)) return [`~ ${path}: the same JSON, written differently`]
    const leaves: string[] = []
    compare('', before, after, (at, mark, value) => {
      const json = JSON.stringify(value)
      const shown = tools.secrets.hides(json) ? SENSITIVE : tools.shorten(json)
      leaves.push(`${mark} ${path} → ${at === '' ? '(all of it)' : at}: ${shown}`)
    })
    return capped(leaves)
  }
  if (!sides.before.includes('\n') && !sides.after.includes('\n')) return undefined
  const hide = (line: string): string => (tools.secrets.hides(JSON.stringify(line)) ? SENSITIVE : tools.shorten(line))
  const [old, fresh] = [sides.before.split('\n').map(hide), sides.after.split('\n').map(hide)]
  return capped([`  ${path}:`, ...changedLines(old, fresh)])
}

function capped(lines: readonly string[]): string[] {
  if (lines.length <= MOST_LINES) return [...lines]
  return [...lines.slice(0, MOST_LINES), `  … ${String(lines.length - MOST_LINES)} more lines`]
}

/** A text that is a JSON object or list, read; undefined for any other text. */
function document(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

type Found = (path: string, mark: '-' | '+', value: unknown) => void

function compare(path: string, before: unknown, after: unknown, found: Found): void {
  if (canonicalJson(before) === canonicalJson(after)) return
  if (isRecord(before) && isRecord(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compareAt(path === '' ? key : `${path}.${key}`, before[key], after[key], found)
    }
  } else if (Array.isArray(before) && Array.isArray(after)) {
    compareLists(path, before as unknown[], after as unknown[], found)
  } else {
    found(path, '-', before)
    found(path, '+', after)
  }
}

function compareAt(path: string, before: unknown, after: unknown, found: Found): void {
  if (before === undefined) found(path, '+', after)
  else if (after === undefined) found(path, '-', before)
  else compare(path, before, after, found)
}

// By content and not by place: an item put first does not change all that follow. Items that differ at the same place are
// compared inside.
function compareLists(path: string, before: readonly unknown[], after: readonly unknown[], found: Found): void {
  for (const {from, to, removed, added} of hunks(before.map(canonicalJson), after.map(canonicalJson))) {
    for (let at = 0; at < Math.max(removed, added); at += 1) {
      const place = `${path}[${String(at < added ? to + at : from + at)}]`
      compareAt(place, at < removed ? before[from + at] : undefined, at < added ? after[to + at] : undefined, found)
    }
  }
}

function changedLines(before: readonly string[], after: readonly string[]): string[] {
  const lines: string[] = []
  let shown = 0
  const show = (from: number, to: number): void => {
    if (from > shown) lines.push('  …')
    lines.push(...before.slice(Math.max(from, shown), to).map((line) => `    ${line}`))
    shown = Math.max(shown, to)
  }
  for (const {from, to, removed, added} of hunks(before, after)) {
    if (shown > 0) show(shown, Math.min(from, shown + CONTEXT))
    show(Math.max(shown, from - CONTEXT), from)
    lines.push(...before.slice(from, from + removed).map((line) => `-   ${line}`))
    lines.push(...after.slice(to, to + added).map((line) => `+   ${line}`))
    shown = from + removed
  }
  show(shown, Math.min(before.length, shown + CONTEXT))
  if (shown < before.length) lines.push('  …')
  return lines
}
