import {commentStore} from './github-comments.ts'
import type {CommentStore} from './github-comments.ts'
import type {GitHubAnswer, GitHubRequest} from './github-server.ts'

/** A pull request on GitHub as a test needs it; what is left out is as good as it can be. */
export interface PullScene {
  /** `role_name` by login; everybody else is no collaborator. */
  readonly roles?: Readonly<Record<string, string>>
  readonly headSha?: string
  /** The repository that the head is in; null is a fork that was deleted. */
  readonly headRepository?: string | null
  readonly state?: string
  readonly draft?: boolean
  /** When the head was pushed, ISO 8601; undefined leaves GitHub's record of it empty. */
  readonly pushedAt?: string | undefined
  readonly behind?: number
  /** Check runs of the head; `queued` and `in_progress` have not ended. */
  readonly checks?: readonly {readonly name: string; readonly ended: string}[]
  /** Commit statuses, the newest first. */
  readonly statuses?: readonly {readonly context: string; readonly state: string}[]
  readonly reviews?: readonly {readonly by: string; readonly state: string; readonly commit: string}[]
}

/** What the conversation of the pull request has become. */
export interface PullOnGitHub {
  readonly store: CommentStore
  /** Reactions of the token's own under the comment that gave the command. */
  readonly reactions: Set<string>
  answer(request: GitHubRequest): GitHubAnswer | undefined
}

/** The head that {@link PullScene} has when it names none. */
export const HEAD = '4c1f2e9aaaaabbbbbccccc00000111112222233333'.slice(0, 40)
const REPOSITORY = 'acme/streaming'
const REACTIONS = ['eyes', 'rocket', '-1']

/** @param scene what GitHub knows */
export function pullOnGitHub(scene: PullScene = {}): PullOnGitHub {
  const store = commentStore()
  const reactions = new Set<string>()
  const head = scene.headSha ?? HEAD
  const react = (request: GitHubRequest): GitHubAnswer => {
    const {content} = request.body as {content: string}
    const known = reactions.has(content)
    reactions.add(content)
    return {status: known ? 200 : 201, body: {id: REACTIONS.indexOf(content) + 1, content}}
  }
  const answers: Readonly<Record<string, (request: GitHubRequest) => GitHubAnswer | undefined>> = {
    'GET /repos/{owner}/{repo}/collaborators/{username}/permission': ({path}) => {
      const role = scene.roles?.[path.split('/').at(-2) ?? '']
      return role === undefined ? undefined : {body: {permission: role, role_name: role}}
    },
    'GET /repos/{owner}/{repo}/pulls/{pull_number}': () => ({body: pullBody(scene, head)}),
    'GET /repos/{owner}/{repo}/activity': () => ({
      body: scene.pushedAt === undefined ? [] : [{after: head, timestamp: scene.pushedAt, ref: 'refs/heads/change'}],
    }),
    'GET /repos/{owner}/{repo}/compare/{basehead}': () => ({body: {behind_by: scene.behind ?? 0}}),
    'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews': () => ({
      body: (scene.reviews ?? []).map(({by, state, commit}) => ({user: {login: by}, state, commit_id: commit})),
    }),
    'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': () => ({body: checkRuns(scene)}),
    'GET /repos/{owner}/{repo}/commits/{ref}/statuses': () => ({body: scene.statuses ?? []}),
    'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions': react,
    'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}': ({path}) => {
      reactions.delete(REACTIONS[Number(path.split('/').at(-1)) - 1] ?? '')
      return {status: 204}
    },
  }
  return {store, reactions, answer: (request) => answers[request.operation]?.(request) ?? store.answer(request)}
}

function pullBody({headRepository = REPOSITORY, state = 'open', draft = false}: PullScene, head: string): object {
  return {
    number: 7,
    state,
    draft,
    user: {login: 'author'},
    head: {sha: head, ref: 'change', repo: headRepository === null ? null : {full_name: headRepository}},
    base: {ref: 'main', repo: {full_name: REPOSITORY}},
  }
}

function checkRuns({checks = []}: PullScene): object {
  const runs = checks.map(({name, ended}) =>
    ['queued', 'in_progress'].includes(ended)
      ? {name, status: ended, conclusion: null}
      : {name, status: 'completed', conclusion: ended},
  )
  return {total_count: runs.length, check_runs: runs}
}

/** The event of a comment, as GitHub would hand it to the run. */
export function commentEvent(body: string, by = 'maintainer', more: object = {}): object {
  return {
    action: 'created',
    issue: {number: 7, pull_request: {url: 'https://api.github.com/repos/acme/streaming/pulls/7'}},
    comment: {id: 900, body, created_at: '2026-03-01T12:00:00Z', user: {login: by, type: 'User'}},
    repository: {full_name: REPOSITORY, default_branch: 'main'},
    ...more,
  }
}
