import {Inputs} from '../../shared/core/inputs.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import {readPlanOptions, readRootInputs} from '../../shared/terraform/inputs.ts'
import type {RootInputs} from '../../shared/terraform/inputs.ts'
import type {PlanOptions} from '../../shared/terraform/plan-argv.ts'

/** When the plan is shown on the pull request. */
export const COMMENT_MODES = ['update', 'new', 'changes-only', 'never'] as const

/** What terraform-plan was asked for. */
export interface PlanInputs {
  readonly root: RootInputs
  readonly options: PlanOptions
  readonly comment: (typeof COMMENT_MODES)[number]
  /** Tells this plan's comment from those of other plans on the same pull request. */
  readonly commentKey: string | undefined
}

/** The inputs, read and checked. @throws {InputError} before anything has run */
export function readInputs(env: Environment): PlanInputs {
  const inputs = new Inputs(env)
  const root = readRootInputs(env, inputs)
  return {
    root,
    options: readPlanOptions(env, inputs, root.folder),
    comment: inputs.oneOf('comment', COMMENT_MODES, 'never'),
    commentKey: inputs.optional('comment-key'),
  }
}
