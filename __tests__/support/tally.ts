import {relative} from 'node:path'
import {stripVTControlCharacters} from 'node:util'
import type {AggregatedResult, Reporter, TestResult} from '@jest/reporters'

/** A failure is told in so many lines at most: enough for what was wanted, what was there and where. */
const LINES = 25

/** Stands before the failures of a run, so that a caller can say them again after everything else. */
export const FAILURES = 'What failed:'

/**
 * Closes a run with one plain line of counts, so that a run which tested nothing or skipped something is seen at once,
 * and with what failed: minutes of output stand between a failure and the end of its run.
 */
export default class Tally implements Pick<Reporter, 'onRunComplete'> {
  onRunComplete(_contexts: unknown, results: AggregatedResult): void {
    const skipped = results.numPendingTests + results.numTodoTests
    const broken = results.numRuntimeErrorTestSuites
    console.log(
      `\n${String(results.numPassedTests)} passed, ${String(results.numFailedTests + broken)} failed, ${String(skipped)} skipped`,
    )
    const failures = results.testResults.flatMap(failuresOf)
    if (failures.length > 0) console.log(`\n${FAILURES}\n${failures.join('\n')}`)
  }
}

function failuresOf(file: TestResult): string[] {
  const told = (title: string, message: string): string => {
    const all = stripVTControlCharacters(message).split('\n')
    const lines = all.filter((line) => !/^\s+at .*\/node_modules\//.test(line)).slice(0, LINES)
    return [`✗ ${relative(process.cwd(), file.testFilePath)}: ${title}`, ...lines.map((line) => `    ${line}`)].join(
      '\n',
    )
  }
  if (file.testExecError !== undefined) return [told('the file itself', file.failureMessage ?? '')]
  return file.testResults
    .filter(({status}) => status === 'failed')
    .map(({fullName, failureMessages}) => told(fullName, failureMessages.join('\n')))
}
