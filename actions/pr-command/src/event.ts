import * as z from 'zod/mini'
import {InputError} from '../../shared/core/errors.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import {readEvent} from '../../shared/github/origin.ts'

// https://docs.github.com/webhooks/webhook-events-and-payloads#issue_comment; only what is read here.
const eventSchema = z.object({
  action: z.string(),
  issue: z.object({number: z.number(), pull_request: z.optional(z.unknown())}),
  comment: z.object({
    id: z.number(),
    body: z.string(),
    created_at: z.string(),
    user: z.object({login: z.string(), type: z.string()}),
  }),
})

/** A comment that somebody just wrote. */
export interface Comment {
  readonly id: number
  readonly body: string
  /** Milliseconds since the epoch, by GitHub's clock; of whole seconds. */
  readonly writtenAt: number
  readonly author: string
  /** The number of the pull request, or of the issue. */
  readonly number: number
}

/** Why a comment is none of this action's business, as a sentence; or the comment. */
export type Event = {readonly ignored: string} | {readonly comment: Comment}

/**
 * The comment that started this run. What was edited later is passed over: nobody would see which text was obeyed. So are
 * comments on issues, and those of bots, this action's own answers included.
 * @throws {InputError} when another event started the run
 */
export async function readCommentEvent(env: Environment): Promise<Event> {
  const parsed = eventSchema.safeParse(await readEvent(env['GITHUB_EVENT_PATH']))
  if (env['GITHUB_EVENT_NAME'] !== 'issue_comment' || !parsed.success) {
    throw new InputError(
      `This run was started by "${env['GITHUB_EVENT_NAME'] ?? ''}", not by a comment: use "on: issue_comment" with "types: [created]".`,
    )
  }
  const {action, issue, comment} = parsed.data
  if (action !== 'created') return {ignored: `a comment that was ${action} is no command: write a new one`}
  if (issue.pull_request === undefined) return {ignored: 'it is a comment on an issue, not on a pull request'}
  if (comment.user.type === 'Bot') return {ignored: `it was written by a bot (${comment.user.login})`}
  const {id, body, user} = comment
  return {comment: {id, body, writtenAt: Date.parse(comment.created_at), author: user.login, number: issue.number}}
}
