import {Inputs} from '../../shared/core/inputs.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import {checkPatterns} from '../../shared/saved-plan/plan-files.ts'
import {readPlanOptions, readRootInputs} from '../../shared/terraform/inputs.ts'
import type {RootInputs} from '../../shared/terraform/inputs.ts'
import type {PlanOptions} from '../../shared/terraform/plan-argv.ts'
import type {Checks} from '../../shared/terraform/checks.ts'
import {readCommentInputs} from '../../shared/terraform/comment-inputs.ts'
import type {CommentInputs} from '../../shared/terraform/comment-inputs.ts'

/** What terraform-plan was asked for. */
export interface PlanInputs {
  readonly root: RootInputs
  readonly options: PlanOptions
  readonly checks: Checks
  /** Patterns of files below the root module that travel with the saved plan. */
  readonly planFiles: readonly string[]
  readonly comment: CommentInputs
  /** Whether the plan is a check of its commit too. */
  readonly checkRun: boolean
}

/** The inputs, read and checked. @throws {InputError} before anything has run */
export function readInputs(env: Environment): PlanInputs {
  const inputs = new Inputs(env)
  const root = readRootInputs(env, inputs)
  return {
    root,
    options: readPlanOptions(env, inputs, root.folder),
    checks: {
      format: inputs.boolean('fmt-check', false),
      validate: inputs.boolean('validate', false),
      test: inputs.boolean('test', false),
    },
    planFiles: checkPatterns(inputs.lines('plan-files')),
    comment: readCommentInputs(inputs),
    checkRun: inputs.boolean('check-run', false),
  }
}
