import {errorMessage, InputError} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {eventPullRequest, makeGitHub, ownRepository} from '../../shared/github/client.ts'
import {writeComment as write} from '../../shared/github/comment.ts'
import {ASSET, attachToRelease} from '../../shared/github/release.ts'
import type {Delivery} from './delivery-schema.ts'
import type {ReportInputs} from './inputs.ts'

/**
 * Writes the preview comment of the pull request that started this run; gives its address, or undefined when there is
 * no pull request or no right to write. What is not the delivery never fails the delivery: trouble is a warning.
 */
export async function writeComment(world: World, inputs: ReportInputs, body: string): Promise<string | undefined> {
  const pull = eventPullRequest()
  const number = pull?.number ?? inputs.pullRequest
  if (number === undefined) return undefined
  if (pull?.fromFork === true) {
    world.log.notice(
      'This pull request comes from a fork, whose workflow may not write comments: the preview is in the job summary.',
    )
    return undefined
  }
  if (inputs.token === undefined) {
    world.log.warning('The preview was not written as a comment: "github-token" is empty. It is in the job summary.')
    return undefined
  }
  try {
    const target = {repository: ownRepository(world.env), number, key: inputs.commentKey}
    return await write(makeGitHub(world.env, inputs.token, world.log), target, world.mask.scrub(body))
  } catch (thrown) {
    world.log.warning(
      `The preview was not written as a comment (${hint(thrown, 'pull-requests: write')}). It is in the job summary.`,
    )
    return undefined
  }
}

/** Attaches the merged receipt to the release of `tag`; trouble is a warning. @throws {InputError} without a token */
export async function attachReceipt(
  world: World,
  token: string | undefined,
  tag: string,
  delivery: Delivery,
): Promise<void> {
  if (token === undefined) throw new InputError('Input "attach-to-release" needs "github-token", which is empty.')
  try {
    const github = makeGitHub(world.env, token, world.log)
    const url = await attachToRelease(github, ownRepository(world.env), tag, ASSET, JSON.stringify(delivery))
    world.log.line(`The receipt is attached to release ${tag}: ${url}`)
  } catch (thrown) {
    world.log.warning(`The receipt was not attached to release ${tag} (${hint(thrown, 'contents: write')}).`)
  }
}

function hint(thrown: unknown, permission: string): string {
  const refused = (thrown as {status?: number} | undefined)?.status === 403
  return refused ? `GitHub refused: the job needs "permissions: ${permission}"` : errorMessage(thrown)
}
