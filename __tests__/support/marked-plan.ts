import fc from 'fast-check'

/** A value of a plan with its marks of what is sensitive. */
export interface Marked {
  readonly value: unknown
  readonly mark: unknown
}

/** Stands in every sensitive value, and nowhere else. */
export const SECRET = 'Zs3cr3tZ'

/** Values with marks of the same shape. Every text that holds SECRET is marked, itself or by a parent. */
export const marked: fc.Arbitrary<Marked> = fc.letrec<{tree: Marked; open: Marked; secret: Marked; node: Marked}>(
  (tie) => ({
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
  }),
).tree

/** A plan as `show -json` tells it, of one resource and two outputs. */
export function planOf(before: Marked, after: Marked, unknown: unknown, actions: readonly string[]): string {
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

/** What a plan may do, and what it may not know. */
export const changes = {
  actions: fc.constantFrom(['create'], ['update'], ['delete'], ['delete', 'create'], ['forget'], ['mystery']),
  unknown: fc.constantFrom<unknown>(false, true, {}, {a: true}, [true]),
} as const
