import {createHmac} from 'node:crypto'
import type {GitHubClient, RepositoryName} from './client.ts'
import {splitMarkdown} from './split-markdown.ts'

/** Where a comment goes, and by which name later runs find it again. */
export interface CommentTarget {
  readonly repository: RepositoryName
  /** The number of the pull request or issue. */
  readonly number: number
  /** Tells this comment from our others on the same pull request. */
  readonly key: string
}

/** `update` writes over the last one; `new` folds the last one away as outdated and writes another. */
export type CommentMode = 'update' | 'new'

/** Longest comment that GitHub takes, in characters, less room for the marker and the part's number. */
export const COMMENT_LIMIT = 65_536 - 512

/** A comment that we wrote earlier. */
interface OwnComment {
  readonly id: number
  readonly nodeId: string
  readonly url: string
  readonly body: string
  readonly part: number
}

/**
 * Writes `body` as the one comment of its key, in as many numbered parts as GitHub's limit asks for; parts of an
 * earlier run that are no longer needed are removed. Gives the address of the first part.
 *
 * A comment counts as ours only if this token's identity wrote it and its marker is bound to this repository, number
 * and key: somebody who copies our text into a comment of theirs cannot make us write over it, or hide ours.
 * @throws the client's error, for example 403 without `pull-requests: write`
 */
export async function writeComment(
  github: GitHubClient,
  target: CommentTarget,
  body: string,
  mode: CommentMode = 'update',
): Promise<string> {
  const bodies = partBodies(target, body)
  const own = await findOwn(github, target)
  if (mode === 'new') await Promise.all(own.map((comment) => minimize(github, comment)))
  const reusable = mode === 'new' ? [] : own
  const urls: string[] = []
  for (const [part, text] of bodies.entries()) {
    const old = reusable.find((comment) => comment.part === part)
    urls.push(await (old === undefined ? create(github, target, text, own) : update(github, target, old, text)))
  }
  for (const surplus of reusable.filter(({part}) => part >= bodies.length)) {
    await github.rest.issues.deleteComment({...target.repository, comment_id: surplus.id})
  }
  return urls[0] ?? ''
}

/** The text of the comment of a key, all parts of it, as it was written last; undefined when there is none. */
export async function readComment(github: GitHubClient, target: CommentTarget): Promise<string | undefined> {
  const own = await findOwn(github, target)
  if (own.length === 0) return undefined
  return own
    .sort((a, b) => a.part - b.part)
    .map(({body}) => body)
    .join('\n')
}

/** Takes the comment of a key away, when there is one: a pull request that no longer changes anything. */
export async function removeComment(github: GitHubClient, target: CommentTarget): Promise<void> {
  for (const {id} of await findOwn(github, target)) {
    await github.rest.issues.deleteComment({...target.repository, comment_id: id})
  }
}

/** The hidden line that says whose a comment is. @param part counts from 0 */
export function marker(target: CommentTarget, part: number): string {
  const {owner, repo} = target.repository
  const bound = createHmac('sha256', 'slipway.comment/v1')
    .update([owner.toLowerCase(), repo.toLowerCase(), String(target.number), target.key].join('\n'))
    .digest('hex')
  return `<!-- slipway ${bound.slice(0, 32)} ${String(part)} -->`
}

function partBodies(target: CommentTarget, body: string): string[] {
  const parts = splitMarkdown(body, COMMENT_LIMIT)
  return parts.map((text, part) => {
    const number = parts.length > 1 ? `\n\n*Part ${String(part + 1)} of ${String(parts.length)}*` : ''
    return `${marker(target, part)}\n${text}${number}`
  })
}

async function findOwn(github: GitHubClient, target: CommentTarget): Promise<OwnComment[]> {
  const me = await whoAmI(github)
  const prefix = marker(target, 0).replace(/ 0 -->$/, ' ')
  const all = await github.paginate(github.rest.issues.listComments, {
    ...target.repository,
    issue_number: target.number,
    per_page: 100,
  })
  return all.flatMap((comment) => {
    const body = comment.body ?? ''
    const mine = me === undefined ? comment.user?.type === 'Bot' : comment.user?.login === me
    const part = mine && body.startsWith(prefix) ? /^(\d+) -->/.exec(body.slice(prefix.length)) : null
    return part === null
      ? []
      : [{id: comment.id, nodeId: comment.node_id, url: comment.html_url, body, part: Number(part[1])}]
  })
}

// The token of a workflow may not ask REST who it is (GET /user answers 403); GraphQL tells.
async function whoAmI(github: GitHubClient): Promise<string | undefined> {
  try {
    const {viewer} = await github.graphql<{viewer: {login: string}}>('query { viewer { login } }')
    return viewer.login
  } catch {
    return undefined
  }
}

const CREATE_TRIES = 4

// A comment whose answer was lost stands all the same: it is looked for before the next try.
async function create(
  github: GitHubClient,
  target: CommentTarget,
  body: string,
  known: readonly OwnComment[],
): Promise<string> {
  const call = {...target.repository, issue_number: target.number, body, request: {retries: 0}}
  for (let tries = 1; ; tries += 1) {
    try {
      const {data} = await github.rest.issues.createComment(call)
      return data.html_url
    } catch (error) {
      if (tries === CREATE_TRIES || !isPassing(error)) throw error
      const others = (await findOwn(github, target)).filter(({id}) => !known.some((one) => one.id === id))
      const made = others.find((comment) => comment.body === body)
      if (made !== undefined) return made.url
    }
  }
}

// The client gives a broken connection the status 500, and leaves a second between two writes.
function isPassing(error: unknown): boolean {
  const {status = 500} = error as {status?: number}
  return error instanceof Error && (status >= 500 || status === 429)
}

async function update(github: GitHubClient, target: CommentTarget, old: OwnComment, body: string): Promise<string> {
  const {data} = await github.rest.issues.updateComment({...target.repository, comment_id: old.id, body})
  return data.html_url
}

async function minimize(github: GitHubClient, comment: OwnComment): Promise<void> {
  const mutation =
    'mutation ($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { clientMutationId } }'
  await github.graphql(mutation, {id: comment.nodeId})
}
