import {errorMessage} from '../core/errors.ts'
import type {World} from '../core/world.ts'
import type {Origin} from '../github/origin.ts'
import type {CommentInputs} from './comment-inputs.ts'
import {pullRequestOf} from './pull-request.ts'

/** A comment to write. */
export interface PlanComment {
  readonly comment: CommentInputs
  readonly githubToken: string | undefined
  readonly origin: Origin
  /** The commit that was planned, when it is known to be another than the run's. */
  readonly headSha?: string | undefined
  /** The root module, relative to the checkout. */
  readonly root: string
  readonly workspace: string
  /** Whether there is anything that `changes-only` would show. */
  readonly changes: boolean
  readonly body: string
}

/**
 * Writes the comment as its mode says, and gives its address. A comment is not the plan: when it cannot be written the
 * run goes on with a warning.
 */
export async function putComment(world: World, wanted: PlanComment): Promise<string | undefined> {
  const {comment, githubToken, origin} = wanted
  if (comment.mode === 'never') return undefined
  if (origin.fork) {
    world.log.line('no comment: GitHub gives the token of a fork no right to write; all is in the job summary')
    return undefined
  }
  if (githubToken === undefined) {
    world.log.warning('No comment was written: "github-token" is not given.')
    return undefined
  }
  try {
    return await write(world, wanted, githubToken)
  } catch (error) {
    world.log.warning(
      world.mask.scrub(`No comment was written: ${errorMessage(error)} (pull-requests: write is needed).`),
    )
    return undefined
  }
}

async function write(world: World, wanted: PlanComment, token: string): Promise<string | undefined> {
  const {mode, key} = wanted.comment
  // Many runs write no comment, and GitHub's client takes longer to start than a small plan.
  const [{makeGitHub, ownRepository}, {removeComment, writeComment}] = await Promise.all([
    import('../github/client.ts'),
    import('../github/comment.ts'),
  ])
  const [github, repository] = [makeGitHub(world.env, token, world.log), ownRepository(world.env)]
  const number =
    wanted.origin.pullRequest ?? (await pullRequestOf(github, repository, wanted.origin, wanted.headSha))?.number
  if (number === undefined) return undefined
  const target = {repository, number, key: key ?? `terraform ${wanted.root} ${wanted.workspace}`}
  if (mode === 'changes-only' && !wanted.changes) {
    await removeComment(github, target)
    return undefined
  }
  const body = world.mask.scrub(wanted.body)
  return await writeComment(github, target, body, mode === 'new' ? 'new' : 'update')
}
