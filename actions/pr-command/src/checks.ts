import type {Asked, Pull} from './pull.ts'

/** A check of a commit: of an app such as GitHub Actions, or a status of the older kind. */
export interface Check {
  readonly name: string
  readonly state: 'green' | 'red' | 'running'
}

// What neither passed nor failed holds nobody up: https://docs.github.com/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/about-status-checks
const GREEN = ['success', 'neutral', 'skipped']

/** Everything that was checked of the head commit, by each check's newest run. @throws the client's error, 403 without the rights */
export async function readChecks({github, repository}: Asked, {headSha}: Pull): Promise<Check[]> {
  const call = {...repository, ref: headSha, per_page: 100}
  const runs = await github.paginate(github.rest.checks.listForRef, {...call, filter: 'latest'})
  const statuses = await github.paginate(github.rest.repos.listCommitStatusesForRef, call)
  // The newest stands first.
  const newest = new Map(statuses.toReversed().map(({context, state}) => [context, state]))
  return [
    ...runs.map(({name, status, conclusion}) => ({
      name,
      state: status === 'completed' ? verdict(GREEN.includes(conclusion ?? '')) : ('running' as const),
    })),
    ...[...newest].map(([name, state]) => ({
      name,
      state: state === 'pending' ? ('running' as const) : verdict(state === 'success'),
    })),
  ]
}

const verdict = (good: boolean): Check['state'] => (good ? 'green' : 'red')

/** Which checks have to be green: all that there are, or these. */
export type Required = 'all' | readonly string[]

/**
 * What keeps a commit from being deployed, as the end of a sentence about it; undefined when its checks are green.
 * @param required a name may end with `*`, for the jobs of a matrix
 */
export function checkProblem(checks: readonly Check[], required: Required): string | undefined {
  const named = required === 'all' ? [] : required
  const missing = named.find((name) => !checks.some((check) => fits(check.name, name)))
  if (missing !== undefined) return `has no check "${missing}"`
  const asked = required === 'all' ? checks : checks.filter((check) => named.some((name) => fits(check.name, name)))
  const of = (state: Check['state']): string =>
    [...new Set(asked.filter((check) => check.state === state).map(({name}) => `"${name}"`))].slice(0, 5).join(', ')
  if (of('red') !== '') return `has checks that failed: ${of('red')}`
  return of('running') === '' ? undefined : `has checks that are not done: ${of('running')}`
}

function fits(name: string, wanted: string): boolean {
  return wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted
}
