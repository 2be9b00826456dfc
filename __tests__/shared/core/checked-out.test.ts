import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {workedOnCommit} from '../../../actions/shared/core/checked-out.ts'

const MAIN = 'a'.repeat(40)
const HEAD = 'b'.repeat(40)

function commitWith(files: Readonly<Record<string, string>>, event: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-checkout-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), {recursive: true})
      writeFileSync(join(folder, name), text)
    }
    return workedOnCommit({GITHUB_SHA: MAIN, GITHUB_EVENT_NAME: event, GITHUB_WORKSPACE: folder})
  } finally {
    rmSync(folder, {recursive: true})
  }
}

test('a comment deploys the commit that was checked out, and not the newest one of main', () => {
  expect(commitWith({'.git/HEAD': `${HEAD}\n`}, 'issue_comment')).toBe(HEAD)
})
test('a run by hand for another branch is about that branch', () => {
  const files = {'.git/HEAD': 'ref: refs/heads/fix/it\n', '.git/refs/heads/fix/it': `${HEAD}\n`}
  expect(commitWith(files, 'workflow_dispatch')).toBe(HEAD)
})
test('a push and a pull request are about what their event says', () => {
  expect(commitWith({'.git/HEAD': HEAD}, 'push')).toBe(MAIN)
  expect(commitWith({'.git/HEAD': HEAD}, 'pull_request')).toBe(MAIN)
})
test.each([
  ['no checkout', {}],
  ['a HEAD that leads out of the checkout', {'.git/HEAD': 'ref: refs/heads/../../../secret', secret: HEAD}],
  ['a HEAD that is neither', {'.git/HEAD': 'something'}],
])('%s: what the runner says', (_what, files) => {
  expect(commitWith(files, 'issue_comment')).toBe(MAIN)
})
