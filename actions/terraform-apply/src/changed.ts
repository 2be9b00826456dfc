import {Failure} from '../../shared/core/diagnosis.ts'
import type {Difference} from '../../shared/terraform/normal-form.ts'
import type {Plan, ResourceChange, ValueChange} from '../../shared/terraform/plan.ts'
import {changeLine} from '../../shared/terraform/render.ts'
import {attributeChanges} from '../../shared/terraform/values.ts'

/** The plan that was reviewed, and the one that was made in its place. */
export interface TwoPlans {
  readonly reviewed: Plan
  readonly fresh: Plan
}

const MOST_ATTRIBUTES = 5

/** The failure of a plan that would no longer do what was reviewed, with what differs, change by change. */
export function changedFailure(root: string, found: readonly Difference[], plans: TwoPlans): Failure {
  const rows = found.map((difference) => [difference.what, sentence(difference, plans)])
  return new Failure({
    reason: 'plan-changed',
    subject: root,
    cause: `the plan is no longer what was reviewed: ${String(found.length)} ${found.length === 1 ? 'change differs' : 'changes differ'}, first ${found[0]?.what ?? ''}`,
    advice: 'have the new plan reviewed: run terraform-plan again',
    evidence: [{title: 'what differs since the review', table: {columns: ['change', 'now'], rows}}],
    undo: 'nothing was changed',
  })
}

function sentence({what, how}: Difference, {reviewed, fresh}: TwoPlans): string {
  const [before, after] = [actionOn(reviewed, what), actionOn(fresh, what)]
  if (how === 'appeared') return `was not in the reviewed plan${after === undefined ? '' : `: ${after}`}`
  if (how === 'disappeared') return `was reviewed (${before ?? 'a change'}), and is no longer planned`
  if (before !== after && before !== undefined && after !== undefined)
    return `was reviewed as "${before}"; now it ${after}`
  const differing = attributesThatDiffer(what, {reviewed, fresh})
  return `would be done differently than reviewed${differing === '' ? '' : `: ${differing}`}`
}

/** `will be created`, `will be imported (from x)`: what is done, without the address. */
function actionOn(plan: Plan, what: string): string | undefined {
  const change = changeOf(plan, what)
  return change && changeLine(change).split(`${change.address}: `)[1]
}

function changeOf({resources}: Plan, what: string): ResourceChange | undefined {
  return resources.find(
    ({address, deposed}) => what === (deposed === undefined ? address : `${address} (deposed ${deposed})`),
  )
}

/** Which attributes would end up otherwise; secret ones by name alone. */
function attributesThatDiffer(what: string, {reviewed, fresh}: TwoPlans): string {
  const [then, now] = [valuesOf(reviewed, what), valuesOf(fresh, what)]
  if (then === undefined || now === undefined) return ''
  const between: ValueChange = {
    before: then.after,
    after: now.after,
    afterUnknown: now.afterUnknown,
    beforeSensitive: then.afterSensitive,
    afterSensitive: now.afterSensitive,
  }
  const changes = attributeChanges(between, fresh.secrets).filter(
    // What is known in neither plan does not differ.
    ({before, after}) => before !== undefined || after?.shown.startsWith('(known') === false,
  )
  const named = changes.slice(0, MOST_ATTRIBUTES).map(({path, before, after}) => {
    const [from, to] = [before?.shown ?? 'not set', after?.shown ?? 'not set']
    const full = path === '' ? 'its value' : path
    return from.length + to.length > 80 || reviewed.secrets.hides(from) ? full : `${full} ${from} → ${to}`
  })
  const more = changes.length > MOST_ATTRIBUTES ? ` and ${String(changes.length - MOST_ATTRIBUTES)} more` : ''
  return `${named.join(', ')}${more}`
}

function valuesOf(plan: Plan, what: string): ValueChange | undefined {
  const output = plan.outputs.find(({name}) => what === `output.${name}`)
  return output?.values ?? changeOf(plan, what)?.values
}
