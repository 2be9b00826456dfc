import {InputError} from '../../shared/core/errors.ts'
import {Inputs} from '../../shared/core/inputs.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import {checkPlanId} from '../../shared/saved-plan/plan-id.ts'
import {readPlanOptions, readRootInputs} from '../../shared/terraform/inputs.ts'
import type {RootInputs} from '../../shared/terraform/inputs.ts'
import type {PlanOptions} from '../../shared/terraform/plan-argv.ts'
import {readCommentInputs} from '../../shared/terraform/comment-inputs.ts'
import type {CommentInputs} from '../../shared/terraform/comment-inputs.ts'

/** Which plan is applied: one that was saved, or (`approve: auto`) one made on the spot. */
export type Source =
  {readonly kind: 'id'; readonly id: string} | {readonly kind: 'file'; readonly file: string} | {readonly kind: 'fresh'}

/** What terraform-apply was asked for. */
export interface ApplyInputs {
  readonly mode: 'apply' | 'unlock' | 'push-state'
  readonly root: RootInputs
  readonly options: PlanOptions
  readonly source: Source
  readonly ifStale: 'fail' | 'replan'
  /** Patterns of types or addresses that the guard lets go. */
  readonly allowDestroy: readonly string[]
  readonly allowPullRequest: boolean
  readonly comment: CommentInputs
  /** The commit that was planned, where it is not the one of this run. */
  readonly headSha: string | undefined
  /** The one lock that `mode: unlock` frees. */
  readonly lockId: string | undefined
  /** The run among whose artifacts `mode: push-state` looks for the state, where it is not this one. */
  readonly stateRun: string | undefined
}

/** The inputs, read and checked. @throws {InputError} before anything has run */
export function readInputs(env: Environment): ApplyInputs {
  const inputs = new Inputs(env)
  const mode = inputs.oneOf('mode', ['apply', 'unlock', 'push-state'], 'apply')
  const root = readRootInputs(env, inputs)
  const lockId = inputs.optional('lock-id')
  if (mode === 'unlock' && lockId === undefined) {
    throw new InputError('Input "lock-id" is required with "mode: unlock": the failed run names it.')
  }
  return {
    mode,
    root,
    options: readPlanOptions(env, inputs, root.folder),
    source: mode === 'apply' ? readSource(inputs) : {kind: 'fresh'},
    ifStale: inputs.oneOf('if-stale', ['fail', 'replan'], 'fail'),
    allowDestroy: allowDestroy(inputs),
    comment: readCommentInputs(inputs),
    allowPullRequest: inputs.boolean('allow-pull-request', false),
    headSha: inputs.optional('head-sha'),
    lockId,
    stateRun: readStateRun(inputs),
  }
}

function readStateRun(inputs: Inputs): string | undefined {
  const run = inputs.optional('state-run')
  if (run === undefined || /^[0-9]+$/.test(run)) return run
  throw new InputError(`Input "state-run" is "${run}": give the number of the run that kept the state.`)
}

function readSource(inputs: Inputs): Source {
  const approve = inputs.oneOf('approve', ['reviewed-plan', 'auto'], 'reviewed-plan')
  const [id, file] = [inputs.optional('plan-id'), inputs.optional('plan-file')]
  if (approve === 'auto') {
    if (id === undefined && file === undefined) return {kind: 'fresh'}
    throw new InputError('"approve: auto" makes a plan of its own: take "plan-id" and "plan-file" away, or "approve".')
  }
  if (id !== undefined && file !== undefined) {
    throw new InputError('Inputs "plan-id" and "plan-file" exclude each other: keep one of the two.')
  }
  if (id !== undefined) return {kind: 'id', id: checkPlanId(id)}
  if (file !== undefined) return {kind: 'file', file}
  throw new InputError(
    'Input "plan-id" is required: hand over the output "plan-id" of terraform-plan, or set "approve: auto" to apply without a review.',
  )
}

function allowDestroy(inputs: Inputs): string[] {
  const patterns = inputs.list('allow-destroy').filter((pattern) => pattern !== 'false')
  return patterns.map((pattern) => (pattern === 'true' ? '*' : pattern))
}
