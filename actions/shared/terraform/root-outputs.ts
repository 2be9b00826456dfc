import {Failure} from '../core/diagnosis.ts'
import {lastWords} from '../core/exec.ts'
import {isRecord} from '../core/json.ts'
import type {JsonRecord} from '../core/json.ts'
import type {Mask} from '../core/mask.ts'
import {diagnosticsFromText} from './diagnostics.ts'
import {explainBroken} from './failures.ts'
import type {Plan} from './plan.ts'
import type {Session} from './session.ts'

/** One output of the root module. */
export interface RootOutput {
  readonly name: string
  readonly sensitive: boolean
  readonly value: unknown
}

/** The root outputs, from the state. @throws {Failure} when the tool cannot read them */
export async function readRootOutputs(session: Session): Promise<RootOutput[]> {
  const {world, root} = session
  const finished = await session.call(['output', '-json', '-no-color'])
  if (finished.code === 0) {
    const json: unknown = JSON.parse(finished.stdout)
    return isRecord(json) ? rootOutputsIn(json) : []
  }
  const diagnostics = diagnosticsFromText(finished.stderr, root)
  const words = lastWords(session.tool.name, finished)
  const {diagnosis} = explainBroken(world, {phase: 'apply', root, diagnostics, lastWords: words})
  throw new Failure({...diagnosis, cause: `the root outputs cannot be read: ${diagnosis.cause}`})
}

/** Root outputs as `output -json` gives them, and as they stand in a state. */
export function rootOutputsIn(outputs: JsonRecord): RootOutput[] {
  return Object.entries(outputs).map(([name, output]) => ({
    name,
    sensitive: isRecord(output) && output['sensitive'] === true,
    value: isRecord(output) ? output['value'] : undefined,
  }))
}

/**
 * The root outputs as a plan leaves them that would do nothing; undefined where it would do anything, or did not look at
 * all of the root: then only an apply can tell.
 */
export function unchangedRootOutputs({applyable, complete, errored, outputs}: Plan): RootOutput[] | undefined {
  if (applyable || errored || !complete) return undefined
  return outputs.map(({name, sensitive, values}) => ({name, sensitive, value: values.after}))
}

/** Root outputs as one JSON object, for the step output `outputs`; those that are sensitive are left out. */
export function openOutputsText(outputs: readonly RootOutput[]): string {
  const open = outputs.filter(({sensitive}) => !sensitive)
  return JSON.stringify(Object.fromEntries(open.map(({name, value}) => [name, value])))
}

/** An output as a step output: text as it is, everything else as JSON. */
export function outputText({value}: RootOutput): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

const SHORTEST_SECRET = 4

/**
 * Masks a sensitive value leaf by leaf, so that `fromJSON(...)` of it cannot show a part either. Gives whether all of it
 * is masked: hiding a leaf of three characters would blank half of the log, so such a value must not be handed on.
 */
export function maskLeaves(mask: Mask, value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'boolean') return true
  if (typeof value === 'object')
    return Object.values(value)
      .map((item) => maskLeaves(mask, item))
      .every(Boolean)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (text === '') return true
  if (text.length < SHORTEST_SECRET) return false
  mask.add(text)
  return true
}
