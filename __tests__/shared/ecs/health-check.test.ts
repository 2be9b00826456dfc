import {failingCheck} from '../../../actions/shared/ecs/health-check.ts'

const ADVICE = 'run the command of "healthCheck" inside the image; raise "startPeriod" when the app starts slowly'

function checked(command: readonly string[], more: readonly object[] = []): never {
  const api = {name: 'api', portMappings: [{containerPort: 8080}], healthCheck: {command}}
  return {containerDefinitions: [api, ...more]} as never
}

describe('a health check on a port that the container does not open was told as "fails" alone', () => {
  test.each([
    [['CMD-SHELL', 'curl -f http://localhost:9999/health || exit 1'], 9999],
    [['CMD', 'wget', '-qO-', 'http://127.0.0.1/'], 80],
    [['CMD-SHELL', 'curl -kfs "https://localhost" || exit 1'], 443],
    [['CMD-SHELL', 'nc -z localhost 5000'], 5000],
  ])('%s', (command, port) => {
    expect(failingCheck(checked(command), 'api')).toEqual({
      sentence: `the health check of container "api" fails (${command.slice(1).join(' ')}; it asks port ${String(port)}, and portMappings name 8080)`,
      advice: `let the app listen on port ${String(port)}, or let the command of "healthCheck" ask port 8080`,
    })
  })
})

test.each([
  ['the port that is mapped', checked(['CMD-SHELL', 'curl -f http://localhost:8080/ || exit 1'])],
  [
    'the port of a sidecar',
    checked(['CMD-SHELL', 'curl -f http://localhost:9901/ready'], [{name: 'x', portMappings: [{containerPort: 9901}]}]),
  ],
  ['another host', checked(['CMD-SHELL', 'curl -f http://db.internal:5432/'])],
  ['no port', checked(['CMD', '/app/healthy'])],
])('%s: the command is named, and nothing is said of ports', (_what, definition) => {
  const {sentence, advice} = failingCheck(definition, 'api')
  expect(sentence).toMatch(/^the health check of container "api" fails \((?:curl|\/app)[^;]*\)$/)
  expect(advice).toBe(ADVICE)
})

test.each([
  [checked([]), 'api', 'the health check of container "api" fails'],
  [checked(['CMD', 'true']), undefined, 'the health check of the task fails'],
])('where nothing more is known', (definition, name, sentence) => {
  expect(failingCheck(definition, name)).toEqual({sentence, advice: ADVICE})
})

test('a long command is shortened', () => {
  expect(failingCheck(checked(['CMD-SHELL', 'x'.repeat(500)]), 'api').sentence.length).toBeLessThan(160)
})
