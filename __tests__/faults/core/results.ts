import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {CellResult} from './model.ts'

const FILE = join(import.meta.dirname, '../results/cells.jsonl')

/** The recorded results, one cell a line. */
export function readResults(): CellResult[] {
  if (!existsSync(FILE)) return []
  const lines = readFileSync(FILE, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as CellResult)
}

/** Puts new results in the place of older ones of the same cells. @param known the names of all cells there are now */
export function record(fresh: readonly CellResult[], known: ReadonlySet<string>): CellResult[] {
  const merged = new Map(readResults().map((result) => [keyOf(result), result]))
  for (const result of fresh) merged.set(keyOf(result), result)
  const results = [...merged].filter(([key]) => known.has(key)).map(([, result]) => result)
  writeFileSync(FILE, results.map((result) => `${JSON.stringify(result)}\n`).join(''))
  return results
}

/** What tells a cell from all others. */
export function keyOf({
  action,
  situation,
  phase,
  fault,
}: Pick<CellResult, 'action' | 'situation' | 'phase' | 'fault'>): string {
  return `${action} (${situation}) · ${phase} · ${fault}`
}
