import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {
  concealAlike,
  concealWith,
  differences,
  digestOf,
  normalForm,
} from '../../../actions/shared/terraform/normal-form.ts'
import type {NormalForm} from '../../../actions/shared/terraform/normal-form.ts'
import {readPlan} from '../../../actions/shared/terraform/read-plan.ts'

type Json = Record<string, unknown> & {resource_changes: {address: string; change: Record<string, unknown>}[]}

const recorded = (name: string): Json =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', `${name}.json`), 'utf8')) as Json
const form = (json: object, conceal = concealWith('a key')): NormalForm =>
  normalForm(readPlan(JSON.stringify(json)), conceal)

test('time, prior state, drift, reasons and order make no difference', () => {
  const plan = recorded('count-and-each')
  const later = {
    ...plan,
    timestamp: '2030-01-01T00:00:00Z',
    prior_state: {anything: 1},
    resource_drift: [{address: 'x.y', change: {actions: ['update']}}],
    relevant_attributes: [],
    terraform_version: '9.9.9',
    resource_changes: plan.resource_changes.map((change) => ({...change, action_reason: 'because'})).reverse(),
  }
  expect(differences(form(plan), form(later))).toEqual([])
  expect(digestOf(form(plan))).toBe(digestOf(form(later)))
})

test('an object that changes nothing is not part of it', () => {
  expect([...form(recorded('no-op')).keys()]).toEqual([])
})

test.each(['move', 'import', 'forget', 'outputs-only', 'replace', 'sensitive'])('%s is part of it', (name) => {
  expect(differences(form(recorded('no-op')), form(recorded(name))).length).toBeGreaterThan(0)
})

test('what appears, goes and differs is named', () => {
  const reviewed = recorded('replace-triggered-by')
  const [a, b] = reviewed.resource_changes
  const fresh = {
    resource_changes: [
      {...a, change: {...a!.change, after: {input: 'three'}}},
      {...b, address: 'terraform_data.c'},
    ],
  }
  expect(differences(form(reviewed), form(fresh))).toEqual([
    {what: 'terraform_data.a', how: 'differs'},
    {what: 'terraform_data.b', how: 'disappeared'},
    {what: 'terraform_data.c', how: 'appeared'},
  ])
})

test('a changed secret makes a difference under a key, is never readable, and is not told apart without one', () => {
  const plan = recorded('sensitive')
  const other = JSON.parse(JSON.stringify(plan).replaceAll('s3cr3t-after', 's3cr3t-other')) as Json
  expect(differences(form(plan), form(other))).toEqual([{what: 'terraform_data.a', how: 'differs'}])
  expect(differences(form(plan, concealAlike), form(other, concealAlike))).toEqual([])
  expect([...form(plan).values()].join()).not.toContain('s3cr3t')
})

test('another key gives another digest of the same secrets', () => {
  const plan = recorded('sensitive')
  expect(digestOf(form(plan, concealWith('one')))).not.toBe(digestOf(form(plan, concealWith('two'))))
})
