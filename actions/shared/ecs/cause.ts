import type {Container} from '@aws-sdk/client-ecs'
import {humanDuration} from '../core/clock.ts'
import type {FailureReason} from '../core/diagnosis.ts'

/** What a stopped task says about itself, ready to be matched. */
export interface Stopped {
  readonly stopCode: string
  /** The task's reason and its containers' reasons, in one text. */
  readonly text: string
  /** The container that is to blame: the first that failed; undefined when none had started. */
  readonly container: Container | undefined
  /** How long it ran, in milliseconds; undefined when it never started. */
  readonly ranMs: number | undefined
}

/** Why a task stopped. */
export interface Cause {
  readonly reason: FailureReason
  /** What tasks that stopped for the same cause have in common. */
  readonly key: string
  /** One sentence without a full stop: `container "api" exits with code 3`. */
  readonly sentence: string
  /** What to do, as an order. */
  readonly advice: string
  /**
   * Whether a later task may do better: `never` (trying again changes nothing), `soon` (within seconds, or not at all),
   * `slowly` (capacity, quotas and networks come back within a minute or so).
   */
  readonly heals: 'never' | 'soon' | 'slowly'
}

/** One row of the table of causes. The first row that matches decides. */
export interface CauseRule {
  /** How the row is called in tests and docs. */
  readonly name: string
  readonly match: (stopped: Stopped) => boolean
  readonly explain: (stopped: Stopped) => Omit<Cause, 'key'>
}

/** A rule for tasks whose text matches. */
export function textRule(name: string, pattern: RegExp, explain: (stopped: Stopped) => Omit<Cause, 'key'>): CauseRule {
  return {name, match: ({text}) => pattern.test(text), explain}
}

/** `container "api"`, or `the task` when no container is to blame. */
export function who({container}: Stopped): string {
  return container?.name === undefined ? 'the task' : `container "${container.name}"`
}

/** How soon after its start a container ended, for a sentence: ` right after start`, ` after 40 s`. */
export function afterStart(ranMs: number | undefined): string {
  if (ranMs === undefined) return ''
  return ranMs < 10_000 ? ' right after start' : ` after ${humanDuration(ranMs)}`
}
