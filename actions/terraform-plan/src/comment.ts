import {errorMessage} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {makeGitHub, ownRepository} from '../../shared/github/client.ts'
import {removeComment, writeComment} from '../../shared/github/comment.ts'
import type {Origin} from '../../shared/github/origin.ts'
import {planSection} from './report.ts'
import type {Shown} from './report.ts'

/**
 * Shows the plan on the pull request, as the `comment` input says. A comment is not the plan: when it cannot be written
 * the run goes on with a warning. Gives the comment's address.
 */
export async function showComment(world: World, origin: Origin, shown: Shown): Promise<string | undefined> {
  const {comment: mode, root} = shown.inputs
  if (mode === 'never' || origin.pullRequest === undefined) return undefined
  if (origin.fork) {
    world.log.line('no comment: GitHub gives the token of a fork no right to write; the plan is in the job summary')
    return undefined
  }
  if (root.githubToken === undefined) {
    world.log.warning('No comment was written: "github-token" is not given.')
    return undefined
  }
  try {
    return await write(world, origin.pullRequest, shown, root.githubToken)
  } catch (error) {
    world.log.warning(
      world.mask.scrub(`No comment was written: ${errorMessage(error)} (pull-requests: write is needed).`),
    )
    return undefined
  }
}

async function write(world: World, number: number, shown: Shown, token: string): Promise<string | undefined> {
  const {comment: mode, commentKey, root} = shown.inputs
  const github = makeGitHub(world.env, token, world.log)
  const key = commentKey ?? `terraform ${root.root} ${shown.root.workspace}`
  const target = {repository: ownRepository(world.env), number, key}
  if (mode === 'changes-only' && !shown.made.plan.applyable) {
    await removeComment(github, target)
    return undefined
  }
  return await writeComment(
    github,
    target,
    world.mask.scrub(planSection(shown, false)),
    mode === 'new' ? 'new' : 'update',
  )
}
