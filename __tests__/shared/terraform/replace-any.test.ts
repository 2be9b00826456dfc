import fc from 'fast-check'
import {replaceAny} from '../../../actions/shared/terraform/replace-any.ts'

test.each([
  ['nothing that is sought', 'harmless', ['secret'], 'harmless'],
  ['the start, the end, and beside each other', 'secretXsecretsecret', ['secret'], '#X##'],
  ['the longest that fits', 'a secret-long and a secret', ['secret', 'secret-long'], 'a # and a #'],
  ['one that begins inside another that does not fit', 'sesecret', ['secret', 'sesame'], 'se#'],
  ['signs that a pattern would read', 'p$&(.*)q', ['$&(.*)'], 'p#q'],
  ['a text that is cut short', 'secre', ['secret'], 'secre'],
  ['an empty text', '', ['secret'], ''],
])('%s', (_title, text, needles, wanted) => {
  expect(replaceAny(text, needles, '#')).toBe(wanted)
})

test('nothing that is sought is left, and all else stays', () => {
  const word = fc.string({unit: fc.constantFrom('a', 'b', 'c'), minLength: 2, maxLength: 4})
  fc.assert(
    fc.property(
      fc.string({unit: fc.constantFrom('a', 'b', 'c', ' ')}),
      fc.array(word, {minLength: 1}),
      (text, needles) => {
        const clean = replaceAny(text, needles, '#')
        expect(needles.filter((needle) => clean.includes(needle))).toEqual([])
        if (!needles.some((needle) => text.includes(needle))) expect(clean).toBe(text)
      },
    ),
  )
})
