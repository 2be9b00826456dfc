import {destroys} from './change-kind.ts'
import type {ChangeKind} from './change-kind.ts'
import type {Plan, ResourceChange} from './plan.ts'

/** A plan in numbers. */
export interface Counts {
  readonly add: number
  readonly change: number
  readonly destroy: number
  readonly replace: number
  readonly import: number
  readonly move: number
  readonly forget: number
  readonly read: number
  readonly invoke: number
}

/**
 * Counts as Terraform's own headline does: a replacement is one addition and one destruction (unless it keeps the old
 * object), and once more a replacement; imports and moves count addresses, whatever else happens to them.
 */
export function countChanges(plan: Plan): Counts {
  const count = (test: (change: ResourceChange) => boolean): number => plan.resources.filter(test).length
  const ofKind = (kind: ChangeKind): number => count((change) => change.kind === kind)
  return {
    add: ofKind('create') + ofKind('replace'),
    change: ofKind('update'),
    destroy: count((change) => change.kind !== 'no-op' && destroys(change.actions)),
    replace: ofKind('replace'),
    import: count(({importing}) => importing !== undefined),
    move: count(({previousAddress}) => previousAddress !== undefined),
    forget: count(({actions}) => actions.includes('forget')),
    read: ofKind('read'),
    invoke: plan.invocations.length,
  }
}

/**
 * The numbers as one short line: `+2 ~1 −1 (1 replaced), 1 moved`. `no changes` only when an apply would do nothing:
 * a plan of moves, imports or outputs alone is a change.
 */
export function headline(plan: Plan, counts: Counts = countChanges(plan)): string {
  if (!plan.applyable && !plan.errored) return 'no changes'
  const outputs = plan.outputs.filter(({actions}) => !actions.includes('no-op')).length
  const main = [sign('+', counts.add), sign('~', counts.change), sign('−', counts.destroy)].filter(Boolean).join(' ')
  const rest = [
    words(counts.replace, 'replaced'),
    words(counts.import, 'imported'),
    words(counts.move, 'moved'),
    words(counts.forget, 'forgotten'),
    words(counts.invoke, counts.invoke === 1 ? 'action invoked' : 'actions invoked'),
    main === '' && outputs > 0 ? words(outputs, outputs === 1 ? 'output changed' : 'outputs changed') : '',
  ].filter(Boolean)
  return [main, ...rest].filter(Boolean).join(', ') || 'reads only'
}

function sign(mark: string, count: number): string {
  return count === 0 ? '' : `${mark}${String(count)}`
}

function words(count: number, what: string): string {
  return count === 0 ? '' : `${String(count)} ${what}`
}
