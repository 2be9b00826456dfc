import type {World} from '../../shared/core/world.ts'
import type {Origin} from '../../shared/github/origin.ts'
import {putComment} from '../../shared/terraform/plan-comment.ts'
import {planSection} from './report.ts'
import type {Shown} from './report.ts'

/** Shows the plan on the pull request, as the `comment` input says. Gives the comment's address. */
export async function showComment(world: World, origin: Origin, shown: Shown): Promise<string | undefined> {
  if (origin.pullRequest === undefined) return undefined
  const {inputs, made, root} = shown
  return await putComment(world, {
    comment: inputs.comment,
    githubToken: inputs.root.githubToken,
    origin,
    root: inputs.root.root,
    workspace: root.workspace,
    changes: made.plan.applyable,
    body: planSection(shown, false),
  })
}
