import {Failure} from '../../../actions/shared/core/diagnosis.ts'
import {
  checkLockFile,
  checkOrigins,
  checkPlanHash,
  checkSurroundings,
  hashOf,
} from '../../../actions/shared/saved-plan/binding.ts'
import type {Binding} from '../../../actions/shared/saved-plan/envelope.ts'
import {checkPlanId, planId, runOf} from '../../../actions/shared/saved-plan/plan-id.ts'
import {objectUrl} from '../../../actions/shared/saved-plan/s3-objects.ts'
import {parseS3} from '../../../actions/shared/saved-plan/s3.ts'

const plan = {
  repository: 'acme/streaming',
  headSha: 'a'.repeat(40),
  workingDirectory: 'terraform',
  workspace: 'prod',
  backendType: 's3',
  backendPlace: {bucket: 'b', key: 'k'},
  tool: 'terraform',
  toolVersion: '1.11.4',
  lockFile: hashOf('lock'),
  planHash: hashOf('plan'),
} as unknown as Binding
const origins = {repository: 'acme/streaming', headSha: 'a'.repeat(40), workingDirectory: 'terraform'}
const surroundings = {
  workspace: 'prod',
  backend: {type: 's3', place: {key: 'k', bucket: 'b'}},
  tool: 'terraform',
  toolVersion: '1.11.4',
}

const causeOf = (check: () => void): string => {
  try {
    check()
  } catch (error) {
    if (error instanceof Failure && error.diagnosis.reason === 'plan-rejected') return error.diagnosis.cause
    throw error
  }
  return ''
}

test('a plan made for here is accepted', () => {
  expect(() => {
    checkOrigins(plan, origins)
    checkLockFile(plan, 'lock')
    checkLockFile(plan, undefined)
    checkSurroundings(plan, surroundings)
    checkPlanHash(plan, Buffer.from('plan'))
  }).not.toThrow()
})

test.each([
  [{repository: 'evil/streaming'}, 'the plan was made for the repository acme/streaming, and this is evil/streaming'],
  [{headSha: 'b'.repeat(40)}, 'the plan was made for commit aaaaaaaaaaaa, and this run is about bbbbbbbbbbbb'],
  [{headSha: ''}, 'the plan was made for commit aaaaaaaaaaaa, and this run is about (unknown)'],
  [{workingDirectory: '.'}, 'the plan was made in "terraform", and "working-directory" is "."'],
])('origins %j', (other, sentence) => {
  expect(
    causeOf(() => {
      checkOrigins(plan, {...origins, ...other})
    }),
  ).toBe(sentence)
})

test.each([
  [{workspace: 'prod-eu'}, 'the plan was made in the workspace "prod", and this is "prod-eu"'],
  [{toolVersion: '1.12.0'}, 'the plan was made by terraform 1.11.4, and this is terraform 1.12.0'],
  [{tool: 'tofu'}, 'the plan was made by terraform 1.11.4, and this is tofu 1.11.4'],
  [
    {backend: {type: 's3', place: {bucket: 'b', key: 'other'}}},
    'the plan was made with the state at s3 {"bucket":"b","key":"k"}, and this is s3 {"bucket":"b","key":"other"}',
  ],
])('surroundings %j', (other, sentence) => {
  expect(
    causeOf(() => {
      checkSurroundings(plan, {...surroundings, ...other})
    }),
  ).toBe(sentence)
})

test('another lock file, and a plan that is not the one that was hashed', () => {
  expect(
    causeOf(() => {
      checkLockFile(plan, 'other')
    }),
  ).toContain('another .terraform.lock.hcl')
  expect(
    causeOf(() => {
      checkPlanHash(plan, Buffer.from('other'))
    }),
  ).toContain('its hash is another')
})

describe('plan-id', () => {
  const name = {
    workingDirectory: 'infra/Prod_1',
    workspace: 'default',
    headSha: 'a1b2c3d4e5f6a7b8',
    planHash: 'sha256:1',
    runId: '77',
    attempt: '2',
  }

  test('is readable, names the run, and is accepted again', () => {
    const id = planId(name)
    expect(id).toMatch(/^infra-prod-1-default-[0-9a-f]{8}-a1b2c3d4e5f6-77-2$/)
    expect(checkPlanId(id)).toBe(id)
    expect(runOf(id)).toBe('77')
  })

  test('names that look alike do not collide', () => {
    const ids = ['infra/Prod_1', 'infra/prod-1', 'infra-prod/1'].map((workingDirectory) =>
      planId({...name, workingDirectory}),
    )
    expect(new Set(ids).size).toBe(3)
  })

  test('a name without a letter or digit still makes an id', () => {
    expect(
      checkPlanId(planId({...name, workingDirectory: '.', workspace: '_', headSha: '', runId: '', attempt: ''})),
    ).toMatch(/^root-/)
  })

  test.each(['', '../../etc/passwd', 'a-b-c-d-e/../x', 'A-b-c-d-e', 'plan'])('%j is refused', (id) => {
    expect(() => checkPlanId(id)).toThrow('is not a plan-id')
  })
})

describe('S3', () => {
  test.each([
    ['s3://bucket', {bucket: 'bucket', prefix: ''}],
    ['s3://bucket/', {bucket: 'bucket', prefix: ''}],
    ['s3://my.bucket/a/b/', {bucket: 'my.bucket', prefix: 'a/b'}],
  ])('%s', (spec, place) => {
    expect(parseS3(spec)).toEqual(place)
  })

  test.each(['s3://', 's3:///x', 's3://UPPER/x', 's3://a'])('%s is refused', (spec) => {
    expect(() => parseS3(spec)).toThrow(`Input "plan-store" is "${spec}"`)
  })

  test.each([
    [{}, 'eu-west-1', 'bucket', 'https://bucket.s3.eu-west-1.amazonaws.com/p/a%20b%2Bc'],
    [{}, 'cn-north-1', 'bucket', 'https://bucket.s3.cn-north-1.amazonaws.com.cn/p/a%20b%2Bc'],
    [{}, 'us-gov-west-1', 'bucket', 'https://bucket.s3.us-gov-west-1.amazonaws.com/p/a%20b%2Bc'],
    [{}, 'eu-west-1', 'my.bucket', 'https://s3.eu-west-1.amazonaws.com/my.bucket/p/a%20b%2Bc'],
    [{AWS_ENDPOINT_URL: 'http://localhost:4566/'}, 'x', 'bucket', 'http://localhost:4566/bucket/p/a%20b%2Bc'],
    [{AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_S3: 'http://b'}, 'x', 'bucket', 'http://b/bucket/p/a%20b%2Bc'],
  ])('with %j in %s, %s is at %s', (env, region, bucket, url) => {
    expect(objectUrl(env, region, bucket, 'p/a b+c').href).toBe(url)
  })
})
