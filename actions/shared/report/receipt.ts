import {createHash} from 'node:crypto'
import * as z from 'zod/mini'
import {workedOnCommit} from '../core/checked-out.ts'
import type {Environment} from '../core/inputs.ts'

/** The stages of a delivery, in the order in which the chain runs them. */
export const STAGES = ['build', 'plan', 'apply', 'task', 'ecs', 'kubernetes'] as const

/** One of {@link STAGES}. */
export type Stage = (typeof STAGES)[number]

const facts = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]))

/** The published shape of a stage's receipt, version 1. */
export const receiptSchema = z.object({
  schema: z.literal('slipway.receipt/v1'),
  stage: z.enum(STAGES),
  /** What the stage worked on, as its owner calls it. */
  subject: z.string(),
  status: z.enum([
    'succeeded',
    'unchanged',
    'planned',
    'failed',
    'rolled-back',
    'timed-out',
    'superseded',
    'cancelled',
  ]),
  /** One line for people: what was done. */
  headline: z.string(),
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  /** Milliseconds from the first line of the stage to its verdict. */
  tookMs: z.number().check(z.nonnegative()),
  commit: z.string(),
  /** The workflow run, `<run id>/<attempt>`. */
  run: z.string(),
  /** What is in place now: digests, ARNs, revisions, hashes. Never a secret, never a value that a runner would mask. */
  now: facts,
  /** What was in place before, as far as an undo needs it. */
  before: facts,
  /** What the stage spent its time waiting for, for example `health checks`: milliseconds each. */
  waits: z.optional(z.record(z.string(), z.number().check(z.nonnegative()))),
})

/** What one stage did, as one compact JSON handed from job to job. */
export type Receipt = z.infer<typeof receiptSchema>

/** The part of a receipt that a stage knows by itself. */
export type StageFacts = Omit<Receipt, 'schema' | 'commit' | 'run' | 'startedAt' | 'tookMs'> & {
  /** Milliseconds since the epoch. */
  readonly started: number
  /** Milliseconds since the epoch. */
  readonly ended: number
}

/** The compact JSON of a stage's receipt. @param env where the runner names the commit and the run */
export function makeReceipt(env: Environment, {started, ended, ...stage}: StageFacts): string {
  const receipt: Receipt = {
    schema: 'slipway.receipt/v1',
    ...stage,
    startedAt: new Date(started).toISOString(),
    tookMs: Math.max(0, ended - started),
    commit: workedOnCommit(env),
    run: `${env['GITHUB_RUN_ID'] ?? ''}/${env['GITHUB_RUN_ATTEMPT'] ?? '1'}`,
  }
  return JSON.stringify(receipt)
}

/** `sha256:<hex>` of a receipt's exact text: how receipts are told apart and chained. */
export function receiptDigest(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
