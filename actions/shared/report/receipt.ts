import {createHash} from 'node:crypto'
import * as z from 'zod/mini'
import {workedOnCommit} from '../core/checked-out.ts'
import type {Environment} from '../core/inputs.ts'
import {retriesSoFar} from '../core/retried.ts'

/** The stages of a delivery, in the order in which the chain runs them. */
export const STAGES = ['build', 'plan', 'apply', 'task', 'ecs', 'kubernetes'] as const

/** One of {@link STAGES}. */
export type Stage = (typeof STAGES)[number]

/** A schema with the words that its published form has beside it. */
export function told<T extends z.core.$ZodType>(description: string, schema: T): T {
  z.globalRegistry.add(schema, {description})
  return schema
}

const facts = (description: string) =>
  told(description, z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])))

const milliseconds = (description: string) => told(description, z.record(z.string(), z.number().check(z.nonnegative())))

/** The words for how a stage, or the whole of them, ended. */
export const STATUSES = [
  'succeeded',
  'unchanged',
  'planned',
  'failed',
  'rolled-back',
  'timed-out',
  'superseded',
  'cancelled',
] as const

/** The published shape of a stage's receipt, version 1: docs/schema/receipt-v1.json. */
export const receiptSchema = told(
  'What one stage of a delivery did. A later version of the suite may add properties; none of these changes its meaning.',
  z.object({
    schema: z.literal('slipway.receipt/v1'),
    stage: z.enum(STAGES),
    subject: told('What the stage worked on, as its owner calls it.', z.string()),
    status: told('How it ended; only the first three are green.', z.enum(STATUSES)),
    headline: told('One line for people: what was done.', z.string()),
    startedAt: told('ISO 8601, UTC.', z.string()),
    tookMs: told('Milliseconds from the first line of the stage to its verdict.', z.number().check(z.nonnegative())),
    commit: told('The commit that was worked on, in full; empty outside a workflow.', z.string()),
    run: told('The workflow run, `<run id>/<attempt>`.', z.string()),
    now: facts(
      'What is in place now: digests, ARNs, revisions, hashes. Never a secret, never a value that a runner would mask.',
    ),
    before: facts('What was in place before, as far as an undo needs it.'),
    waits: z.optional(milliseconds('What the stage spent its time waiting for, for example `health checks`.')),
    retries: z.optional(
      told(
        'How often something outside was asked again because it was throttled, broken or slow, by who it was.',
        z.record(z.string(), z.number().check(z.positive())),
      ),
    ),
  }),
)

/** What one stage did, as one compact JSON handed from job to job. */
export type Receipt = z.infer<typeof receiptSchema>

/** The part of a receipt that a stage knows by itself. */
export type StageFacts = Omit<Receipt, 'schema' | 'commit' | 'run' | 'startedAt' | 'tookMs' | 'retries'> & {
  /** Milliseconds since the epoch. */
  readonly started: number
  /** Milliseconds since the epoch. */
  readonly ended: number
}

/** The compact JSON of a stage's receipt. @param env where the runner names the commit and the run */
export function makeReceipt(env: Environment, {started, ended, ...stage}: StageFacts): string {
  const retried = retriesSoFar()
  const receipt: Receipt = {
    schema: 'slipway.receipt/v1',
    ...stage,
    startedAt: new Date(started).toISOString(),
    tookMs: Math.max(0, ended - started),
    commit: workedOnCommit(env),
    run: runOf(env),
    ...(Object.keys(retried).length > 0 && {retries: retried}),
  }
  return JSON.stringify(receipt)
}

/** The workflow run, `<run id>/<attempt>`. */
export function runOf(env: Environment): string {
  return `${env['GITHUB_RUN_ID'] ?? ''}/${env['GITHUB_RUN_ATTEMPT'] ?? '1'}`
}

/** `sha256:<hex>` of a receipt's exact text: how receipts are told apart and chained. */
export function receiptDigest(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
