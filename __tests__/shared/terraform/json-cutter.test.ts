import fc from 'fast-check'
import {JsonCutter} from '../../../actions/shared/terraform/json-cutter.ts'
import type {Wanted} from '../../../actions/shared/terraform/json-cutter.ts'
import {readPlan, readPlanStream} from '../../../actions/shared/terraform/read-plan.ts'
import {countChanges} from '../../../actions/shared/terraform/counts.ts'
import {BIG_PLAN_SECRET, bigPlan} from '../../support/big-plan.ts'

const WANTED: Wanted = {list: 'each', whole: 'whole', deep: {er: {est: 'whole'}}}

function cut(text: string, pieceLength: number, wanted: Wanted = WANTED): [string, unknown][] {
  const bytes = Buffer.from(text)
  const taken: [string, unknown][] = []
  const cutter = new JsonCutter(wanted, (path, value) => taken.push([path, value]))
  for (let at = 0; at < bytes.length; at += pieceLength) cutter.write(bytes.subarray(at, at + pieceLength))
  cutter.end()
  return taken
}

const anyJson = fc.json({depthSize: 'small'}).map((text) => JSON.parse(text) as unknown)
const tricky = fc.string({
  unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', 'é', '𝒳', '\n', 'a'),
  maxLength: 8,
})

test('what is cut out is what JSON.parse finds there, wherever the text is split', () => {
  const text = fc.record({
    noise: fc.dictionary(tricky, fc.oneof(anyJson, tricky)),
    list: fc.array(fc.oneof(anyJson, tricky), {maxLength: 4}),
    skipped: fc.array(tricky, {maxLength: 3}),
    whole: fc.oneof(anyJson, tricky),
    deep: fc.record({x: anyJson, er: fc.record({list: fc.array(anyJson), est: anyJson})}),
  })
  fc.assert(
    fc.property(text, fc.integer({min: 1, max: 20}), fc.constantFrom(0, 1), (value, pieceLength, indent) => {
      const wanted = [
        ...value.list.map((item) => ['list', item]),
        ['whole', value.whole],
        ['deep.er.est', value.deep.er.est],
      ]
      expect(cut(JSON.stringify(value, null, indent), pieceLength)).toEqual(JSON.parse(JSON.stringify(wanted)))
    }),
  )
})

test('a value of another kind than is expected is handed over as it is', () => {
  expect(cut('{"list":{"a":1},"deep":[2],"whole":null}', 3)).toEqual([
    ['list', {a: 1}],
    ['deep', [2]],
    ['whole', null],
  ])
  expect(cut(' 12', 1, 'whole')).toEqual([['', 12]])
})

test.each(['', '{', '{"list":[1', '{"list":[1]', '{"a":"b}', '}', '{}{}', '{"whole": nope}'])(
  'broken JSON is an error and not half a plan: %s',
  (text) => {
    expect(() => cut(text, 2)).toThrow(SyntaxError)
  },
)

test('a large plan is read the same from a stream as from a text, its secrets too', async () => {
  const text = [...bigPlan(50)].join('')
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < text.length; at += 1000) yield await Promise.resolve(Buffer.from(text.slice(at, at + 1000)))
  }
  const plan = await readPlanStream(pieces())
  expect(plan).toEqual(readPlan(text))
  expect(countChanges(plan)).toMatchObject({add: 20, change: 10, destroy: 20, replace: 10})
  expect(plan.secrets.hides(`"${BIG_PLAN_SECRET}-10-2"`)).toBe(true)
})
