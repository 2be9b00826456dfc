import {checkProblem} from '../../../actions/pr-command/src/checks.ts'
import type {Check, Required} from '../../../actions/pr-command/src/checks.ts'

const green = (name: string): Check => ({name, state: 'green'})
const red = (name: string): Check => ({name, state: 'red'})
const running = (name: string): Check => ({name, state: 'running'})

test.each<[string, Check[], Required, string | undefined]>([
  ['nothing was checked, and nothing has to be', [], 'all', undefined],
  ['all are green', [green('test'), green('lint')], 'all', undefined],
  ['one failed', [green('test'), red('lint')], 'all', 'has checks that failed: "lint"'],
  ['one still runs', [green('test'), running('lint')], 'all', 'has checks that are not done: "lint"'],
  ['a failure counts before what still runs', [running('test'), red('lint')], 'all', 'has checks that failed: "lint"'],
  ['one that does not count failed', [green('test'), red('coverage')], ['test'], undefined],
  ['one that has to be there never ran', [green('test')], ['test', 'lint'], 'has no check "lint"'],
  [
    'one leg of a matrix failed',
    [green('test (a)'), red('test (b)')],
    ['test (*'],
    'has checks that failed: "test (b)"',
  ],
  ['the same name twice, one of them red', [green('test'), red('test')], ['test'], 'has checks that failed: "test"'],
])('%s', (_what, checks, required, problem) => {
  expect(checkProblem(checks, required)).toBe(problem)
})
