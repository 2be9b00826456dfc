import {Inputs} from '../../shared/core/inputs.ts'
import type {Environment} from '../../shared/core/inputs.ts'

/** What the action was asked to find. */
export interface RootsInputs {
  /** Globs of the folders that are roots; empty means that the configuration tells. */
  readonly roots: readonly string[]
  /** The commit to compare with; undefined means that the event tells. */
  readonly base: string | undefined
  /** Globs of files that concern every root. */
  readonly always: readonly string[]
  readonly maxRoots: number
}

/** The inputs, read and checked. @throws {InputError} for a number that is none, or out of its range */
export function readInputs(env: Environment): RootsInputs {
  const inputs = new Inputs(env)
  return {
    roots: inputs.lines('roots').map(withoutSlash),
    base: inputs.optional('base'),
    always: inputs.lines('always'),
    // https://docs.github.com/actions/reference/limits: a matrix makes 256 jobs at most.
    maxRoots: inputs.integer('max-roots', 100, {min: 1, max: 256}),
  }
}

// `./infra/` and `infra` name the same folder.
function withoutSlash(path: string): string {
  const [, not = '', bare = ''] = /^(!?)(?:\.\/)?(.*?)\/?$/.exec(path) ?? []
  return `${not}${bare === '' ? '.' : bare}`
}
