import {parseArn} from './names.ts'

/** Where a task definition comes from. */
export type Source =
  /** A file in the checkout, JSON or YAML, or what `aws ecs describe-task-definition` printed. */
  | {readonly kind: 'file'; readonly path: string}
  /** `family`, `family:revision` or an ARN: what is registered. */
  | {readonly kind: 'registered'; readonly name: string}
  /** What the service runs now. */
  | {readonly kind: 'service'}

const FAMILY = /^[A-Za-z0-9_-]{1,255}(:\d+)?$/

/** What the `task-definition` input means: `service`, an ARN, a family with or without revision, otherwise a file. */
export function sourceOf(input: string): Source {
  if (input === 'service') return {kind: 'service'}
  if (parseArn(input) !== undefined || FAMILY.test(input)) return {kind: 'registered', name: input}
  return {kind: 'file', path: input}
}
