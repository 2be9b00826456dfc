import fc from 'fast-check'
import {hunks} from '../../../actions/shared/terraform/align.ts'
import {innerDiff} from '../../../actions/shared/terraform/inner-diff.ts'
import {Secrets} from '../../../actions/shared/terraform/secrets.ts'

const plain = (value: string): string => value
const diff = (before: string, after: string, secrets = new Secrets()): string[] | undefined =>
  innerDiff('policy', {before, after}, {secrets, shorten: plain})

test('a policy of which one action changed shows that action, not two lines of JSON', () => {
  const policy = (action: string): string =>
    JSON.stringify({Version: '2012-10-17', Statement: [{Effect: 'Allow', Action: [action, 's3:PutObject']}]})
  expect(diff(policy('s3:GetObject'), policy('s3:*'))).toEqual([
    '- policy → Statement[0].Action[0]: "s3:GetObject"',
    '+ policy → Statement[0].Action[0]: "s3:*"',
  ])
})

test('an item put first is one line: what follows it is the same', () => {
  const list = (...names: string[]): string => JSON.stringify(names.map((name) => ({name, value: 1})))
  expect(diff(list('B', 'C'), list('A', 'B', 'C'))).toEqual(['+ policy → [0]: {"name":"A","value":1}'])
  expect(diff(list('A', 'B'), list('A'))).toEqual(['- policy → [1]: {"name":"B","value":1}'])
})

test('keys in another order are said to be no change, and a list that became an object is shown whole', () => {
  expect(diff('{"a":1,"b":2}', '{ "b": 2, "a": 1 }')).toEqual(['~ policy: the same JSON, written differently'])
  expect(diff('[1]', '{"a":1}')).toEqual(['- policy → (all of it): [1]', '+ policy → (all of it): {"a":1}'])
})

test('of a script or a YAML file the lines that changed are shown, with two around them', () => {
  const lines = ['a: 1', 'b: 2', 'c: 3', 'd: 4', 'e: 5', 'f: 6', 'g: 7', '']
  const changed = lines.with(3, 'd: 44').with(6, 'g: 77')
  expect(diff(lines.join('\n'), changed.join('\n'))).toEqual([
    '  policy:',
    '  …',
    '    b: 2',
    '    c: 3',
    '-   d: 4',
    '+   d: 44',
    '    e: 5',
    '    f: 6',
    '-   g: 7',
    '+   g: 77',
    '    ',
  ])
})

test('a text of one line is not taken apart, and one of thousands is cut', () => {
  expect(diff('one', 'two')).toBeUndefined()
  const long = (mark: string): string => Array.from({length: 3000}, (_, at) => `${mark}${String(at)}`).join('\n')
  const shown = diff(long('a'), long('b'))
  expect([shown?.length, shown?.at(-1)]).toEqual([61, '  … 5941 more lines'])
})

test('a secret inside is hidden, however it was written', () => {
  const secrets = new Secrets()
  secrets.add('quo"ted-s3cr3t', true)
  const json = (password: string): string => JSON.stringify({password})
  expect(diff(json('old'), json('quo"ted-s3cr3t'), secrets)).toEqual([
    '- policy → password: "old"',
    '+ policy → password: (sensitive value)',
  ])
  expect(diff('a\nb', 'a\npass=quo"ted-s3cr3t', secrets)?.join('\n')).not.toContain('s3cr3t')
})

test('hunks turn the old list into the new one', () => {
  const items = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), {maxLength: 12})
  fc.assert(
    fc.property(items, items, (before, after) => {
      const made = [...before]
      for (const {from, to, removed, added} of hunks(before, after).reverse()) {
        made.splice(from, removed, ...after.slice(to, to + added))
      }
      expect(made).toEqual(after)
    }),
  )
})
