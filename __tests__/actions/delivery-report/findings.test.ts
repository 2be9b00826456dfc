import {findings} from '../../../actions/delivery-report/src/findings.ts'
import {previewComment} from '../../../actions/delivery-report/src/preview-comment.ts'
import type {Fact, Preview} from '../../../actions/shared/report/preview.ts'

const preview = (stage: Preview['stage'], subject: string, facts?: Fact[]): Preview => ({
  schema: 'slipway.preview/v1',
  stage,
  subject,
  verdict: 'change',
  headline: 'changes',
  body: '',
  digest: `sha256:${'0'.repeat(64)}`,
  ...(facts !== undefined && {facts}),
})
const group: Fact = {fact: 'removes', kind: 'log group', name: '/ecs/old', by: 'aws_cloudwatch_log_group.old'}
const use = (kind: Fact['kind'], name: string, value?: string): Fact => ({
  fact: 'uses',
  kind,
  name,
  by: 'container api',
  ...(value !== undefined && {value}),
})
const port: Fact = {fact: 'expects', kind: 'container port', name: 'api', value: '3100', by: 'aws_ecs_service.main'}

const between = (plan: Fact[], ecs: Fact[]): string[] =>
  findings([preview('plan', 'terraform/', plan), preview('ecs', 'APIService', ecs)])

test('a log group that the plan destroys while tasks write to it is named, with both sides', () => {
  expect(between([group], [use('log group', '/ecs/old')])).toEqual([
    'the log group `/ecs/old`, used by `container api` of `APIService`, is destroyed by `aws_cloudwatch_log_group.old`',
  ])
})

test.each<[string, Fact[], Fact[], number]>([
  ['another log group', [group], [use('log group', '/ecs/new')], 0],
  ['a role of that name', [group], [use('role', '/ecs/old')], 0],
  [
    'a parameter with and without its first slash',
    [{...group, kind: 'parameter', name: 'db'}],
    [use('parameter', '/db')],
    1,
  ],
  ['two containers, one loss', [group], [use('log group', '/ecs/old'), use('log group', '/ecs/old')], 1],
  ['a port that is open', [port], [use('container port', 'api', '3100')], 0],
  [
    'one of several ports that is open',
    [port],
    [use('container port', 'api', '9000'), use('container port', 'api', '3100')],
    0,
  ],
  ['a port that is not open', [port], [use('container port', 'api', '3000')], 1],
  ['a port of a container of another service', [port], [use('container port', 'web', '3000')], 0],
])('%s', (_what, plan, ecs, count) => {
  expect(between(plan, ecs)).toHaveLength(count)
})

test('what is made anew is told as that', () => {
  expect(between([{...group, fact: 'replaces'}], [use('log group', '/ecs/old')])[0]).toContain(
    'destroyed and made anew',
  )
})

describe('Kubernetes', () => {
  const kubernetes = (...facts: Fact[]): Preview => preview('kubernetes', 'streaming', facts)
  const service: Fact = {...port, by: 'Service/streaming-api'}
  const pods = (value: string): Fact => ({...use('container port', 'api', value), by: 'Deployment/streaming-api'})

  test('a role that the plan destroys while a service account uses it is named', () => {
    const account: Fact = {...use('role', 'streaming-api'), by: 'ServiceAccount/streaming-api'}
    const role: Fact = {...group, kind: 'role', name: 'streaming-api', by: 'aws_iam_role.api'}
    expect(findings([preview('plan', 'terraform/', [role]), kubernetes(account)])).toEqual([
      'the role `streaming-api`, used by `ServiceAccount/streaming-api` of `streaming`, is destroyed by `aws_iam_role.api`',
    ])
  })
  test('a Service that sends to a port which the pods do not open', () => {
    expect(findings([kubernetes(service, pods('3000'))])).toEqual([
      '`Service/streaming-api` sends to port 3100 of container `api`, and `Deployment/streaming-api` of `streaming` opens 3000',
    ])
    expect(findings([kubernetes(service, pods('3100'))])).toEqual([])
  })
  test("a task's container of the same name is another container", () => {
    const task = preview('ecs', 'APIService', [use('container port', 'api', '3000')])
    expect(findings([kubernetes(service, pods('3100')), task])).toEqual([])
    expect(findings([preview('plan', 'terraform/', [port]), kubernetes(pods('3000'))])).toEqual([])
    expect(findings([preview('plan', 'terraform/', [port]), task, kubernetes(pods('3100'))])).toHaveLength(1)
  })
  test('an image for another platform than the nodes have', () => {
    const nodes: Fact = {fact: 'expects', kind: 'platform', name: 'api', value: 'linux/arm64', by: 'every node'}
    const image: Fact = {...use('platform', 'api', 'linux/amd64'), by: 'image streaming-api'}
    expect(findings([kubernetes(nodes, image)])).toEqual([
      '`every node` of `streaming` needs `api` for linux/arm64, and `image streaming-api` is made for linux/amd64',
    ])
    expect(findings([kubernetes(nodes, image, {...image, value: 'linux/arm64'})])).toEqual([])
  })
})

test('a preview of a stage that knows no facts, as older versions write it, is read all the same', () => {
  expect(findings([preview('plan', 'terraform/', [group]), preview('kubernetes', 'streaming')])).toEqual([])
})

test('a comment with a finding is never called safe', () => {
  const comment = previewComment(
    [preview('plan', 'terraform/', [port]), preview('ecs', 'APIService', [use('container port', 'api', '3000')])],
    'abc',
  )
  expect(comment).toContain('### Slipway preview · ⚠ needs a look: 1 finding between stages')
  expect(comment).toContain(
    '**Finding** `aws_ecs_service.main` sends to port 3100 of container `api`, and the task definition for `APIService` opens 3000.',
  )
})
