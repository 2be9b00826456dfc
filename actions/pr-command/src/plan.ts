import {readComment} from '../../shared/github/comment.ts'
import type {Asked, Pull} from './pull.ts'
import {refusal} from './rules.ts'

/**
 * The plan that the preview of this very commit shows, by the comment that this suite wrote. The comment only names it:
 * that the plan is of this commit and unchanged is what terraform-apply finds out by its seal.
 * @throws {Failure} when there is no preview, or one of another commit
 */
export async function previewedPlan(asked: Asked, pull: Pull, key: string): Promise<string> {
  const head = pull.headSha.slice(0, 7)
  const body = await readComment(asked.github, {repository: asked.repository, number: pull.number, key})
  const plan = /<sub>plan `([a-z0-9-]{1,120})`/.exec(body ?? '')?.[1]
  const advice = 'write "/plan", read the preview, then "/apply"'
  if (plan === undefined) throw refusal('not-found', `there is no preview with a plan of ${head} to apply`, advice)
  const of = plan.split('-').at(-3) ?? ''
  if (of !== pull.headSha.slice(0, 12)) {
    throw refusal('plan-rejected', `the plan of the preview is of ${of.slice(0, 7)}, and the head is ${head}`, advice)
  }
  return plan
}
