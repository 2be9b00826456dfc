import type {Inputs} from '../core/inputs.ts'

/** When a plan, and later what became of it, is shown on the pull request. */
export const COMMENT_MODES = ['update', 'new', 'changes-only', 'never'] as const

/** How the comment is written. */
export interface CommentInputs {
  readonly mode: (typeof COMMENT_MODES)[number]
  /** Tells this plan's comment from those of other plans on the same pull request. */
  readonly key: string | undefined
}

/** Reads how the comment is written: the same in both actions, so that an apply finds the comment of its plan. */
export function readCommentInputs(inputs: Inputs): CommentInputs {
  return {mode: inputs.oneOf('comment', COMMENT_MODES, 'never'), key: inputs.optional('comment-key')}
}
