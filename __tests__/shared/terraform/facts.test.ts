import {planFacts} from '../../../actions/shared/terraform/facts.ts'
import type {Plan, ResourceChange} from '../../../actions/shared/terraform/plan.ts'

const change = (
  type: string,
  kind: ResourceChange['kind'],
  values: Partial<ResourceChange['values']>,
): ResourceChange => ({
  address: `${type}.it`,
  module: '',
  type,
  mode: 'managed',
  actions: [],
  kind,
  forcedBy: [],
  values: {
    before: null,
    after: null,
    afterUnknown: false,
    beforeSensitive: false,
    afterSensitive: false,
    ...values,
  },
})
const facts = (...resources: ResourceChange[]): string[] =>
  planFacts({resources} as unknown as Plan).map(({fact, kind, name, value}) =>
    [fact, kind, name, value].filter((part) => part !== undefined).join(' '),
  )

test('what a plan takes away that a deployment may use', () => {
  expect(
    facts(
      change('aws_cloudwatch_log_group', 'delete', {before: {name: '/ecs/old'}}),
      change('aws_iam_role', 'replace', {before: {name: 'app'}}),
      change('aws_ecr_repository', 'update', {before: {name: 'kept'}}),
      change('aws_s3_bucket', 'delete', {before: {bucket: 'not-of-a-deployment'}}),
      {...change('aws_iam_role', 'delete', {before: {name: 'leftover'}}), deposed: 'abc'},
      {...change('aws_iam_role', 'delete', {before: {name: 'only-read'}}), mode: 'data'},
    ),
  ).toEqual(['removes log group /ecs/old', 'replaces role app'])
})

test('a name that the plan marks as sensitive is not told', () => {
  expect(
    facts(
      change('aws_ssm_parameter', 'delete', {before: {name: '/secret'}, beforeSensitive: {name: true}}),
      change('aws_ssm_parameter', 'delete', {before: {name: '/secret'}, beforeSensitive: true}),
    ),
  ).toEqual([])
})

test('the container port that a load balancer sends to', () => {
  const balancer = {container_name: 'api', container_port: 3100}
  expect(
    facts(
      change('aws_ecs_service', 'update', {after: {load_balancer: [balancer]}}),
      change('aws_ecs_service', 'no-op', {after: {load_balancer: [balancer]}}),
      change('aws_ecs_service', 'create', {after: {load_balancer: [{container_name: 'api'}]}}),
      change('aws_ecs_service', 'create', {after: {name: 'without'}}),
    ),
  ).toEqual(['expects container port api 3100'])
})
