import type {World} from '../../shared/core/world.ts'
import {makeGitHub, ownRepository} from '../../shared/github/client.ts'
import type {Approval} from './delivery-schema.ts'

/**
 * Who approved this run at an environment that asks reviewers, as GitHub keeps it; empty where nobody was asked, and where
 * that is not known: the job needs `actions: read` for it, and a report goes without.
 * https://docs.github.com/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run
 */
export async function readApprovals(world: World, token: string | undefined): Promise<Approval[]> {
  const run = Number(world.env['GITHUB_RUN_ID'])
  if (token === undefined || !Number.isInteger(run)) return []
  try {
    const {data} = await makeGitHub(world.env, token, world.log).rest.actions.getReviewsForRun({
      ...ownRepository(world.env),
      run_id: run,
      // Nobody waits for a line of a report.
      request: {retries: 0},
    })
    return data
      .filter(({state}) => state === 'approved')
      .map(({user, environments}) => ({
        by: user.login,
        environments: environments.flatMap(({name}) => (name === undefined ? [] : [name])),
      }))
  } catch {
    return []
  }
}
