import {workedOnCommit} from '../../shared/core/checked-out.ts'
import type {Environment} from '../../shared/core/inputs.ts'

/**
 * What is noted on every object that is applied: which commit and which run it comes from, and the cause that
 * `kubectl rollout history` shows. On the object only, never on its pod template, where it would restart all pods.
 */
export function annotationsFor(env: Environment): Record<string, string> {
  const {GITHUB_RUN_ID: run, GITHUB_REPOSITORY: repository} = env
  const commit = workedOnCommit(env)
  if (commit === '' || run === undefined || repository === undefined) return {}
  const url = `${env['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${repository}/actions/runs/${run}`
  return {
    'slipway.dev/commit': commit,
    'slipway.dev/run': url,
    'kubernetes.io/change-cause': `${repository}@${commit.slice(0, 7)} ${url}`,
  }
}
