import {Failure} from '../core/diagnosis.ts'
import type {Diagnosis} from '../core/diagnosis.ts'
import type {Guarded} from './guard.ts'
import type {RootInputs} from './inputs.ts'

/**
 * Why a plan is refused that loses what no approval lets go; undefined when it loses nothing of that kind. It is told alone:
 * to approve the rest would not help. @param found what {@link guarded} gives
 */
export function deniedFailure(found: readonly Guarded[], subject: string): Failure | undefined {
  const denied = found.filter((each) => each.denied)
  if (denied.length === 0) return undefined
  return new Failure({
    reason: 'destroy-denied',
    subject,
    cause: `the plan destroys ${named(denied)}, which no approval lets pass (${denied[0]?.rule ?? ''})`,
    advice: 'keep it in the configuration; if it must go, change that rule of "guard" in a commit of its own',
    ...shown('denied', denied),
  })
}

/** Why a plan is refused that loses what somebody has to approve first. @param found what {@link guarded} gives, at least one */
export function guardedFailure(found: readonly Guarded[], root: RootInputs): Failure {
  const label = root.allowDestroyLabel
  return new Failure({
    reason: 'destroy-guarded',
    subject: root.root,
    cause: `the plan destroys ${named(found)}, which the guard stands before (${found[0]?.rule ?? ''})`,
    advice:
      'if that is meant, name it in "allow-destroy" (an address, a type, or a pattern with *)' +
      (label === undefined ? '' : `, or put the label "${label}" on the pull request`),
    ...shown('guarded', found),
  })
}

function named(found: readonly Guarded[]): string {
  const addresses = [...new Set(found.map(({address}) => address))]
  return `${addresses[0] ?? ''}${addresses.length > 1 ? ` and ${String(addresses.length - 1)} more` : ''}`
}

function shown(title: string, found: readonly Guarded[]): Pick<Diagnosis, 'evidence' | 'undo'> {
  const rows = found.map(({address, rule}) => [address, rule])
  return {evidence: [{title, table: {columns: ['resource', 'rule'], rows}}], undo: 'nothing was changed'}
}
