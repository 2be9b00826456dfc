import type {GitHubClient, RepositoryName} from './client.ts'
import {splitMarkdown} from './split-markdown.ts'

/** How a check ended. `action_required` says that somebody must decide; a rule that requires the check then holds the merge back. */
export type CheckConclusion = 'success' | 'failure' | 'action_required'

/** A check of one commit that has ended (https://docs.github.com/rest/checks/runs#create-a-check-run). */
export interface CheckRun {
  readonly repository: RepositoryName
  /** The name in the list of checks: a rule requires a check by it, so it holds nothing that changes from run to run. */
  readonly name: string
  readonly headSha: string
  readonly conclusion: CheckConclusion
  /** One line of plain text, which stands beside the name. */
  readonly title: string
  /** Markdown. */
  readonly summary: string
  /** Markdown below the summary. */
  readonly text?: string
}

/** Longest summary, and longest text, of a check, in characters. */
const LIMIT = 65_535
const CUT = '\n\n*The rest is in the job summary.*'

/**
 * Adds a check to a commit and gives its address. A later one of the same name takes its place in GitHub's list.
 * @throws the client's error, for example 403 without `checks: write`
 */
export async function writeCheckRun(github: GitHubClient, check: CheckRun): Promise<string> {
  const {data} = await github.rest.checks.create({
    ...check.repository,
    name: check.name,
    head_sha: check.headSha,
    status: 'completed',
    conclusion: check.conclusion,
    output: {
      title: check.title,
      summary: cut(check.summary),
      ...(check.text !== undefined && {text: cut(check.text)}),
    },
  })
  return data.html_url ?? ''
}

function cut(markdown: string): string {
  const [first = '', ...rest] = splitMarkdown(markdown, LIMIT - CUT.length)
  return rest.length === 0 ? first : `${first}${CUT}`
}
