import {figure, isReached, stats} from '../../bench/core/statistics.ts'
import type {Stats} from '../../bench/core/statistics.ts'

const of = (median: number): Stats => ({n: 5, median, min: median, max: median})

test.each([
  [[3], {n: 1, median: 3, min: 3, max: 3}],
  [[9, 1, 2], {n: 3, median: 2, min: 1, max: 9}],
  [[4, 1, 2, 10], {n: 4, median: 3, min: 1, max: 10}],
  // As text, 10 would come before 9.
  [[10, 9, 100], {n: 3, median: 10, min: 9, max: 100}],
])('the median of %j', (values, wanted) => {
  expect(stats(values)).toEqual(wanted)
})

test('nothing measured has no median', () => {
  expect(() => stats([])).toThrow('no measurement')
})

describe('a figure to reach', () => {
  test.each([
    ['ratio', {kind: 'ratio', max: 0.6}, {ours: of(6), theirs: of(10)}, 0.6, true],
    ['ratio missed', {kind: 'ratio', max: 0.6}, {ours: of(7), theirs: of(10)}, 0.7, false],
    ['no peer, no ratio', {kind: 'ratio', max: 0.6}, {ours: of(1)}, undefined, undefined],
    ['a peer of 0 divides nothing', {kind: 'ratio', max: 0.6}, {ours: of(1), theirs: of(0)}, undefined, undefined],
    ['a limit needs no peer', {kind: 'at-most', max: 2}, {ours: of(2)}, 2, true],
    ['over the bare tool', {kind: 'difference', max: 0.5}, {ours: of(3), theirs: of(2)}, 1, false],
    ['over a bare tool that is missing', {kind: 'difference', max: 0.5}, {ours: of(3)}, undefined, undefined],
    ['growth', {kind: 'growth', from: 'small', max: 550}, {ours: of(10), before: of(2)}, 500, true],
    ['growth from nothing', {kind: 'growth', from: 'small', max: 550}, {ours: of(10)}, undefined, undefined],
  ] as const)('%s', (_name, goal, sides, value, reached) => {
    expect(figure(goal, sides)).toEqual(value)
    expect(isReached(goal, sides)).toBe(reached)
  })

  test('without a goal nothing is reached and nothing missed', () => {
    expect(isReached(undefined, {ours: of(1)})).toBeUndefined()
  })
})
