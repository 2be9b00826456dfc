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
import {planMarkdown} from '../../../actions/shared/terraform/render.ts'

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

describe('actions that the apply invokes', () => {
  const invoke = (values: object, sensitive: object = {}, block = 0): object => ({
    address: 'action.local_command.notify',
    type: 'local_command',
    name: 'notify',
    config_values: values,
    config_sensitive: sensitive,
    config_unknown: {},
    lifecycle_action_trigger: {
      triggering_resource_address: 'terraform_data.a',
      action_trigger_event: block === 0 ? 'AfterCreate' : 'BeforeUpdate',
      action_trigger_block_index: block,
      actions_list_index: 0,
    },
  })
  const plan = (...invocations: object[]): object => ({resource_changes: [], action_invocations: invocations})

  test('are compared by what they are invoked with', () => {
    const found = differences(form(plan(invoke({command: 'true'}))), form(plan(invoke({command: 'rm'}))))
    expect(found).toEqual([
      {what: 'invoke action.local_command.notify after create of terraform_data.a', how: 'differs'},
    ])
  })

  test('are told apart by what sets them off', () => {
    const found = differences(form(plan(invoke({}))), form(plan(invoke({}), invoke({}, {}, 1))))
    expect(found).toEqual([
      {what: 'invoke action.local_command.notify before update of terraform_data.a', how: 'appeared'},
    ])
  })

  test('are shown with what sets them off, and with no secret of theirs', () => {
    const read = readPlan(JSON.stringify(plan(invoke({command: 'curl', stdin: 's3cr3t-value'}, {stdin: true}))))
    const shown = planMarkdown(read)
    expect(read.applyable).toBe(true)
    expect(shown).toContain('- `action.local_command.notify`, after create of terraform\\_data.a')
    expect(shown).toContain('+ command: "curl"')
    expect(read.secrets.scrub(`${shown} s3cr3t-value`)).not.toContain('s3cr3t')
    expect(shown).not.toContain('s3cr3t')
    expect([...normalForm(read, concealWith('k')).values()].join()).not.toContain('s3cr3t')
  })

  test('that are put off are told like changes that are', () => {
    const read = readPlan(
      JSON.stringify({deferred_action_invocations: [{reason: 'deferred_prereq', action_invocation: invoke({})}]}),
    )
    expect(read.deferred).toEqual(['action.local_command.notify: deferred prereq'])
  })
})
