import {expect, test} from '@jest/globals'
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

test('a target with a defect is named where the cases are counted', () => {
  const fuzzed = {name: 'manifests', cases: 60_000, seed: 7, slowest: 12, defect: undefined}
  expect(sectionOf([fuzzed])).toMatch(/60,000 cases \(seed 7\) were\nread: nothing was found; the slowest took 12 ms/)
  const broken = {...fuzzed, name: 'plan JSON', cases: 17, defect: '[0]: TypeError'}
  expect(sectionOf([fuzzed, broken])).toContain('60,017 cases')
  expect(sectionOf([fuzzed, broken])).toContain('a defect was found in: plan JSON')
})
