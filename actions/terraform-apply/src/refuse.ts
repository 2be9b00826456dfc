import {Failure} from '../../shared/core/diagnosis.ts'
import type {Origin} from '../../shared/github/origin.ts'
import {guarded} from '../../shared/terraform/guard.ts'
import {deniedFailure, guardedFailure} from '../../shared/terraform/guard-failure.ts'
import {hasGuardLabel} from '../../shared/terraform/guard-label.ts'
import type {Plan} from '../../shared/terraform/plan.ts'
import type {ApplyInputs} from './inputs.ts'
import type {Ready} from './plan-source.ts'

/**
 * Refuses to apply for a pull request: its code is not merged, and from a fork it is not even ours.
 * @throws {Failure}
 */
export function refusePullRequests(origin: Origin, {allowPullRequest}: ApplyInputs): void {
  if (origin.pullRequest === undefined) return
  if (origin.fork) throw refused('pull requests from forks are never applied', 'merge the pull request, then apply')
  if (allowPullRequest) return
  throw refused(
    'this run is for a pull request, whose code is not merged',
    'apply after the merge, or set "allow-pull-request: true"',
  )
}

function refused(cause: string, advice: string): Failure {
  return new Failure({reason: 'rejected', subject: 'terraform-apply', cause, advice, undo: 'nothing was changed'})
}

/**
 * Refuses a plan that destroys what the guard stands before, unless an input names it or a label on the pull request lets
 * it pass; the label is looked for now, whatever the plan said of it, and for what is denied not at all. @throws {Failure}
 */
export async function refuseGuarded(plan: Plan, {inputs, origin, root: {session}}: Ready): Promise<void> {
  const {root, allowDestroy, headSha} = inputs
  const found = guarded(plan, root.guard, allowDestroy)
  const denial = deniedFailure(found, root.root)
  if (denial !== undefined) throw denial
  if (found.length === 0 || (await hasGuardLabel(session.world, root, origin, headSha))) return
  throw guardedFailure(found, root)
}
