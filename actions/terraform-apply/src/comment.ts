import {details} from '../../shared/core/markdown.ts'
import {asFailure} from '../../shared/core/run.ts'
import {failureSection} from '../../shared/core/summary.ts'
import type {World} from '../../shared/core/world.ts'
import {headline} from '../../shared/terraform/counts.ts'
import {putComment} from '../../shared/terraform/plan-comment.ts'
import type {Plan} from '../../shared/terraform/plan.ts'
import {planMarkdown, PREVIEW_LIMIT} from '../../shared/terraform/render.ts'
import type {Ready} from './plan-source.ts'

/** The plan in a fold, to stand below what became of it. */
export function planFold(plan: Plan): string {
  return plan.applyable ? details(`The plan: ${headline(plan)}`, planMarkdown(plan, [], PREVIEW_LIMIT)) : ''
}

/** Puts what became of the plan in the place of the plan, in its comment on the pull request that it was planned for. */
export async function commentResult(world: World, ready: Ready, plan: Plan, section: string): Promise<void> {
  const {inputs, origin, root} = ready
  await putComment(world, {
    comment: inputs.comment,
    githubToken: inputs.root.githubToken,
    origin,
    headSha: inputs.headSha,
    root: inputs.root.root,
    workspace: root.workspace,
    changes: plan.applyable,
    body: [section, planFold(plan)].filter(Boolean).join('\n\n'),
  })
}

/**
 * Says on the pull request that the apply failed, what was done and what was not. After a cancel there is no time for it:
 * the runner kills the action a few seconds later, and the job summary matters more.
 */
export async function commentFailure(world: World, ready: Ready, plan: Plan, thrown: unknown): Promise<void> {
  const {diagnosis, status} = asFailure(thrown)
  if (!world.cancel.aborted) await commentResult(world, ready, plan, failureSection(diagnosis, status))
}
