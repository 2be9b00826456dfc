import {readXml, xmlAt, xmlText} from '../../../actions/shared/aws/xml.ts'
import type {TargetGroup, TargetHealth} from '../../../actions/shared/ecs/load-balancers.ts'
import {explainTargets, healthCheckLine, TARGET_RULES} from '../../../actions/shared/ecs/target-health.ts'

const group: TargetGroup = {
  arn: 'arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/api/1',
  name: 'api',
  targetType: 'ip',
  protocol: 'HTTP',
  port: 'traffic-port',
  path: '/health',
  codes: '200',
  timeoutSeconds: '5',
  intervalSeconds: '30',
  threshold: '2',
}
const target = (reason: string, description = ''): TargetHealth => ({
  id: '10.0.1.5',
  port: '3000',
  state: 'unhealthy',
  reason,
  description,
})

const rows: readonly (readonly [TargetHealth, RegExp, RegExp])[] = [
  [
    target('Target.ResponseCodeMismatch', 'Health checks failed with these codes: [404]'),
    /^GET \/health on port 3000 answers 404, and target group "api" expects 200$/,
    /^answer \/health with 200, or correct path and codes/,
  ],
  [target('Target.Timeout'), /^nothing answers GET \/health on port 3000 within 5 s$/, /security group .* 0\.0\.0\.0/],
  [
    target('Target.FailedHealthChecks'),
    /^the health check by GET \/health on port 3000 fails$/,
    /listens on port 3000/,
  ],
  [target('Target.NotInUse'), /^no listener sends requests to target group "api"/, /rule of the listener/],
  [target('Target.IpUnusable'), /^the address 10\.0\.1\.5 cannot be a target/, /other subnets/],
  [target('Target.InvalidState'), /is stopped or terminated/, /its instance/],
  [target('Target.HealthCheckDisabled'), /is turned off$/, /turn the health check .* on/],
  [target('Elb.InternalError'), /error of its own/, /re-run/],
]

test.each(rows)('$reason: what it means and what to do', (sick, sentence, advice) => {
  const found = explainTargets([{group, targets: [sick]}])
  expect(found?.sentence).toMatch(sentence)
  expect(found?.advice).toMatch(advice)
})

test('each rule of the table has a row here', () => {
  expect(rows.map(([{reason}]) => reason)).toEqual(TARGET_RULES.map(({code}) => code))
})

test('a reason that is new to us is told in the words of the load balancer', () => {
  const found = explainTargets([{group: undefined, targets: [target('Target.New', 'The target sleeps')]}])
  expect(found?.sentence).toBe('The target sleeps')
  expect(found?.advice).toMatch(/the target group/)
})

test('without leave to see the group the port is told all the same', () => {
  const found = explainTargets([{group: undefined, targets: [target('Target.Timeout')]}])
  expect(found?.sentence).toBe('nothing answers port 3000')
})

test('a port of its own for health checks is the one that is named', () => {
  const found = explainTargets([{group: {...group, port: '9000', path: ''}, targets: [target('Target.Timeout')]}])
  expect(found?.sentence).toMatch(/port 9000/)
  expect(healthCheckLine({...group, port: '9000', path: '', codes: ''})).toBe(
    'target group api asks HTTP on port 9000, every 30 s, for at most 5 s; unhealthy after 2 failures in a row',
  )
})

test('all well: nothing to explain', () => {
  expect(explainTargets([])).toBeUndefined()
})

describe('answers in XML', () => {
  test('elements by path, lists by name, entities, declarations and comments', () => {
    const answer = readXml(
      '<?xml version="1.0"?><!-- a > b --><A xmlns="x"><L><member>1</member><member a="2">&lt;2&gt; &amp;amp; &#65;&#x42;</member><member/></L></A>',
    )
    expect(xmlAt(answer, 'A', 'L', 'member').map(({text}) => text)).toEqual(['1', '<2> &amp; AB', ''])
    expect(xmlText(answer, 'A', 'M')).toBeUndefined()
  })

  test.each(['', 'no XML', '<a><b>', '</a></b>', '<<>>'])('%p: nothing is found, nothing is thrown', (text) => {
    expect(xmlText(readXml(text), 'A', 'B')).toBeUndefined()
  })
})
