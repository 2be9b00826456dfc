import {probeTrouble} from '../../../actions/shared/kubernetes/watch/probe-trouble.ts'

const pod = (container: object): never =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {name: 'api-x'},
    spec: {containers: [{name: 'api', ...container}]},
  }) as never
const REFUSED = 'connect: connection refused'

describe('a probe on a port that nothing opens was told as "connection refused" alone', () => {
  test('it names the port, and the ports that the container declares', () => {
    const wrong = pod({
      ports: [{name: 'http', containerPort: 8080}, {containerPort: 9090}],
      readinessProbe: {httpGet: {path: '/healthz', port: 9999}},
    })
    expect(probeTrouble(wrong, 'api', 'readiness', REFUSED)).toEqual({
      says: 'GET :9999/healthz: nothing listens on port 9999 (connection refused)',
      mend: 'let the app listen on port 9999 of 0.0.0.0, not of localhost only, or correct the port of the readiness probe (the container declares 8080 "http", 9090)',
    })
  })

  test.each([
    ['by its name', {httpGet: {port: 'http'}}, 'GET :http/'],
    ['by its number', {tcpSocket: {port: 8080}}, 'tcp :8080'],
    ['by its number in quotes', {tcpSocket: {port: '8080'}}, 'tcp :8080'],
  ])('a declared port, %s, is not told as another one', (_how, livenessProbe, target) => {
    const idle = pod({ports: [{name: 'http', containerPort: 8080}], livenessProbe})
    const {says, mend} = probeTrouble(idle, 'api', 'liveness', REFUSED)
    expect(says).toBe(`${target}: nothing listens on port 8080 (connection refused)`)
    expect(mend).not.toContain('declares')
  })

  test('a name that no port has', () => {
    const misnamed = pod({ports: [{name: 'web', containerPort: 8080}], startupProbe: {httpGet: {port: 'http'}}})
    const answer = 'strconv.Atoi: parsing "http": invalid syntax'
    expect(probeTrouble(misnamed, 'api', 'startup', answer)).toEqual({
      says: 'GET :http/: no port of the container is called "http"',
      mend: `give the port of the startup probe as a number, or by the name of one of the container's ports (the container declares 8080 "web")`,
    })
  })
})

test.each([
  [{httpGet: {path: '/', port: 80}}, 'HTTP probe failed with statuscode: 404'],
  [{exec: {command: ['pg_isready']}}, 'no response: connection refused'],
])('what else a probe answers is told as it is', (readinessProbe, answer) => {
  const {says, mend} = probeTrouble(pod({readinessProbe}), 'api', 'readiness', answer)
  expect(says).toMatch(new RegExp(`: ${answer}$`))
  expect(mend).toBe('correct the path or port of the readiness probe, or what it asks for')
})
