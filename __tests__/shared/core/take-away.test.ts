import {existsSync, mkdtempSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {takeAway} from '../../../actions/shared/core/files.ts'

const warnings: string[] = []
const log = {
  warning: (text: string) => {
    warnings.push(text)
  },
}
beforeEach(() => {
  warnings.length = 0
})

test('what a run made for itself is gone afterwards', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-away-'))
  writeFileSync(join(folder, 'secret'), 'x')
  await takeAway(log, 'The folder of the build', folder, join(folder, 'never-there'))
  expect([existsSync(folder), warnings]).toEqual([false, []])
})

// A finished deployment was red for a temporary folder on a disk that had become read-only. Nobody can remove this one.
test('a run whose temporary files cannot be removed is not red for it: it says where they are', async () => {
  const path = '/proc/version'
  if (!existsSync(path)) return
  await takeAway(log, 'The file with the "variables"', path)
  expect(warnings).toEqual([
    expect.stringMatching(
      /^The file with the "variables" could not be removed: .*\/proc\/version.*\. It may hold secrets: remove it\.$/,
    ),
  ])
})
