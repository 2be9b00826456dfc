import type {FailureReason} from '../core/diagnosis.ts'

/** How a deployment ended. */
export type Verdict =
  | {readonly kind: 'completed'}
  /** ECS or we gave it up. */
  | {readonly kind: 'failed'; readonly reason: FailureReason; readonly detail: string}
  /** ECS itself went back to what ran before. */
  | {readonly kind: 'rolled-back'; readonly reason: FailureReason; readonly detail: string}
  /** A newer deployment took over. */
  | {readonly kind: 'superseded'; readonly detail: string}
  /** Somebody stopped it. */
  | {readonly kind: 'stopped'; readonly detail: string}
  | {readonly kind: 'deleted'; readonly detail: string}
  | {readonly kind: 'scaled-to-zero'; readonly detail: string}
  | {readonly kind: 'timed-out'; readonly detail: string}
