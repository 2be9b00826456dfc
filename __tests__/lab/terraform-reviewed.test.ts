import {jest} from '@jest/globals'
import {execFile} from 'node:child_process'
import {randomUUID} from 'node:crypto'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {CloudWatchLogsClient, DescribeLogGroupsCommand} from '@aws-sdk/client-cloudwatch-logs'
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import {labAwsConnection as connection, labAwsEnvironment as env} from '../support/lab-aws.ts'
import {startGitHub} from '../support/github-server.ts'
import type {ActionCall, ActionResult} from '../support/spawn-action.ts'
import {data, terraformRoot} from '../support/terraform-root.ts'
import type {TerraformRoot} from '../support/terraform-root.ts'

// One root module with real objects, its state in S3 with S3's own lock, its plans in S3; each test goes on from where the
// one before it stopped, as a root module does. What is in the cloud is asked of the cloud.
jest.setTimeout(300_000)

const STATES = 'terraform-lab-test'
const HEAD = '4c1f2e9000000000000000000000000000000000'
const s3 = new S3Client({forcePathStyle: true, ...connection})
const logs = new CloudWatchLogsClient(connection)

const own = `reviewed-${randomUUID().slice(0, 8)}`
const group = (name: string, days: number): string =>
  `resource "aws_cloudwatch_log_group" "${name}" {\n  name              = "/${own}/${name}"\n  retention_in_days = ${String(days)}\n}\n`
const BUCKET = `resource "aws_s3_bucket" "kept" {\n  bucket = "${own}"\n}\n`
const AWS = 'provider "aws" {\n  s3_use_path_style = true\n}\n'

let root: TerraformRoot
beforeAll(async () => {
  await s3.send(new CreateBucketCommand({Bucket: STATES})).catch((error: unknown) => {
    if (!/BucketAlready/.test((error as Error).name)) throw error
  })
  const state = `bucket=${STATES}\nkey=${own}.tfstate\nregion=us-east-1\nuse_lockfile=true\nuse_path_style=true`
  root = terraformRoot({'backend-config': state, 'plan-store': `s3://${STATES}/${own}`}, 's3')
  await settle(group('api', 7) + group('other', 7) + BUCKET)
})
afterAll(async () => {
  // Whatever a test has left behind, without the provider's block nothing could be destroyed.
  await settle('').catch(() => undefined)
  root.remove()
})

/** How long each log group of this file keeps its lines, in days, as the cloud says. */
async function retention(): Promise<Record<string, number | undefined>> {
  const {logGroups = []} = await logs.send(new DescribeLogGroupsCommand({logGroupNamePrefix: `/${own}/`}))
  return Object.fromEntries(
    logGroups.map(({logGroupName = '', retentionInDays}) => [logGroupName.slice(own.length + 2), retentionInDays]),
  )
}

const exists = async (bucket: string): Promise<boolean> =>
  await s3.send(new HeadBucketCommand({Bucket: bucket})).then(
    () => true,
    () => false,
  )
const locks = async (): Promise<string[]> => {
  const {Contents = []} = await s3.send(new ListObjectsV2Command({Bucket: STATES, Prefix: own}))
  return Contents.map(({Key = ''}) => Key).filter((key) => key.endsWith('.tflock'))
}

/** Plans a configuration, which a reviewer then looks at. */
async function reviewed(config: string, inputs: Readonly<Record<string, string>> = {}): Promise<string> {
  root.write(AWS + config)
  const run = await root.plan(inputs, {env})
  expect(run.errors).toEqual([])
  return run.outputs['plan-id']!
}

async function apply(inputs: Readonly<Record<string, string>>, call: ActionCall = {}): Promise<ActionResult> {
  return await root.apply(inputs, {...call, env: {...env, ...call.env}})
}

async function settle(config: string): Promise<void> {
  const run = await apply({'plan-id': await reviewed(config), 'allow-destroy': 'true'})
  expect(run.errors).toEqual([])
}

/** Somebody at a keyboard, with the same state. */
async function byHand(...argv: string[]): Promise<void> {
  await promisify(execFile)('terraform', argv, {cwd: join(root.folder, 'infra'), env: {...process.env, ...env}})
}

describe('a state that somebody has written since the review', () => {
  let id: string
  beforeAll(async () => {
    id = await reviewed(group('api', 14) + group('other', 7) + BUCKET)
    await byHand('taint', 'aws_cloudwatch_log_group.other')
    await byHand('untaint', 'aws_cloudwatch_log_group.other')
  })

  test('makes the plan stale, and nothing is changed', async () => {
    const run = await apply({'plan-id': id})
    expect([run.code, run.outputs['failure-reason']]).toEqual([1, 'plan-stale'])
    expect(run.log).toContain('set "if-stale: replan"')
    expect(await retention()).toEqual({api: 7, other: 7})
  })

  test('replan goes on when the new plan would do the same, and does it', async () => {
    const run = await apply({'plan-id': id, 'if-stale': 'replan'})
    expect(run.errors).toEqual([])
    expect(run.log).toContain('would do exactly what was reviewed')
    expect(run.outputs).toMatchObject({status: 'succeeded', changed: '1', destroyed: '0'})
    expect(await retention()).toEqual({api: 14, other: 7})
  })

  test('replan refuses when somebody applied something else meanwhile, names it, and changes nothing', async () => {
    const config = group('api', 30) + group('other', 7) + BUCKET
    const planned = await reviewed(config)
    root.write(AWS + group('api', 14) + group('other', 90) + BUCKET)
    await byHand('apply', '-auto-approve', '-input=false')
    root.write(AWS + config)
    const run = await apply({'plan-id': planned, 'if-stale': 'replan'})
    expect([run.code, run.outputs['failure-reason']]).toEqual([1, 'plan-changed'])
    expect(run.log).toMatch(/aws_cloudwatch_log_group\.other {2}was not in the reviewed plan/)
    expect(run.log).not.toMatch(/aws_cloudwatch_log_group\.api {2}w/)
    expect(await retention()).toEqual({api: 14, other: 90})
    expect(await locks()).toEqual([])
  })
})

test('two applies at once: the second names who holds the lock in S3, and the first is not disturbed', async () => {
  const slow = data('slow', 'provisioner "local-exec" { command = "exec sleep 60" }')
  const id = await reviewed(group('api', 14) + group('other', 90) + BUCKET + slow)
  let second: Promise<ActionResult> | undefined
  const first = await apply(
    {'plan-id': id},
    {
      onOutput: (text, child) => {
        if (second !== undefined || !text.includes('Executing')) return
        second = apply({'plan-id': id}).finally(() => child.kill('SIGINT'))
      },
    },
  )
  const refused = await second
  expect(refused?.outputs).toMatchObject({status: 'failed', 'failure-reason': 'state-locked'})
  expect(refused?.errors[0]).toMatch(
    /^infra: the state is locked, held by \S+ for \d.* s \(apply\), lock id [0-9a-f-]{36}/,
  )
  expect(first.outputs['status']).toBe('cancelled')
  expect(await locks()).toEqual([])
})

describe('the guard stands before a real bucket', () => {
  const without = group('api', 14) + group('other', 90)
  let id: string
  beforeAll(async () => {
    id = await reviewed(without, {'allow-destroy-label': 'destroy-ok'})
  })

  test('it is still there after the refusal', async () => {
    const run = await apply({'plan-id': id})
    expect(run.errors[0]).toContain(
      'the plan destroys aws_s3_bucket.kept, which the guard stands before (protect aws_s3_bucket)',
    )
    expect([run.outputs['failure-reason'], await exists(own)]).toEqual(['destroy-guarded', true])
  })

  test('a rule that denies keeps it, whatever input asks for it; such a plan is not kept', async () => {
    const guard = 'deny aws_s3_bucket'
    const run = await apply({'plan-id': id, guard, 'allow-destroy': 'true'})
    expect([run.outputs['failure-reason'], await exists(own)]).toEqual(['destroy-denied', true])
    const again = await root.plan({guard}, {env})
    expect([again.outputs['failure-reason'], again.outputs['plan-id'], again.outputs['denied']]).toEqual([
      'destroy-denied',
      '',
      '1',
    ])
  })

  test('a label of the pull request lets it go, but not one that was taken away', async () => {
    let labels: string[] = []
    const pull = (): object => ({
      number: 7,
      merged_at: '2026-11-20T10:00:00Z',
      merge_commit_sha: HEAD,
      head: {sha: HEAD},
      labels: labels.map((name) => ({name})),
    })
    const github = await startGitHub((request) => ({body: request.path.includes('/commits/') ? [pull()] : pull()}))
    try {
      const inputs = {'plan-id': id, 'allow-destroy-label': 'destroy-ok', 'github-token': 't0ken'}
      const call = {env: {GITHUB_API_URL: github.url}}
      const before = await apply(inputs, call)
      expect([before.outputs['failure-reason'], await exists(own)]).toEqual(['destroy-guarded', true])
      labels = ['destroy-ok']
      const after = await apply(inputs, call)
      expect([after.errors, after.outputs['destroyed'], await exists(own)]).toEqual([[], '2', false])
      expect(github.violations).toEqual([])
    } finally {
      await github.close()
    }
  })
})

describe('a plan that is not the one that was reviewed here', () => {
  let id: string
  let key: string
  let sealed: Buffer
  beforeAll(async () => {
    id = await reviewed(group('api', 365))
    key = `${own}/${id}.slipway-plan`
    const {Body} = await s3.send(new GetObjectCommand({Bucket: STATES, Key: key}))
    sealed = Buffer.from((await Body?.transformToByteArray()) ?? [])
  })
  afterEach(async () => {
    expect(await retention()).toEqual({api: 14, other: 90})
    expect(await locks()).toEqual([])
  })
  const put = async (bytes: Buffer): Promise<void> => {
    await s3.send(new PutObjectCommand({Bucket: STATES, Key: key, Body: bytes}))
  }

  test('its object in S3 was changed: header, ciphertext or tag', async () => {
    const commit = sealed.indexOf(HEAD)
    for (const at of [commit, Math.floor(sealed.length / 2), sealed.length - 1]) {
      const bytes = Buffer.from(sealed)
      // Another hexadecimal digit where the commit stands: the header can still be read.
      bytes[at] = at === commit ? '5'.charCodeAt(0) : bytes[at]! ^ 1
      await put(bytes)
      const run = await apply({'plan-id': id})
      expect([run.outputs['failure-reason'], run.errors[0]]).toEqual([
        'plan-rejected',
        expect.stringContaining('the seal of the plan does not hold'),
      ])
    }
    await put(sealed)
  })

  test('it was made for another commit', async () => {
    const run = await apply({'plan-id': id}, {env: {GITHUB_SHA: 'b'.repeat(40)}})
    expect(run.errors[0]).toContain('made for commit 4c1f2e900000, and this run is about bbbbbbbbbbbb')
  })

  test('the run is for a pull request from a fork', async () => {
    const event = join(root.folder, 'event.json')
    const [head, base] = [{full_name: 'mallory/streaming'}, {full_name: 'acme/streaming'}]
    writeFileSync(
      event,
      JSON.stringify({pull_request: {number: 7, head: {sha: HEAD, repo: head}, base: {sha: 'x', repo: base}}}),
    )
    const run = await apply(
      {'plan-id': id, 'allow-pull-request': 'true'},
      {env: {GITHUB_EVENT_PATH: event, GITHUB_EVENT_NAME: 'pull_request'}},
    )
    expect([run.outputs['failure-reason'], run.errors[0]]).toEqual([
      'rejected',
      expect.stringContaining('pull requests from forks are never applied'),
    ])
  })
})

test('what was refused is applied when nothing is wrong with it, and the input names what it may destroy', async () => {
  const config = group('api', 365)
  const inputs = {'plan-id': await reviewed(config), guard: 'protect aws_cloudwatch_log_group'}
  const other = await apply({...inputs, 'allow-destroy': 'aws_s3_bucket.*'})
  expect([other.outputs['failure-reason'], await retention()]).toEqual(['destroy-guarded', {api: 14, other: 90}])
  const named = await apply({...inputs, 'allow-destroy': 'aws_cloudwatch_log_group.other'})
  expect([named.errors, await retention()]).toEqual([[], {api: 365}])
})
