import type {KeyObject} from 'node:crypto'
import type * as z from 'zod/mini'
import {InputError} from '../../shared/core/errors.ts'
import {alternatives, Inputs} from '../../shared/core/inputs.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import {readNeeds} from '../../shared/report/needs.ts'
import type {JobResult, Needs} from '../../shared/report/needs.ts'
import {previewSchema} from '../../shared/report/preview.ts'
import type {Preview} from '../../shared/report/preview.ts'
import {receiptSchema, STAGES} from '../../shared/report/receipt.ts'
import type {Receipt, Stage} from '../../shared/report/receipt.ts'
import {shownSchema} from './shown.ts'
import type {Shown} from './shown.ts'
import {readSigningKey, readTrustedKeys} from './signature.ts'

/** What the action was asked for. */
export type DeliveryInputs = ReportInputs | ReadInputs | ApprovedInputs

/** What a merged pull request showed is to be read. */
export interface ApprovedInputs {
  readonly mode: 'approved'
  readonly commentKey: string
  readonly token: string
}

/** The receipt of a release that is to be read. */
export interface ReadInputs {
  readonly mode: 'read'
  /** The tag, or `previous`. */
  readonly release: string
  /** Stages that the receipt has to tell of. */
  readonly stages: readonly Stage[]
  /** Keys of which one has signed the receipt; empty asks for no signature. */
  readonly keys: readonly KeyObject[]
  readonly token: string
}

/** What the action was asked to report on. */
export interface ReportInputs {
  readonly mode: 'report'
  readonly receipts: readonly Receipt[]
  /** The result of each job that this one needs, by the job's name. */
  readonly jobs: ReadonlyMap<string, JobResult>
  readonly previews: readonly Preview[]
  /** What could not be previewed, as its owner calls it. */
  readonly notPreviewed: readonly string[]
  /** What somebody approved; empty when nothing is held against it. */
  readonly approved: readonly Shown[]
  readonly commentKey: string
  /** The pull request to comment on, where the event names none. */
  readonly pullRequest: number | undefined
  readonly token: string | undefined
  readonly releaseTag: string | undefined
  /** Signs the merged receipt. */
  readonly key: KeyObject | undefined
}

/** The inputs, read and checked. @throws {InputError} before anything is asked or done */
export function readInputs(env: Environment): DeliveryInputs {
  const inputs = new Inputs(env)
  switch (inputs.oneOf('mode', ['report', 'read', 'approved'], 'report')) {
    case 'read':
      return readInputsOf(inputs)
    case 'approved':
      return {
        mode: 'approved',
        commentKey: inputs.optional('comment-key') ?? 'delivery',
        token: inputs.required('github-token'),
      }
    case 'report':
      return reportInputs(env)
  }
}

function readInputsOf(inputs: Inputs): ReadInputs {
  const keys = inputs.optional('receipt-public-key')
  return {
    mode: 'read',
    release: inputs.required('release'),
    stages: inputs.list('require-stages').map((word) => {
      const stage = STAGES.find((each) => each === word)
      if (stage !== undefined) return stage
      throw new InputError(`Input "require-stages" has "${word}": use ${alternatives([...STAGES])}.`)
    }),
    keys: keys === undefined ? [] : readTrustedKeys(keys),
    token: inputs.required('github-token'),
  }
}

/**
 * What to report on, read and checked. Receipts and previews are also taken from the outputs of the jobs in `needs`.
 * @throws {InputError} for a receipt, a preview or a `needs` that is not what a stage or GitHub writes, and when
 * there is nothing to report on
 */
export function reportInputs(env: Environment): ReportInputs {
  const inputs = new Inputs(env)
  const needs = readNeeds(inputs.json('needs'))
  const key = inputs.optional('receipt-key')
  const found: ReportInputs = {
    mode: 'report',
    receipts: unique([
      ...documents(inputs.lines('receipts'), 'receipts', receiptSchema),
      ...outputsOf(needs, 'receipt', receiptSchema),
    ]),
    previews: unique([
      ...documents(inputs.lines('previews'), 'previews', previewSchema),
      ...outputsOf(needs, 'preview', previewSchema),
    ]),
    jobs: new Map(Object.entries(needs).map(([job, {result}]) => [job, result])),
    notPreviewed: inputs.lines('not-previewed'),
    approved: unique(documents(inputs.lines('approved'), 'approved', shownSchema)),
    commentKey: inputs.optional('comment-key') ?? 'delivery',
    pullRequest: inputs.optionalInteger('pull-request', {min: 1, max: Number.MAX_SAFE_INTEGER}),
    token: inputs.optional('github-token'),
    releaseTag: inputs.optional('attach-to-release'),
    key: key === undefined ? undefined : readSigningKey(key),
  }
  if (found.receipts.length + found.previews.length + found.jobs.size === 0) {
    throw new InputError('There is nothing to report on: give "needs", "receipts" or "previews".')
  }
  return found
}

// A receipt may be given twice: by name and inside `needs`.
function unique<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}

// A skipped job has no outputs; a runner that shows it with some shows expressions that nobody evaluated.
function outputsOf<T>(needs: Needs, name: 'receipt' | 'preview', schema: z.ZodMiniType<T>): T[] {
  const jobs = Object.entries(needs).filter(([, {result}]) => result !== 'skipped')
  return jobs.flatMap(([job, {outputs}]) =>
    Object.entries(outputs ?? {})
      .filter(([key, value]) => (key === name || key.endsWith(`-${name}`)) && value !== '')
      .map(([key, value]) =>
        checked(parse(value, `needs.${job}.outputs.${key}`, 1), `needs.${job}.outputs.${key}`, 1, schema),
      ),
  )
}

function documents<T>(lines: readonly string[], input: string, schema: z.ZodMiniType<T>): T[] {
  const text = lines.join('\n')
  const values = text.startsWith('[')
    ? (parse(text, input, 1) as unknown[])
    : lines.map((line, at) => parse(line, input, at + 1))
  return values
    .filter((value) => value !== '' && value !== null)
    .map((value, at) => checked(value, input, at + 1, schema))
}

function parse(text: string, input: string, position: number): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new InputError(
      `Input "${input}", entry ${String(position)}, is not JSON: pass the outputs of the stages unchanged, one per line.`,
    )
  }
}

function checked<T>(value: unknown, input: string, position: number, schema: z.ZodMiniType<T>): T {
  // An entry of an array may be the output's text itself, as `toJSON` of several outputs gives it.
  const parsed = schema.safeParse(typeof value === 'string' ? parse(value, input, position) : value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = issue === undefined ? 'it' : `"${issue.path.join('.')}"`
  throw new InputError(
    `Input "${input}", entry ${String(position)}, is not what a Slipway stage writes (${where} is wrong): pass the outputs unchanged.`,
  )
}
