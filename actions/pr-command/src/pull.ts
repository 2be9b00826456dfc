import type {World} from '../../shared/core/world.ts'
import type {GitHubClient, RepositoryName} from '../../shared/github/client.ts'
import type {Comment} from './event.ts'

/** A pull request, as GitHub knows it now. */
export interface Pull {
  readonly number: number
  readonly author: string
  readonly open: boolean
  readonly draft: boolean
  /** The head commit, in full. */
  readonly headSha: string
  readonly headRef: string
  readonly baseRef: string
  /** Whether its head is in another repository, or in one that is gone. */
  readonly fromFork: boolean
}

/** What is asked of GitHub about one repository. */
export interface Asked {
  readonly github: GitHubClient
  readonly repository: RepositoryName
}

/** The pull request of a comment. @throws the client's error, 404 when the number is of an issue */
export async function readPull({github, repository}: Asked, number: number): Promise<Pull> {
  const {data} = await github.rest.pulls.get({...repository, pull_number: number})
  // The description says that there always is one; the head repository of a deleted fork is null all the same.
  const head = data.head.repo as {full_name: string} | null
  return {
    number,
    author: data.user.login,
    open: data.state === 'open',
    draft: data.draft ?? false,
    headSha: data.head.sha,
    headRef: data.head.ref,
    baseRef: data.base.ref,
    fromFork: head?.full_name !== data.base.repo.full_name,
  }
}

/**
 * What somebody may do here: `none`, `read`, `triage`, `write`, `maintain`, `admin`. GitHub answers in the older words
 * too, in which a custom role counts as what it is based on
 * (https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user).
 */
export async function readPermission({github, repository}: Asked, username: string): Promise<string> {
  try {
    const {data} = await github.rest.repos.getCollaboratorPermissionLevel({...repository, username})
    const known = ['none', 'read', 'triage', 'write', 'maintain', 'admin']
    return known.includes(data.role_name) ? data.role_name : data.permission
  } catch (thrown) {
    if ((thrown as {status?: number}).status === 404) return 'none'
    throw thrown
  }
}

/** When the head was pushed, against when the comment was written; `unknown` where GitHub does not tell. */
export type HeadAge = 'before' | 'after' | 'unknown'

const LOOKS = 3
const BETWEEN_LOOKS_MS = 2_000

/**
 * Whether the head was pushed before the comment was written, by GitHub's own record of the pushes to the branch: the
 * date in a commit is its author's to choose. In the very second of the comment counts as after.
 */
export async function headAge(
  world: World,
  {github, repository}: Asked,
  pull: Pull,
  comment: Comment,
): Promise<HeadAge> {
  for (let look = 1; look <= LOOKS; look += 1) {
    const {data} = await github.rest.repos.listActivities({
      ...repository,
      ref: `refs/heads/${pull.headRef}`,
      direction: 'desc',
      per_page: 1,
    })
    const [newest] = data
    if (newest?.after === pull.headSha) return Date.parse(newest.timestamp) < comment.writtenAt ? 'before' : 'after'
    // The record of a push arrives a little later than the push.
    if (look < LOOKS) await world.clock.sleep(BETWEEN_LOOKS_MS, world.cancel)
  }
  return 'unknown'
}

/** How many commits of its base a pull request lacks. */
export async function commitsBehind({github, repository}: Asked, {baseRef, headSha}: Pull): Promise<number> {
  const basehead = `${baseRef}...${headSha}`
  const {data} = await github.rest.repos.compareCommitsWithBasehead({...repository, basehead, per_page: 1})
  return data.behind_by
}

/** What the reviews of a pull request come to, by reviewers other than its author who may write. */
export interface Reviews {
  /** Who approved the head commit itself. */
  readonly approvedBy: readonly string[]
  /** Who approved an earlier commit, which says nothing about this one. */
  readonly approvedEarlier: readonly string[]
  /** Who asked for changes, and has not taken it back. */
  readonly refusedBy: readonly string[]
}

/** Reads the reviews: of each reviewer the last one that decides counts; a mere comment decides nothing. */
export async function readReviews(asked: Asked, pull: Pull): Promise<Reviews> {
  const all = await asked.github.paginate(asked.github.rest.pulls.listReviews, {
    ...asked.repository,
    pull_number: pull.number,
    per_page: 100,
  })
  const last = new Map<string, {readonly state: string; readonly commit: string}>()
  for (const {user, state, commit_id} of all) {
    if (user === null || user.login === pull.author || state === 'COMMENTED' || state === 'PENDING') continue
    last.set(user.login, {state, commit: commit_id ?? ''})
  }
  const reviewers: string[] = []
  for (const login of last.keys()) {
    if (['write', 'maintain', 'admin'].includes(await readPermission(asked, login))) reviewers.push(login)
  }
  const having = (state: string, ofHead?: boolean): string[] =>
    reviewers.filter((login) => {
      const review = last.get(login)
      return review?.state === state && (ofHead === undefined || (review.commit === pull.headSha) === ofHead)
    })
  return {
    approvedBy: having('APPROVED', true),
    approvedEarlier: having('APPROVED', false),
    refusedBy: having('CHANGES_REQUESTED'),
  }
}
