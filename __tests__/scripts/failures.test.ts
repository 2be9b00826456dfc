import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {FAILURE_REASONS} from '../../actions/shared/core/diagnosis.ts'
import {currentFailuresPage, failureTable} from '../../scripts/failures.ts'

test('the page of failures is what the READMEs and the list of reasons say now', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/failures.md'), 'utf8')
  expect(page).toBe(await currentFailuresPage())
  for (const reason of FAILURE_REASONS) expect(page).toContain(`\`${reason}\``)
})

test('a table ends where its rows end', () => {
  const readme =
    '# x\n\n| you see | it means | do this |\n|---|---|---|\n| a | b | c |\n| d | e | f |\n\n| other | table |\n'
  expect(failureTable('x', readme)?.rows).toEqual(['| a | b | c |', '| d | e | f |'])
  expect(failureTable('x', '# x\n')).toBeUndefined()
})
