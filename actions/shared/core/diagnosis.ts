import type {Place} from './log.ts'

/** The stable slugs of the `failure-reason` output: workflows branch on them, so they never change meaning. */
export const FAILURE_REASONS = [
  'access-denied',
  'alarm',
  'apply-failed',
  'build-failed',
  'cancelled',
  'capacity',
  'circuit-breaker',
  'config-missing',
  'conflict',
  'container-exited',
  'destroy-denied',
  'destroy-guarded',
  'digest-mismatch',
  'head-moved',
  'health-check-failed',
  'image-not-found',
  'internal-error',
  'invalid-input',
  'not-approved',
  'not-found',
  'out-of-memory',
  'plan-changed',
  'plan-failed',
  'plan-rejected',
  'plan-stale',
  'push-failed',
  'quota',
  'rejected',
  'runner-error',
  'scan-findings',
  'secret-unreadable',
  'smoke-test-failed',
  'state-locked',
  'superseded',
  'tag-immutable',
  'timeout',
  'unreachable',
  'unschedulable',
  'volume',
] as const

/** One of {@link FAILURE_REASONS}. */
export type FailureReason = (typeof FAILURE_REASONS)[number]

/** How a stage ended: the `status` output of every deploying action. Only the first three are green. */
export type Status =
  'succeeded' | 'unchanged' | 'planned' | 'failed' | 'rolled-back' | 'timed-out' | 'superseded' | 'cancelled'

/** Why a stage failed, with the evidence: shown alike in the log, one annotation, the job summary and the outputs. */
export interface Diagnosis {
  readonly reason: FailureReason
  /** What failed, as its owner calls it: `APIService`, `Deployment/streaming-api`. */
  readonly subject: string
  /** Of the summary, where "<subject> failed" would be no sentence. */
  readonly heading?: string
  /** One sentence with the cause, without the subject: `container "api" exits with code 3 right after start`. */
  readonly cause: string
  /** What shows it: events, stop codes, exit codes, last log lines. */
  readonly evidence?: readonly Evidence[]
  /** The part of the change being made that explains it: `environment: − DATABASE_URL`. */
  readonly changed?: string
  /** What to do about it, as an order: `add DATABASE_URL back to task-definition.json`. */
  readonly advice: string
  /** The state things are in now: `APIService is back on streaming-api:41, 2/2 running`. */
  readonly undo?: string
  readonly links?: readonly Link[]
  /** The line of the user's own file that is to blame, where it is known. */
  readonly place?: Place
}

/** A titled piece of evidence: lines of text, or a table. */
export type Evidence =
  | {readonly title: string; readonly lines: readonly string[]; readonly folded?: boolean}
  | {readonly title: string; readonly table: Table; readonly folded?: boolean}

/** A subject that says by itself what happened: the heading of the summary is this and no more. */
export function titled(subject: string): Pick<Diagnosis, 'subject' | 'heading'> {
  return {subject, heading: subject}
}

/** A table as text; each row has as many cells as there are columns. */
export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Where to look further. */
export interface Link {
  readonly text: string
  readonly url: string
}

/** Ends a run red, with a diagnosis. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly diagnosis: Diagnosis
  readonly status: Exclude<Status, 'succeeded' | 'unchanged' | 'planned'>

  /** @param status how the stage ended; `failed` when nothing more exact is known */
  constructor(diagnosis: Diagnosis, status: Failure['status'] = 'failed') {
    super(annotationText(diagnosis))
    this.diagnosis = diagnosis
    this.status = status
  }
}

/** The one line of the annotation: `APIService: container "api" exits with code 3. Back on streaming-api:41.` */
export function annotationText(diagnosis: Diagnosis): string {
  const now = diagnosis.undo === undefined ? '' : ` ${capitalised(withoutStop(diagnosis.undo))}.`
  return `${diagnosis.subject}: ${withoutStop(diagnosis.cause)}.${now}`
}

function capitalised(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}

function withoutStop(sentence: string): string {
  return sentence.trim().replace(/\.$/, '')
}
