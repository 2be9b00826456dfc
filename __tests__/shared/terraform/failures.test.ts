import {explainBroken} from '../../../actions/shared/terraform/failures.ts'
import type {Broken} from '../../../actions/shared/terraform/failures.ts'
import type {Diagnostic} from '../../../actions/shared/terraform/diagnostics.ts'
import {fakeWorld} from '../../support/world.ts'

const error = (summary: string, more: Partial<Diagnostic> = {}): Diagnostic => ({
  severity: 'error',
  summary,
  detail: '',
  ...more,
})
const explain = (diagnostics: readonly Diagnostic[], phase: Broken['phase'] = 'apply') => {
  const world = fakeWorld()
  const failure = explainBroken(world, {phase, root: 'infra', diagnostics, lastWords: 'signal: killed'})
  return {...failure.diagnosis, annotations: world.annotations}
}

test.each<[string, Diagnostic, string, RegExp]>([
  ['a stale plan', error('Saved plan is stale', {detail: 'The given plan file...'}), 'plan-stale', /if-stale: replan/],
  ['another lock file', error('Inconsistent dependency lock file'), 'plan-rejected', /commit \.terraform\.lock\.hcl/],
  ['a mistake in the configuration', error('Unsupported argument'), 'plan-failed', /at that place/],
  [
    'a state bucket that is not there',
    error('Failed to get existing workspaces: S3 bucket "b" does not exist.'),
    'not-found',
    /make the bucket, or correct "bucket="/,
  ],
  ['no credentials', error('No valid credential sources found'), 'access-denied', /configure-aws-credentials/],
  [
    'a refused call',
    error('creating S3 Bucket (b)', {detail: 'api error AccessDenied: not allowed'}),
    'access-denied',
    /the message names the call/,
  ],
  ['anything else', error('creating thing'), 'plan-failed', /correct what the message names/],
])('%s', (_title, diagnostic, reason, advice) => {
  const found = explain([diagnostic], 'plan')
  expect(found.reason).toBe(reason)
  expect(found.advice).toMatch(advice)
})

test('a lock is told with its id and what to do about it', () => {
  const detail = 'Error message: x\nLock Info:\n  ID:        42-abc\n  Who:       me@host\n'
  const found = explain([error('Error acquiring the state lock', {detail})])
  expect(found).toMatchObject({
    reason: 'state-locked',
    cause: 'the state is locked, held by me@host, lock id 42-abc',
    advice: expect.stringContaining('"lock-id: 42-abc"') as string,
  })
})

test('the error that has a place is the cause; every other one is annotated where it belongs', () => {
  const found = explain([
    error('first'),
    error('second', {place: {file: 'infra/a.tf', line: 3}, address: 'a.b', detail: 'Because of\nthis.\n\nMore.'}),
    error('third', {place: {file: 'infra/c.tf', line: 9}}),
    error('execution halted'),
    {...error('a warning'), severity: 'warning'},
  ])
  expect(found).toMatchObject({
    reason: 'apply-failed',
    subject: 'a.b',
    cause: 'second: Because of this',
    place: {file: 'infra/a.tf', line: 3},
    annotations: ['error: first', 'error: third'],
  })
})

test('a tool that dies without a word is still a failure, with its exit', () => {
  expect(explain([])).toMatchObject({reason: 'apply-failed', cause: 'apply failed: signal: killed'})
  expect(explain([], 'init')).toMatchObject({reason: 'plan-failed', cause: 'init failed: signal: killed'})
})
