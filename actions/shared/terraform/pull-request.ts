import type {GitHubClient, RepositoryName} from '../github/client.ts'
import type {Origin} from '../github/origin.ts'

/** A pull request that a plan or an apply belongs to. */
export interface PullRequestOf {
  readonly number: number
  readonly labels: readonly string[]
}

/** A pull request as GitHub lists it, as far as anything is decided by it. */
interface Listed {
  readonly number: number
  readonly merged_at?: string | null
  readonly merge_commit_sha?: string | null
  readonly head: {readonly sha: string}
  readonly labels: readonly {readonly name: string}[]
}

/**
 * The pull request that this run is about: the one of the event; after a merge the one that the run's commit came in by
 * (https://docs.github.com/rest/commits/commits#list-pull-requests-associated-with-a-commit), whether it was merged,
 * squashed or rebased. Undefined for a commit without one.
 * @param headSha the commit that was planned, when it is known to be another than the run's
 * @throws the client's error
 */
export async function pullRequestOf(
  github: GitHubClient,
  repository: RepositoryName,
  origin: Origin,
  headSha?: string,
): Promise<PullRequestOf | undefined> {
  if (origin.pullRequest !== undefined) {
    const {data} = await github.rest.pulls.get({...repository, pull_number: origin.pullRequest})
    return told(data)
  }
  const {data} = await github.rest.repos.listPullRequestsAssociatedWithCommit({
    ...repository,
    commit_sha: origin.headSha,
  })
  const pulls: readonly Listed[] = data
  const merged = pulls.find((pull) => Boolean(pull.merged_at) && pull.merge_commit_sha === origin.headSha)
  const found = merged ?? pulls.find(({head}) => head.sha === (headSha ?? origin.headSha))
  return found && told(found)
}

function told({number, labels}: Pick<Listed, 'number' | 'labels'>): PullRequestOf {
  return {number, labels: labels.map(({name}) => name)}
}
