import {expect, jest, test} from '@jest/globals'
import {fuzz} from './fuzz/fuzz.ts'
import {TARGETS} from './fuzz/targets.ts'

jest.setTimeout(120_000)

// 17 targets: 20,400 cases. Each run makes up others; the seed of one that failed is in its message.
const CASES = 1200
const seed = Number(process.env['FAULTS_SEED'] ?? Date.now() % 2 ** 31)

test.each(TARGETS.map((target) => [target.name, target] as const))('%s', async (_name, target) => {
  const {defect, cases} = await fuzz(target, CASES, seed)
  expect(defect === undefined ? undefined : `FAULTS_SEED=${String(seed)} ${defect}`).toBeUndefined()
  expect(cases).toBe(CASES)
})
