import {expect, test} from '@jest/globals'
import {judged} from './core/invariants.ts'
import type {Evidence, Judged} from './core/invariants.ts'
import {reliabilityPage} from './core/page.ts'
import type {CellResult} from './core/model.ts'
import {sectionOf} from './fuzz/record.ts'

const cell = (change: Partial<CellResult>): CellResult => ({
  action: 'ecs-deploy',
  situation: 'good',
  phase: 'update',
  fault: 'reset',
  family: 'network',
  met: true,
  exit: '0',
  status: 'succeeded',
  reason: '',
  standing: 'wanted',
  changes: 1,
  again: '0 unchanged',
  seconds: 3,
  broken: [],
  said: '',
  ...change,
})

test('a cell with a broken rule is counted, marked and named', () => {
  const page = reliabilityPage([cell({}), cell({phase: 'wait', broken: ['plain words: shows "undefined"']})])
  expect(page).toContain('| ecs-deploy: good | 2 | 2 | 1 | 0 | 2 | 1 |')
  expect(page).toContain('| ecs-deploy (good) | wait | reset | plain words: shows "undefined" |')
  expect(page).toContain('| reset |  | ✓ | **✗** |')
})

test('a red cell says why, and where it left the target', () => {
  const page = reliabilityPage([
    cell({exit: '1', reason: 'unreachable', standing: 'before'}),
    cell({phase: 'wait', met: false}),
  ])
  expect(page).toContain('| reset |  | unreachable, before | – |')
  expect(page).toContain('No rule was broken in any cell.')
})

test('cells that are not run are told with their reason', () => {
  const omissions = new Map([['ecs-deploy: good', [{why: 'it writes nothing there', cells: ['a', 'b']}]]])
  expect(reliabilityPage([cell({})], [], omissions)).toContain('Cells left out: 2, as it writes nothing there.')
})

test('a rule that cannot be kept in a cell is marked there, and the reason is on the page', () => {
  const limits = ['nobody can be asked for it']
  const page = reliabilityPage([cell({}), cell({phase: 'wait', limits}), cell({phase: 'wait', fault: '429', limits})])
  expect(page).toContain('| reset |  | ✓ | ✓ ⚠ |')
  expect(page).toContain('| nobody can be asked for it | ecs-deploy (good): reset, 429 at "wait" |')
})

test('a limit excuses what it names, in its cell, and nothing else', () => {
  const limit = {fault: /^reset$/, phase: /^wait$/, rule: /^nothing left behind: the lock/, why: 'nobody can be asked'}
  const at = (phase: string, left: readonly string[]): Judged =>
    judged({
      cell: {
        subject: {limits: [limit], reachable: false, limitMs: 1},
        phase,
        fault: {name: 'reset', family: 'network'},
      },
      ...{met: true, standing: 'wanted', standingAgain: 'wanted', changes: 1, owing: [], secrets: [], shown: ''},
      ...{left, toSay: [], causes: [], secretInProcessList: false, post: undefined, again: undefined},
      main: {
        code: 0,
        log: '',
        summary: '',
        errors: [],
        warnings: [],
        outputs: {status: 'succeeded'},
        visible: '',
        tookMs: 1,
      },
    } as unknown as Evidence)
  expect(at('wait', ['the lock is held'])).toEqual({broken: [], limits: ['nobody can be asked']})
  expect(at('update', ['the lock is held']).broken).toEqual(['nothing left behind: the lock is held'])
  expect(at('wait', ['the lock is held', 'a login is left'])).toEqual({
    broken: ['nothing left behind: a login is left'],
    limits: ['nobody can be asked'],
  })
})

test('a target with a defect is named where the cases are counted', () => {
  const fuzzed = {name: 'manifests', cases: 60_000, seed: 7, slowest: 12, defect: undefined}
  expect(sectionOf([fuzzed])).toMatch(/60,000 cases \(seed 7\) were\nread: nothing was found; the slowest took 12 ms/)
  const broken = {...fuzzed, name: 'plan JSON', cases: 17, defect: '[0]: TypeError'}
  expect(sectionOf([fuzzed, broken])).toContain('60,017 cases')
  expect(sectionOf([fuzzed, broken])).toContain('a defect was found in: plan JSON')
})
