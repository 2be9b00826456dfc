import {InputError} from '../../../actions/shared/core/errors.ts'
import {alternatives, Inputs} from '../../../actions/shared/core/inputs.ts'

const inputs = (values: Record<string, string>): Inputs =>
  new Inputs(Object.fromEntries(Object.entries(values).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])))

describe('a mistake in an input is one sentence that names it', () => {
  const mistakes: [string, () => unknown, string][] = [
    ['missing', () => inputs({}).required('cluster'), 'Input "cluster" is required: add "cluster:" under "with:".'],
    [
      'blank',
      () => inputs({cluster: '  '}).required('cluster'),
      'Input "cluster" is required: add "cluster:" under "with:".',
    ],
    ['tru', () => inputs({push: 'tru'}).boolean('push', true), 'Input "push" is "tru": use true or false.'],
    ['yes', () => inputs({push: 'yes'}).boolean('push', true), 'Input "push" is "yes": use true or false.'],
    [
      'a prototype name',
      () => inputs({push: 'constructor'}).boolean('push', true),
      'Input "push" is "constructor": use true or false.',
    ],
    [
      '5m',
      () => inputs({wait: '5m'}).integer('wait', 1, {min: 0, max: 9}),
      'Input "wait" is "5m": give a whole number from 0 to 9.',
    ],
    [
      '1.5',
      () => inputs({wait: '1.5'}).integer('wait', 1, {min: 0, max: 9}),
      'Input "wait" is "1.5": give a whole number from 0 to 9.',
    ],
    [
      '10 of 9',
      () => inputs({wait: '10'}).integer('wait', 1, {min: 0, max: 9}),
      'Input "wait" is "10": give a whole number from 0 to 9.',
    ],
    [
      'unknown mode',
      () => inputs({mode: 'paln'}).oneOf('mode', ['deploy', 'plan', 'watch'], 'deploy'),
      'Input "mode" is "paln": use deploy, plan or watch.',
    ],
    [
      'no =',
      () => inputs({env: 'A=1\n\nSECRETWORD'}).keyValues('env'),
      'Input "env", line 3, is not NAME=value: add the missing "=".',
    ],
    [
      'no name',
      () => inputs({env: '=1'}).keyValues('env'),
      'Input "env", line 1, is not NAME=value: add the missing "=".',
    ],
    [
      'twice',
      () => inputs({env: 'A=1\nA=2'}).keyValues('env'),
      'Input "env" gives "A" twice: keep one of the two lines.',
    ],
  ]
  test.each(mistakes)('%s', (_name, read, sentence) => {
    expect(read).toThrow(new InputError(sentence))
  })

  test('JSON that does not parse names the input and the mistake, not the text, which may be secret', () => {
    const read = (): unknown => inputs({settings: '{"a":hunter2}'}).json('settings')
    expect(read).toThrow(new InputError('Input "settings" is not valid JSON: Unexpected token \'h\'.'))
  })
})

describe('what is given is read exactly', () => {
  test('0 is a number and not "use the default"', () => {
    expect(inputs({count: '0'}).integer('count', 5, {min: 0, max: 9})).toBe(0)
  })
  test('nothing given is the default', () => {
    expect(inputs({count: ''}).integer('count', 5, {min: 0, max: 9})).toBe(5)
    expect(inputs({}).boolean('push', true)).toBe(true)
    expect(inputs({}).optionalOneOf('mode', ['a'])).toBeUndefined()
  })
  test('a value keeps its equals signs, may be empty, and comments are not variables', () => {
    const pairs = inputs({env: '# note=3\nURL=postgres://u:p@h/db?a=b\nEMPTY=\n'}).keyValues('env')
    expect([...pairs]).toEqual([
      ['URL', 'postgres://u:p@h/db?a=b'],
      ['EMPTY', ''],
    ])
  })
  test('lists take commas and lines, and drop blanks', () => {
    expect(inputs({tags: 'a, b\n\n c,,\n   \n'}).list('tags')).toEqual(['a', 'b', 'c'])
  })
  test('names with hyphens and spaces are found as the runner writes them', () => {
    expect(new Inputs({'INPUT_AWS-REGION': 'eu-west-1'}).required('aws-region')).toBe('eu-west-1')
    expect(new Inputs({INPUT_MY_NAME: 'x'}).required('my name')).toBe('x')
  })
  test('alternatives read as a sentence', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(alternatives)).toEqual(['', 'a', 'a or b', 'a, b or c'])
  })
})
