import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {format} from 'prettier'
import {soakSection} from '../soak/page.ts'
import {reliabilityPage} from './page.ts'
import {readResults} from './results.ts'

/** Writes docs/reliability.md from what is recorded. */
export async function writePage(): Promise<void> {
  const path = join(import.meta.dirname, '../../../docs/reliability.md')
  const text = reliabilityPage(readResults(), soakSection())
  await writeFile(path, await format(text, {parser: 'markdown', printWidth: 120, proseWrap: 'preserve'}))
}
