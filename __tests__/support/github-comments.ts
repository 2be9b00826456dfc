import type {GitHubAnswer, GitHubRequest} from './github-server.ts'

/** A comment as GitHub keeps it. */
export interface StoredComment {
  readonly id: number
  readonly node_id: string
  readonly html_url: string
  body: string
  readonly user: {readonly login: string; readonly type: string}
  minimized?: boolean
}

/** The comments of one pull request, behaving as GitHub's do. */
export interface CommentStore {
  readonly comments: StoredComment[]
  answer(request: GitHubRequest): GitHubAnswer | undefined
  /** A comment that somebody wrote by hand. */
  add(login: string, body: string): StoredComment
}

/** @param me whose token it is, as GraphQL tells @param pageSize comments per page at most */
export function commentStore(me = 'github-actions[bot]'): CommentStore {
  const comments: StoredComment[] = []
  let next = 1
  const add = (login: string, body: string): StoredComment => {
    const id = next++
    const comment = {
      id,
      node_id: `IC_${String(id)}`,
      html_url: `https://github.com/acme/streaming/pull/7#issuecomment-${String(id)}`,
      body,
      user: {login, type: login.endsWith('[bot]') ? 'Bot' : 'User'},
    }
    comments.push(comment)
    return comment
  }
  const bodyOf = (request: GitHubRequest): string => {
    const body = (request.body as {body: string}).body
    if (body.length > 65_536) throw new Error('GitHub refuses a comment of this length')
    return body
  }
  return {
    comments,
    add,
    answer: (request) => {
      const id = Number(/comments\/(\d+)/.exec(request.path)?.[1])
      switch (request.operation) {
        case 'POST /graphql':
          return graphql(request, me, comments)
        case 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments':
          return {body: comments}
        case 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments':
          return {status: 201, body: add(me, bodyOf(request))}
        case 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': {
          const comment = comments.find((each) => each.id === id)
          if (comment === undefined) return undefined
          comment.body = bodyOf(request)
          return {body: comment}
        }
        case 'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}':
          comments.splice(
            comments.findIndex((each) => each.id === id),
            1,
          )
          return {status: 204}
        default:
          return undefined
      }
    },
  }
}

function graphql(request: GitHubRequest, me: string, comments: StoredComment[]): GitHubAnswer {
  const {query, variables} = request.body as {query: string; variables?: {id: string}}
  if (query.includes('viewer')) return {body: {data: {viewer: {login: me}}}}
  const comment = comments.find(({node_id}) => node_id === variables?.id)
  if (comment !== undefined) comment.minimized = true
  return {body: {data: {minimizeComment: {clientMutationId: null}}}}
}
