import type {AggregatedResult, Reporter} from '@jest/reporters'

/** Closes a run with one plain line of counts, so that a run which tested nothing or skipped something is seen at once. */
export default class Tally implements Pick<Reporter, 'onRunComplete'> {
  onRunComplete(_contexts: unknown, results: AggregatedResult): void {
    const skipped = results.numPendingTests + results.numTodoTests
    const broken = results.numRuntimeErrorTestSuites
    console.log(
      `\n${String(results.numPassedTests)} passed, ${String(results.numFailedTests + broken)} failed, ${String(skipped)} skipped`,
    )
  }
}
