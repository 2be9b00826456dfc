import fc from 'fast-check'
import {report, showInLog} from '../../../actions/terraform-plan/src/report.ts'
import type {Shown} from '../../../actions/terraform-plan/src/shown.ts'
import {readPlan} from '../../../actions/shared/terraform/read-plan.ts'
import {changes, marked, planOf, SECRET} from '../../support/marked-plan.ts'
import type {Marked} from '../../support/marked-plan.ts'
import {fakeWorld} from '../../support/world.ts'

function shownOf(json: string): Shown {
  const plan = readPlan(json)
  const made = {plan, exitCode: 2, file: 'tfplan', jsonFile: 'plan.json', textFile: 'plan.txt', text: '', warnings: []}
  return {
    inputs: {root: {root: 'infra'}} as Shown['inputs'],
    root: {workspace: 'default'} as Shown['root'],
    made: made as Shown['made'],
    found: [{address: 'a.b', rule: 'protect a', pardoned: false}],
    saved: {id: 'plan-1', digest: 'sha256:1'},
    started: 0,
  }
}

/** All that a reader of the workflow could see of a plan, and the outputs of the step. */
function told(json: string): {readonly seen: string; readonly outputs: Readonly<Record<string, string>>} {
  const sections: string[] = []
  const fake = fakeWorld({env: {GITHUB_REPOSITORY: 'acme/streaming'}})
  const world = {...fake, summary: {...fake.summary, add: (section: string) => sections.push(section)}}
  const shown = shownOf(json)
  showInLog(world, shown.made, shown.found)
  report(world, shown, {commentUrl: undefined, checkUrl: undefined})
  // Nothing was registered as a mask: what is hidden is left out, not covered up afterwards.
  expect([sections.length, fake.masked]).toEqual([1, []])
  const seen = [fake.logged(), ...sections, ...fake.annotations, ...Object.values(fake.outputsSet)].join('\n')
  return {seen, outputs: fake.outputsSet}
}

test('no sensitive value of any plan reaches the log, the job summary, an annotation or an output', () => {
  fc.assert(
    fc.property(marked, marked, changes.unknown, changes.actions, (before, after, mystery, wanted) => {
      const {seen, outputs} = told(planOf(before, after, mystery, wanted))
      expect(outputs['preview']).toContain('a.b')
      expect(seen).not.toContain(SECRET)
    }),
    {numRuns: 1000},
  )
})

test('the outputs of a root that nothing would change are handed on, and of those with a mark in them not a word', () => {
  fc.assert(
    fc.property(marked, (value) => {
      const {seen, outputs} = told(planOf(value, value, false, ['no-op']))
      expect(seen).not.toContain(SECRET)
      expect(JSON.parse(outputs['outputs']!)).toEqual(isOpen(value) ? {open: value.value} : {})
    }),
    {numRuns: 500},
  )
})

const isOpen = ({mark}: Marked): boolean => !JSON.stringify(mark).includes('true')
