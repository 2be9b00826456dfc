import fc from 'fast-check'
import {concealAlike, normalForm} from '../../../actions/shared/terraform/normal-form.ts'
import {readPlan} from '../../../actions/shared/terraform/read-plan.ts'
import {changeLine, planMarkdown, visibleChanges} from '../../../actions/shared/terraform/render.ts'
import {Secrets} from '../../../actions/shared/terraform/secrets.ts'
import {attributeChanges} from '../../../actions/shared/terraform/values.ts'

interface Marked {
  readonly value: unknown
  readonly mark: unknown
}

const SECRET = 'Zs3cr3tZ'

/** A value with marks of the same shape. Every text that holds SECRET is marked, itself or by a parent. */
const marked: fc.Arbitrary<Marked> = fc.letrec<{tree: Marked; open: Marked; secret: Marked; node: Marked}>((tie) => ({
  open: fc
    .oneof(fc.string({maxLength: 5}), fc.integer(), fc.boolean(), fc.constant(null))
    .map((value) => ({value: typeof value === 'string' ? value.replaceAll(SECRET, '') : value, mark: false})),
  secret: fc
    .oneof(
      fc.string({maxLength: 4}).map((text) => `${SECRET}${text}`),
      fc.constant({inside: {deep: [SECRET]}}),
      fc.constant([SECRET, {key: SECRET}]),
    )
    .map((value) => ({value, mark: true})),
  node: fc.oneof(
    fc.array(tie('tree'), {maxLength: 4}).map((items) => ({
      value: items.map(({value}) => value),
      mark: items.map(({mark}) => mark),
    })),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie('tree'), {maxKeys: 4}).map((items) => ({
      value: Object.fromEntries(Object.entries(items).map(([key, {value}]) => [key, value])),
      mark: Object.fromEntries(
        Object.entries(items).flatMap(([key, {mark}]) => (mark === false ? [] : [[key, mark] as const])),
      ),
    })),
  ),
  tree: fc.oneof({depthSize: 'small', withCrossShrink: true}, tie('open'), tie('secret'), tie('node')),
})).tree

function planOf(before: Marked, after: Marked, unknown: unknown, actions: readonly string[]): string {
  const change = {
    actions,
    before: before.value,
    after: after.value,
    after_unknown: unknown,
    before_sensitive: before.mark,
    after_sensitive: after.mark,
  }
  const whole = {...change, before_sensitive: true, after_sensitive: true}
  return JSON.stringify({
    resource_changes: [{address: 'a.b', type: 'a', change}],
    resource_drift: [{address: 'a.b', type: 'a', change}],
    output_changes: {open: change, whole},
    variables: {password: {value: SECRET}},
    prior_state: {secret: SECRET},
  })
}

test('no sensitive value of any plan reaches the log, the comment or the digest’s input', () => {
  const actions = fc.constantFrom(['create'], ['update'], ['delete'], ['delete', 'create'], ['forget'], ['mystery'])
  const unknown = fc.constantFrom<unknown>(false, true, {}, {a: true}, [true])
  fc.assert(
    fc.property(marked, marked, unknown, actions, (before, after, mystery, wanted) => {
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
