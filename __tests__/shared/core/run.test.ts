import {annotationText, Failure} from '../../../actions/shared/core/diagnosis.ts'
import type {Diagnosis} from '../../../actions/shared/core/diagnosis.ts'
import {CancelledError, errorMessage, InputError} from '../../../actions/shared/core/errors.ts'
import {asFailure, reportFailure} from '../../../actions/shared/core/run.ts'
import {fakeWorld} from '../../support/world.ts'

const diagnosis: Diagnosis = {
  reason: 'container-exited',
  subject: 'APIService',
  cause: 'container "api" exits with code 3 right after start',
  evidence: [
    {title: 'last lines of api', lines: ['DATABASE_URL is not set', '::set-output name=x::owned', 'password hunter22']},
    {
      title: 'tasks',
      table: {
        columns: ['task', 'exit'],
        rows: [
          ['7d1e', '3'],
          ['90aa', '3|4'],
        ],
      },
    },
  ],
  changed: 'environment: − DATABASE_URL',
  advice: 'add DATABASE_URL back',
  undo: 'back on streaming-api:41',
  links: [{text: 'service', url: 'https://example.test/s'}],
}

describe('one failure, told alike everywhere', () => {
  const world = fakeWorld({env: {}})
  world.mask.add('hunter22')
  reportFailure(world, new Failure(diagnosis, 'rolled-back'))
  const log = world.logged()
  const summary = world.summary.text()

  test('the log has the sentence, the evidence, what changed, what to do and the state now', () => {
    for (const part of [
      '✗ APIService: container "api" exits',
      'DATABASE_URL is not set',
      '− DATABASE_URL',
      'what to do',
      'back on streaming-api:41',
    ]) {
      expect(log).toContain(part)
    }
  })
  test('exactly one annotation, one line', () => {
    expect(world.annotations).toEqual([
      'error: APIService: container "api" exits with code 3 right after start. Back on streaming-api:41.',
    ])
  })
  test('the summary has headline, table, quote and advice', () => {
    expect(summary).toContain('### ✗ APIService was not updated · rolled back')
    expect(summary).toContain('| 90aa | 3\\|4 |')
    expect(summary).toContain('DATABASE_URL is not set')
  })
  test('status and reason are outputs', () => {
    expect(world.outputsSet).toEqual({status: 'rolled-back', 'failure-reason': 'container-exited'})
  })
  test('a secret in evidence reaches neither log nor summary', () => {
    expect(log + summary).not.toContain('hunter22')
  })
  test("a container's log cannot give commands to the runner: it is fenced", () => {
    const lines = log.split('\n')
    const hostile = lines.findIndex((line) => line.includes('set-output'))
    const token = lines
      .slice(0, hostile)
      .findLast((line) => line.startsWith('::stop-commands::'))
      ?.slice('::stop-commands::'.length)
    expect(token).toBeDefined()
    expect(lines.slice(hostile)).toContain(`::${token ?? ''}::`)
  })
})

describe('whatever is thrown becomes red with words', () => {
  const cases: [string, unknown, string, string, string][] = [
    ['a string', 'boom', 'failed', 'internal-error', 'boom'],
    ['nothing', undefined, 'failed', 'internal-error', 'An unknown error was thrown without a message.'],
    ['an object', {code: 1}, 'failed', 'internal-error', '{"code":1}'],
    ['an error without message', new TypeError(''), 'failed', 'internal-error', 'TypeError'],
    [
      'an input mistake',
      new InputError('Input "a" is "b": use c.'),
      'failed',
      'invalid-input',
      'Input "a" is "b": use c.',
    ],
    ['a cancel', new CancelledError(), 'cancelled', 'cancelled', 'The run was cancelled.'],
  ]
  test.each(cases)('%s', (_name, thrown, status, reason, cause) => {
    const failure = asFailure(thrown)
    expect([failure.status, failure.diagnosis.reason, failure.diagnosis.cause]).toEqual([status, reason, cause])
  })
  test('causes are told once, outermost first', () => {
    const error = new Error('could not push', {cause: new Error('connection reset')})
    expect(errorMessage(error)).toBe('could not push: connection reset')
    expect(errorMessage(new Error('a: b', {cause: new Error('b')}))).toBe('a: b')
    expect(errorMessage(new AggregateError([new Error('x'), 'y'], 'both failed'))).toBe('both failed: x; y')
  })
  test('sentences end with one full stop', () => {
    expect(annotationText({...diagnosis, cause: 'it broke.', undo: 'kept.'})).toBe('APIService: it broke. Kept.')
  })
})

test.each([
  [new InputError('Input "x" is wrong.'), '### ✗ Invalid input\n'],
  [new CancelledError(), '### ✗ Cancelled\n'],
  [new Error('odd'), '### ✗ Unexpected error\n'],
])(
  '"Invalid input failed" was the heading of a summary: what is a sentence by itself stands alone',
  (thrown, heading) => {
    const world = fakeWorld({env: {}})
    reportFailure(world, asFailure(thrown), thrown)
    expect(world.summary.text()).toContain(heading)
  },
)
