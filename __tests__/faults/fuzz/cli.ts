import {parseArgs} from 'node:util'
import {writePage} from '../core/write-page.ts'
import {fuzz} from './fuzz.ts'
import type {Fuzzed} from './fuzz.ts'
import {recordFuzz} from './record.ts'
import {TARGETS} from './targets.ts'

// node __tests__/faults/fuzz/cli.ts --cases 60000 --seed 7: so many cases of each target; what was seen is recorded.
const options = {
  cases: {type: 'string', default: '1200'},
  seed: {type: 'string'},
  only: {type: 'string', default: ''},
} as const
const {values} = parseArgs({options})
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
const results: Fuzzed[] = []
for (const target of TARGETS.filter(({name}) => name.includes(values.only))) {
  const result = await fuzz(target, Number(values.cases), seed)
  results.push(result)
  console.log(
    `${result.defect === undefined ? '✓' : '✗'} ${result.name}: ${String(result.cases)} cases, slowest ${String(result.slowest)} ms`,
  )
  if (result.defect !== undefined) console.log(`    ${result.defect.slice(0, 1500)}`)
}
if (values.only === '') {
  recordFuzz(results)
  await writePage()
}
if (results.some(({defect}) => defect !== undefined)) process.exitCode = 1
