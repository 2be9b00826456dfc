import fc from 'fast-check'
import {asFailure} from '../../../actions/shared/core/run.ts'
import {jsonOf} from './arbitraries.ts'
import type {Target} from './targets.ts'

/** What was found out about one target. */
export interface Fuzzed {
  readonly name: string
  readonly cases: number
  readonly seed: number
  /** Milliseconds of the slowest case. */
  readonly slowest: number
  /** The smallest input that broke it, and how; undefined when nothing did. */
  readonly defect: string | undefined
}

const HANG_MS = 5000
const CRASHES = /^(?:TypeError|RangeError|ReferenceError|SyntaxError|URIError|EvalError|AssertionError)$/

/** Reads `cases` inputs that were made up from `seed`. A crash, a hang over 5 s or a message for programmers is a defect. */
export async function fuzz(target: Target, cases: number, seed: number): Promise<Fuzzed> {
  let slowest = 0
  const property = fc.asyncProperty(target.input, async (input) => {
    const started = performance.now()
    const complaint = await complaintAbout(target, input)
    const took = performance.now() - started
    slowest = Math.max(slowest, took)
    if (complaint !== undefined) throw new Error(complaint)
    if (took > HANG_MS) throw new Error(`took ${(took / 1000).toFixed(1)} s`)
  })
  const result = await fc.check(property, {numRuns: cases, seed, verbose: false})
  const defect = result.failed
    ? `${JSON.stringify(result.counterexample)}: ${messageOf(result.errorInstance)}`
    : undefined
  return {name: target.name, cases: result.numRuns, seed, slowest: Math.round(slowest), defect}
}

async function complaintAbout({read, byPeople}: Target, input: unknown): Promise<string | undefined> {
  try {
    await read(input)
    return undefined
  } catch (thrown) {
    if (!(thrown instanceof Error)) return `threw ${String(thrown)}`
    const {reason, cause} = asFailure(thrown).diagnosis
    // Broken JSON of a tool is what it is, and said in words.
    if (CRASHES.test(thrown.name) && (byPeople || thrown.name !== 'SyntaxError'))
      return `${thrown.name}: ${thrown.message}`
    if (byPeople && reason === 'internal-error') return `is called an error of our own: ${cause}`
    return cause.trim() === '' || /\bundefined\b|\[object /.test(cause.replace(jsonOf(input), ''))
      ? `says "${cause}"`
      : undefined
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
