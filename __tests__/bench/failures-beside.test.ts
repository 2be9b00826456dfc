import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {deploy} from '../support/ecs-actions.ts'
import {runTask} from '../support/ecs-actions.ts'
import {OTHERS} from '../../bench/beside/other-tools.ts'
import {cell, ownSide, PAGE} from '../../bench/beside/page.ts'
import {FAILURES} from '../../bench/beside/rows.ts'
import {FILES} from '../../bench/beside/situations.ts'
import type {Failing} from '../../bench/beside/situations.ts'
import {readAction} from '../../bench/core/action-file.ts'
import {checkoutWith} from '../support/checkout.ts'
import {runAgainst} from '../support/ecs-run.ts'

// What the page says of the other tools was said when it was made; what it says of us is held here, row by row.

const ROOT = join(import.meta.dirname, '../..')
const ON_PAGE = ownSide(readFileSync(join(ROOT, PAGE), 'utf8'))
const ROWS = [...FAILURES, ...OTHERS.map(({failing}) => failing)]

// The page has the seconds of a clock that ran, and this run those of one that jumps.
function withoutTimes(text: string): string {
  return text.replaceAll(/\d+(\.\d+)? (s|min|h)\b( \d+ s)?/g, '…')
}

async function said({action, history, ours}: Omit<Failing, 'theirs'>): Promise<string> {
  const {defaults} = readAction(join(ROOT, 'actions', action))
  const env = {GITHUB_WORKSPACE: checkoutWith(FILES)}
  const run = action === 'ecs-deploy' ? deploy : runTask
  const {world, failure} = await runAgainst(run, history, {...defaults, ...ours}, undefined, env)
  const errors = world.annotations.filter((one) => one.startsWith('error: ')).map((one) => one.slice('error: '.length))
  return cell({said: errors.join('\n'), tookMs: 0, code: failure === undefined ? 0 : 1})
}

test('the page has each failure that both sides were run on, and no other', () => {
  expect(ON_PAGE.map(({title}) => title)).toEqual(ROWS.map(({title}) => title))
})

test('every system of the table of failures has rows of its own', () => {
  expect(new Set(OTHERS.map(({tool}) => tool)).size).toBe(6)
})

test.each(ROWS.map((row, at) => [`${row.title} (row ${String(at + 1)})`, row, ON_PAGE[at]?.ours ?? ''] as const))(
  'ours says what the page says: %s',
  async (_name, row, onPage) => {
    expect(withoutTimes(await said(row))).toBe(withoutTimes(onPage))
  },
)
