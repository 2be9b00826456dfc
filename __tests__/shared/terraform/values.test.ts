import fc from 'fast-check'
import {concealAlike, normalForm} from '../../../actions/shared/terraform/normal-form.ts'
import {readPlan} from '../../../actions/shared/terraform/read-plan.ts'
import {changeLine, planMarkdown, visibleChanges} from '../../../actions/shared/terraform/render.ts'
import {Secrets} from '../../../actions/shared/terraform/secrets.ts'
import {attributeChanges} from '../../../actions/shared/terraform/values.ts'
import {changes, marked, planOf, SECRET} from '../../support/marked-plan.ts'

test('no sensitive value of any plan reaches the log, the comment or the digest’s input', () => {
  fc.assert(
    fc.property(marked, marked, changes.unknown, changes.actions, (before, after, mystery, wanted) => {
      const plan = readPlan(planOf(before, after, mystery, wanted))
      const shown = [
        planMarkdown(plan, [{address: 'a.b', rule: 'protect a'}]),
        ...visibleChanges(plan).map(changeLine),
        ...normalForm(plan, concealAlike).values(),
      ].join('\n')
      expect(shown).not.toContain(SECRET)
    }),
    {numRuns: 2000},
  )
})

const open = {afterUnknown: false, beforeSensitive: false, afterSensitive: false}

test.each([
  ['a value that stays is no change', {before: {a: 1}, after: {a: 1}}, []],
  ['a nested value', {before: {a: {b: [1, 2]}}, after: {a: {b: [1, 3]}}}, [['a.b[1]', '2', '3']]],
  ['a value that comes', {before: null, after: {a: 'x', b: null}}, [['a', undefined, '"x"']]],
  ['a value that goes', {before: {a: 'x'}, after: {}}, [['a', '"x"', undefined]]],
  ['a list that gets longer', {before: ['x'], after: ['x', 'y']}, [['[1]', undefined, '"y"']]],
  ['text that turns into an object', {before: {a: 'x'}, after: {a: {b: 1}}}, [['a', '"x"', '{"b":1}']]],
])('%s', (_title, values, expected) => {
  const found = attributeChanges({...open, ...values}, new Secrets())
  expect(found.map(({path, before, after}) => [path, before?.shown, after?.shown])).toEqual(expected)
})

test('what is known only at apply says so, also where nothing was before', () => {
  const found = attributeChanges(
    {...open, before: null, after: {a: 1}, afterUnknown: {id: true, list: [true]}},
    new Secrets(),
  )
  expect(found.map(({path, after}) => [path, after?.shown])).toEqual([
    ['a', '1'],
    ['id', '(known after apply)'],
    ['list[0]', '(known after apply)'],
  ])
})

test('a secret that changes its kind is covered by any mark inside', () => {
  const found = attributeChanges(
    {
      before: {a: 'text'},
      after: {a: {b: 's3cr3t'}},
      afterUnknown: false,
      beforeSensitive: {},
      afterSensitive: {a: {b: true}},
    },
    new Secrets(),
  )
  expect(JSON.stringify(found)).not.toContain('s3cr3t')
})

describe('a secret that is marked somewhere', () => {
  const secrets = new Secrets()
  secrets.add(
    {list: ['open text', 'line one\n"line two"'], short: 'abc', other: 'not marked'},
    {list: [false, true], short: true},
  )

  test.each([
    ['itself', 'line one\n"line two"', true],
    ['inside other text', 'a line one\n"line two" z', true],
    ['inside a list', ['x', 'line one\n"line two"'], true],
    ['its unmarked neighbour', 'open text', false],
    ['what is not marked', 'not marked', false],
    ['what is too short to be looked for', 'abc', false],
  ])('%s', (_title, value, hidden) => {
    expect(secrets.hides(JSON.stringify(value))).toBe(hidden)
  })
})
