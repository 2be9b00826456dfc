import {Failure} from '../../shared/core/diagnosis.ts'
import type {Origin} from '../../shared/github/origin.ts'
import {guarded} from '../../shared/terraform/guard.ts'
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
 * it pass; the label is looked for now, whatever the plan said of it. @throws {Failure}
 */
export async function refuseGuarded(plan: Plan, {inputs, origin, root: {session}}: Ready): Promise<void> {
  const {root, allowDestroy, headSha} = inputs
  const found = guarded(plan, root.guard, allowDestroy)
  const [first] = found
  if (first === undefined || (await hasGuardLabel(session.world, root, origin, headSha))) return
  const more = found.length > 1 ? ` and ${String(found.length - 1)} more` : ''
  throw new Failure({
    reason: 'destroy-guarded',
    subject: root.root,
    cause: `the plan destroys ${first.address}${more}, which the guard stands before (${first.rule})`,
    advice:
      'if that is meant, name it in "allow-destroy" (an address, a type, or a pattern with *)' +
      (root.allowDestroyLabel === undefined
        ? ''
        : `, or put the label "${root.allowDestroyLabel}" on the pull request`),
    evidence: [
      {
        title: 'guarded',
        table: {columns: ['resource', 'rule'], rows: found.map(({address, rule}) => [address, rule])},
      },
    ],
    undo: 'nothing was changed',
  })
}
