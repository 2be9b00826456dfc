import {asFailure} from '../../../actions/shared/core/run.ts'
import {errorMessage} from '../../../actions/shared/core/errors.ts'

const coded = (code: string, message: string): Error => Object.assign(new Error(message), {code})
const ofGitHub = (status: number, message: string): Error =>
  Object.assign(new Error(message), {name: 'HttpError', status})

test.each<[string, Error, string, RegExp]>([
  ['a refused connection', coded('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.1:443'), 'unreachable', /ECONNREFUSED/],
  ['a name without an address', coded('ENOTFOUND', 'getaddrinfo ENOTFOUND ecs.x'), 'unreachable', /ENOTFOUND/],
  ['a fetch that hides why', new Error('fetch failed', {cause: coded('EAI_AGAIN', 'no')}), 'unreachable', /reached/],
  ['a full disk', coded('ENOSPC', 'ENOSPC: no space left on device, write'), 'runner-error', /disk is full/],
  ['a read-only folder', coded('EROFS', 'EROFS: read-only file system'), 'runner-error', /nothing be written/],
  ['a busy GitHub', ofGitHub(429, 'Rate exceeded'), 'unreachable', /fewer calls again and again.*Rate exceeded/],
  ['a gateway before GitHub', ofGitHub(502, '<html>Bad Gateway</html>'), 'unreachable', /no answer \(HTTP 502\)$/],
  ['a token that ran out', ofGitHub(401, 'Bad credentials'), 'access-denied', /refuses this token.*Bad credentials/],
  ['an output file that is gone', new Error('Missing file at path: /t/out'), 'runner-error', /file \/t\/out is gone/],
])('"Unexpected error … open an issue" was said of %s: it is the world outside', (_what, error, reason, cause) => {
  const {diagnosis} = asFailure(error)
  expect([diagnosis.reason, diagnosis.cause]).toEqual([reason, expect.stringMatching(cause)])
  expect(diagnosis.advice).not.toContain('issue')
})

test('"Unexpected token \'<\' … inspect the hidden field" was shown: a page instead of JSON is said in words', () => {
  const error = new SyntaxError(
    'Unexpected token \'<\', "<html>" is not valid JSON\n  Deserialization error: to see the raw response, inspect',
  )
  expect(errorMessage(error)).toBe('what came back is not JSON: a proxy gave it, or its end is missing')
})
