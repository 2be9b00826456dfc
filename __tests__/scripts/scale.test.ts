import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {withScale} from '../../scripts/scale.ts'
import {ECS_QUOTAS, simulate} from '../../scripts/scale/simulate.ts'

test('the numbers of docs/scale.md are those that the code has now', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/scale.md'), 'utf8')
  expect(withScale(page)).toBe(page)
})

test('a few deployments are never throttled, and their end is seen within a look', () => {
  const outcome = simulate({services: 10, atOnce: 10, takes: 60})
  expect(outcome.throttled).toBe(0)
  expect(outcome.seenLate).toBeLessThanOrEqual(5)
})

test('two hundred at once get through, all of them, and settle below what AWS answers', () => {
  const outcome = simulate({services: 200, atOnce: 200, takes: 120})
  expect(outcome.throttled).toBeLessThan(0.5)
  expect(outcome.wholeSeconds).toBeLessThan(15 * 60)
  // Refused looks count too: who backs off enough asks little more than AWS answers, also in the worst minute.
  for (const name of ['services', 'tasks'] as const) {
    expect([name, outcome.busiest[name] < ECS_QUOTAS[name].refill * 2]).toEqual([name, true])
  }
})

test('a slower fleet is a longer one: nothing is left out', () => {
  const [few, many] = [20, 100].map((atOnce) => simulate({services: 200, atOnce, takes: 120}))
  expect(few!.wholeSeconds).toBeGreaterThan(9 * 120)
  expect(many!.wholeSeconds).toBeLessThan(few!.wholeSeconds)
})
