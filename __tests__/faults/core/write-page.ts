import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {format} from 'prettier'
import {fuzzSection} from '../fuzz/record.ts'
import {soakSection} from '../soak/page.ts'
import {SUBJECTS} from '../subjects/index.ts'
import {cellsOf, omissionsOf} from './cells.ts'
import {nameOf} from './model.ts'
import {reliabilityPage} from './page.ts'
import type {Omissions} from './page.ts'
import {keyOf, readResults} from './results.ts'

/** Writes docs/reliability.md from what is recorded. */
export async function writePage(): Promise<void> {
  const path = join(import.meta.dirname, '../../../docs/reliability.md')
  const text = reliabilityPage(readResults(), [...notRun(), ...fuzzSection(), ...soakSection()], omissions())
  await writeFile(path, await format(text, {parser: 'markdown', printWidth: 120, proseWrap: 'preserve'}))
}

function omissions(): Omissions {
  return new Map(SUBJECTS.map((subject) => [`${subject.action}: ${subject.situation}`, omissionsOf(subject)]))
}

// A cell without a record is no green one.
function notRun(): string[] {
  const recorded = new Set(readResults().map(keyOf))
  const missing = SUBJECTS.flatMap(cellsOf).filter((cell) => !recorded.has(nameOf(cell)))
  const counts = [...Map.groupBy(missing, ({subject}) => subject.action)]
  if (counts.length === 0) return []
  return [`Not run yet: ${counts.map(([action, cells]) => `${String(cells.length)} cells of ${action}`).join(', ')}.`]
}
