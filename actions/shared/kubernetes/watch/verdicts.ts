import type {FailureReason} from '../../core/diagnosis.ts'
import type {Condition, KubeObject} from '../object.ts'

/** How far an object is. */
export interface Rating {
  readonly state: 'done' | 'waiting' | 'failed'
  /** In a few words: `2/3 updated, 1 old pod still there`. */
  readonly says: string
  /** Set when it failed. */
  readonly reason?: FailureReason
}

/** How far an object of one kind is. */
export type Rule = (object: KubeObject) => Rating

/** It is as it should be. */
export const done = (says: string): Rating => ({state: 'done', says})
/** It may yet become so. */
export const waiting = (says: string): Rating => ({state: 'waiting', says})
/** It will not. */
export const failed = (reason: FailureReason, says: string): Rating => ({state: 'failed', reason, says})

/** What a condition says of itself, the longest that it has. */
export function reasonOf({message, reason, type}: Condition): string {
  return [message, reason].find((text) => text !== undefined && text !== '') ?? type
}

/** `1 old pod`, `3 old pods`. */
export function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`
}
