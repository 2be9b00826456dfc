import {createHash} from 'node:crypto'
import {InputError} from '../core/errors.ts'

/** What a plan is found by. */
export interface PlanName {
  readonly workingDirectory: string
  readonly workspace: string
  readonly headSha: string
  /** Of the binary plan: two plans of one root in one run have two ids. */
  readonly planHash: string
  readonly runId: string
  readonly attempt: string
}

/**
 * The id of a plan: readable, unlike any other plan's (also among the jobs of a matrix), and safe as a file name, an
 * object key, an artifact name and a job output: it holds no account id and nothing else that a runner would mask.
 */
export function planId({workingDirectory, workspace, headSha, planHash, runId, attempt}: PlanName): string {
  const exact = createHash('sha256')
    .update(JSON.stringify([workingDirectory, workspace, planHash]))
    .digest('hex')
    .slice(0, 8)
  return [
    readable(workingDirectory, workspace),
    exact,
    headSha.slice(0, 12) || 'none',
    runId || '0',
    attempt || '1',
  ].join('-')
}

/** The part of an id that people know a root by: `terraform-default`. */
export function readable(workingDirectory: string, workspace: string): string {
  const text = `${workingDirectory} ${workspace}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return text.slice(0, 40) || 'root'
}

/** The workflow run that a plan-id names. */
export function runOf(id: string): string {
  return id.split('-').at(-2) ?? ''
}

/** @throws {InputError} when the text cannot be a plan-id: it must not lead out of the store */
export function checkPlanId(id: string): string {
  if (/^[a-z0-9]+(?:-[a-z0-9]+){4,}$/.test(id) && id.length <= 120) return id
  throw new InputError(
    `Input "plan-id" is "${id}", which is not a plan-id: hand over the output "plan-id" of terraform-plan.`,
  )
}
