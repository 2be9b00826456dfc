import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {Fuzzed} from './fuzz.ts'

const FILE = join(import.meta.dirname, '../results/fuzz.json')

/** Keeps what a run over all targets found. */
export function recordFuzz(results: readonly Fuzzed[]): void {
  writeFileSync(FILE, `${JSON.stringify(results, undefined, 2)}\n`)
}

/** The section of the page; nothing where no run was recorded. */
export function fuzzSection(): readonly string[] {
  return existsSync(FILE) ? [sectionOf(JSON.parse(readFileSync(FILE, 'utf8')) as Fuzzed[])] : []
}

/** @returns Markdown */
export function sectionOf(results: readonly Fuzzed[]): string {
  const cases = results.reduce((sum, result) => sum + result.cases, 0)
  const seeds = [...new Set(results.map(({seed}) => String(seed)))].join(', ')
  const slowest = Math.max(...results.map((result) => result.slowest))
  const defects = results.filter(({defect}) => defect !== undefined)
  const found =
    defects.length === 0 ? 'nothing was found' : `a defect was found in: ${defects.map(({name}) => name).join(', ')}`
  return `## Fuzzing

What others write is made up, mangled and cut off: the inputs of every action, and what they read. A crash, a hang over 5 s, an
unhandled rejection or words for programmers are a defect. In the last long run ${cases.toLocaleString('en')} cases (seed ${seeds}) were
read: ${found}; the slowest took ${String(slowest)} ms.

${results.map(({name}) => name).join(' · ')}`
}
