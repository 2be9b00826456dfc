import {errorMessage} from '../../shared/core/errors.ts'
import {code, escapeMarkdown} from '../../shared/core/markdown.ts'
import type {World} from '../../shared/core/world.ts'
import {writeComment} from '../../shared/github/comment.ts'
import type {Comment} from './event.ts'
import type {Asked} from './pull.ts'

/** What a reaction says: seen and at work, done, or not done. */
export type Reaction = 'eyes' | 'rocket' | '-1'

/** Puts a reaction under the comment. Not to be able to is a warning: the command does not hang on it. */
export async function react(
  world: World,
  {github, repository}: Asked,
  comment: Comment,
  content: Reaction,
): Promise<void> {
  await trying(world, 'react to the comment', async () => {
    await github.rest.reactions.createForIssueComment({...repository, comment_id: comment.id, content})
  })
}

/** Takes the eyes away, and says how it ended. */
export async function closeReaction(world: World, asked: Asked, comment: Comment, end: 'rocket' | '-1'): Promise<void> {
  const {github, repository} = asked
  await react(world, asked, comment, end)
  await trying(world, 'take a reaction back', async () => {
    // To react alike once more gives the reaction that is there, and with it its id.
    const {data} = await github.rest.reactions.createForIssueComment({
      ...repository,
      comment_id: comment.id,
      content: 'eyes',
    })
    await github.rest.reactions.deleteForIssueComment({...repository, comment_id: comment.id, reaction_id: data.id})
  })
}

/**
 * Answers in the conversation: one answer for each command, also when the run is started again.
 * @param lines Markdown @returns the answer's address; undefined when it could not be written
 */
export async function answer(
  world: World,
  {github, repository}: Asked,
  comment: Comment,
  lines: readonly string[],
): Promise<string | undefined> {
  const body = world.mask.scrub(lines.join('\n\n'))
  const target = {repository, number: comment.number, key: `command-${String(comment.id)}`}
  return await trying(world, 'answer in the pull request', () => writeComment(github, target, body))
}

/** The first line of an answer: whose command it is about. A mention, so that the person learns of it. */
export function quoted(comment: Comment): string {
  const [first = ''] = comment.body.split(/\r?\n/)
  return `@${escapeMarkdown(comment.author)} ${code(first.slice(0, 120))}`
}

async function trying<T>(world: World, what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (thrown) {
    const refused = (thrown as {status?: number}).status === 403
    const why = refused ? 'GitHub refused: the job needs "permissions: pull-requests: write"' : errorMessage(thrown)
    world.log.warning(`It was not possible to ${what} (${why}).`)
    return undefined
  }
}
