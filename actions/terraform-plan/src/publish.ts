import {details} from '../../shared/core/markdown.ts'
import {asFailure} from '../../shared/core/run.ts'
import {failureSection} from '../../shared/core/summary.ts'
import type {World} from '../../shared/core/world.ts'
import type {Origin} from '../../shared/github/origin.ts'
import {headline} from '../../shared/terraform/counts.ts'
import {guardCounts} from '../../shared/terraform/guard.ts'
import {BrokenPlan} from '../../shared/terraform/make-plan.ts'
import {putComment} from '../../shared/terraform/plan-comment.ts'
import {lossPhrase, planMarkdown, PREVIEW_LIMIT} from '../../shared/terraform/render.ts'
import {putCheck} from './check.ts'
import type {PlanInputs} from './inputs.ts'
import {planSection} from './report.ts'
import type {Published, Shown} from './shown.ts'

/** Where a plan was made, or was to be made. */
export interface Planned {
  readonly inputs: PlanInputs
  readonly origin: Origin
  readonly workspace: string
}

/** Shows the plan on the pull request and as a check of its commit, as the inputs say. */
export async function publish(world: World, origin: Origin, shown: Shown): Promise<Published> {
  const {inputs, made, root, found} = shown
  const place = {inputs, origin, workspace: root.workspace}
  const body = planSection(shown, false)
  const {denied, held} = guardCounts(found)
  const [commentUrl, checkUrl] = await Promise.all([
    comment(world, place, made.plan.applyable, body),
    putCheck(world, place, {
      conclusion: denied > 0 ? 'failure' : held > 0 ? 'action_required' : 'success',
      title: [
        headline(made.plan),
        ...(denied > 0 ? [`the guard denies ${String(denied)}`] : []),
        ...(held > 0 ? [`the guard stands before ${String(held)}`] : []),
      ].join(', '),
      summary: body,
      planText: made.text,
    }),
  ])
  return {commentUrl, checkUrl}
}

/**
 * Shows that there is no plan where the last one is shown: nobody may take that for the plan of this commit. What was
 * planned until it broke off is told, in the job summary too.
 */
export async function publishFailure(world: World, place: Planned, thrown: unknown): Promise<void> {
  if (world.cancel.aborted) return
  const partial = partialPlan(thrown)
  if (partial !== '') world.summary.add(partial)
  const {diagnosis, status} = asFailure(thrown)
  const body = [failureSection(diagnosis, status), partial].filter(Boolean).join('\n\n')
  await Promise.all([
    comment(world, place, true, body),
    putCheck(world, place, {conclusion: 'failure', title: diagnosis.cause, summary: body}),
  ])
}

function partialPlan(thrown: unknown): string {
  if (!(thrown instanceof BrokenPlan)) return ''
  const {partial} = thrown
  const title = ['Planned until then', headline(partial), lossPhrase(partial)].filter(Boolean).join(': ')
  return details(title, planMarkdown(partial, [], PREVIEW_LIMIT))
}

async function comment(
  world: World,
  {inputs, origin, workspace}: Planned,
  changes: boolean,
  body: string,
): Promise<string | undefined> {
  if (origin.pullRequest === undefined) return undefined
  const {root, githubToken} = inputs.root
  return await putComment(world, {comment: inputs.comment, githubToken, origin, root, workspace, changes, body})
}
