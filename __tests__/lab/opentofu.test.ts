import {jest} from '@jest/globals'
import {execFile} from 'node:child_process'
import {randomUUID} from 'node:crypto'
import {readdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {promisify} from 'node:util'
import {CloudWatchLogsClient, DescribeLogGroupsCommand} from '@aws-sdk/client-cloudwatch-logs'
import {CreateBucketCommand, ListObjectsV2Command, S3Client} from '@aws-sdk/client-s3'
import {optionalTool} from '../../lab/index.ts'
import {labAwsConnection as connection, labAwsEnvironment as env} from '../support/lab-aws.ts'
import type {ActionCall, ActionResult} from '../support/spawn-action.ts'
import {startStateServer} from '../support/state-server.ts'
import type {StateServer} from '../support/state-server.ts'
import {data, terraformRoot} from '../support/terraform-root.ts'
import type {TerraformRoot} from '../support/terraform-root.ts'

// A real OpenTofu, its state and lock in S3, a real provider. Each test goes on from where the one before it stopped.
// `npm run lab -- add tofu` builds the tool; without it all of this is counted as skipped.
jest.setTimeout(300_000)

const STATES = 'opentofu-lab-test'
const tofu = optionalTool('tofu')
const withTofu = tofu === undefined ? describe.skip : describe
const s3 = new S3Client({forcePathStyle: true, ...connection})
const logs = new CloudWatchLogsClient(connection)

const own = `tofu-${randomUUID().slice(0, 8)}`
// The lab has the provider under Terraform's registry; its whole name works in OpenTofu too.
const PROVIDER = `terraform {
  required_providers {
    aws = { source = "registry.terraform.io/hashicorp/aws" }
  }
}
`
const group = (days: number): string =>
  `resource "aws_cloudwatch_log_group" "api" {\n  name              = "/${own}/api"\n  retention_in_days = ${String(days)}\n}\n`
const SECRET = 's3cr3t-of-the-tofu-test'
const OUTPUTS = `output "name" {\n  value = aws_cloudwatch_log_group.api.name\n}\noutput "word" {\n  value     = "${SECRET}"\n  sensitive = true\n}\n`

withTofu('OpenTofu', () => {
  let root: TerraformRoot
  beforeAll(async () => {
    await s3.send(new CreateBucketCommand({Bucket: STATES})).catch((error: unknown) => {
      if (!/BucketAlready/.test((error as Error).name)) throw error
    })
    const state = `bucket=${STATES}\nkey=${own}.tfstate\nregion=us-east-1\nuse_lockfile=true\nuse_path_style=true`
    root = terraformRoot({tool: 'tofu', 'backend-config': state, 'plan-store': `s3://${STATES}/${own}`}, 's3')
  })
  afterAll(async () => {
    const gone = await plan(PROVIDER)
    await apply({'plan-id': gone.outputs['plan-id'] ?? '', 'allow-destroy': '*'})
    root.remove()
    expect(await retention()).toBeUndefined()
  })

  const path = [dirname(tofu ?? '')]
  async function plan(config: string, inputs: Readonly<Record<string, string>> = {}): Promise<ActionResult> {
    root.write(config)
    const run = await root.plan(inputs, {env, path})
    expect(run.errors).toEqual([])
    return run
  }
  const apply = async (inputs: Readonly<Record<string, string>>, call: ActionCall = {}): Promise<ActionResult> =>
    await root.apply(inputs, {env, path, ...call})
  /** How long the log group keeps its lines, in days, as the cloud says; undefined when there is none. */
  async function retention(): Promise<number | undefined> {
    const {logGroups = []} = await logs.send(new DescribeLogGroupsCommand({logGroupNamePrefix: `/${own}/`}))
    return logGroups[0]?.retentionInDays
  }
  const locks = async (): Promise<string[]> => {
    const {Contents = []} = await s3.send(new ListObjectsV2Command({Bucket: STATES, Prefix: own}))
    return Contents.map(({Key = ''}) => Key).filter((key) => key.endsWith('.tflock'))
  }
  async function byHand(...argv: string[]): Promise<void> {
    await promisify(execFile)(tofu ?? '', argv, {cwd: join(root.folder, 'infra'), env: {...process.env, ...env}})
  }

  test('what was planned is applied; the secret output is masked and nowhere to be read', async () => {
    const planned = await plan(PROVIDER + group(7) + OUTPUTS)
    expect(planned.outputs).toMatchObject({'to-add': '1', 'has-changes': 'true'})
    const applied = await apply({'plan-id': planned.outputs['plan-id']!})
    expect(applied.errors).toEqual([])
    expect(applied.outputs).toMatchObject({status: 'succeeded', added: '1', name: `/${own}/api`})
    expect(applied.masks).toContain(SECRET)
    expect(planned.visible).not.toContain(SECRET)
    expect(await retention()).toBe(7)
  })

  test('a stale plan changes nothing; replan goes on when the new plan would do the same', async () => {
    const id = (await plan(PROVIDER + group(14) + OUTPUTS)).outputs['plan-id']!
    await byHand('taint', 'aws_cloudwatch_log_group.api')
    await byHand('untaint', 'aws_cloudwatch_log_group.api')
    const stale = await apply({'plan-id': id})
    expect([stale.code, stale.outputs['failure-reason'], await retention()]).toEqual([1, 'plan-stale', 7])
    const again = await apply({'plan-id': id, 'if-stale': 'replan'})
    expect(again.errors).toEqual([])
    expect(again.log).toContain('would do exactly what was reviewed')
    expect(await retention()).toBe(14)
  })

  test('replan refuses when somebody applied something else meanwhile', async () => {
    const config = PROVIDER + group(30) + OUTPUTS
    const id = (await plan(config)).outputs['plan-id']!
    root.write(PROVIDER + group(90) + OUTPUTS)
    await byHand('apply', '-auto-approve', '-input=false')
    root.write(config)
    const run = await apply({'plan-id': id, 'if-stale': 'replan'})
    expect([run.code, run.outputs['failure-reason'], await retention()]).toEqual([1, 'plan-changed', 90])
  })

  test('what is excluded is left out, and the plan says that it is not complete', async () => {
    const planned = await plan(PROVIDER + group(14) + data('a') + OUTPUTS, {exclude: 'aws_cloudwatch_log_group.api'})
    expect(planned.outputs).toMatchObject({'to-add': '1', 'to-change': '0'})
    expect(planned.summary).toContain('This plan leaves something out')
  })

  test('an object that is forgotten is counted, and is still there', async () => {
    const removed = 'removed {\n  from = aws_cloudwatch_log_group.api\n  lifecycle {\n    destroy = false\n  }\n}\n'
    const planned = await plan(PROVIDER + removed)
    expect(planned.outputs).toMatchObject({'to-forget': '1', 'to-destroy': '0'})
    expect((await apply({'plan-id': planned.outputs['plan-id']!})).errors).toEqual([])
    expect(await retention()).toBe(90)
    const back = `import {\n  to = aws_cloudwatch_log_group.api\n  id = "/${own}/api"\n}\n`
    const imported = await plan(PROVIDER + group(90) + back)
    expect(imported.outputs).toMatchObject({'to-import': '1', 'to-add': '0'})
    expect((await apply({'plan-id': imported.outputs['plan-id']!})).errors).toEqual([])
  })

  test('a cancel in the middle of an apply leaves no lock', async () => {
    const slow = data('slow', 'provisioner "local-exec" { command = "exec sleep 90" }')
    const id = (await plan(PROVIDER + group(90) + slow)).outputs['plan-id']!
    const run = await apply(
      {'plan-id': id},
      {
        onOutput: (text, child) => {
          if (text.includes('Executing')) child.kill('SIGINT')
        },
      },
    )
    expect([run.code, run.outputs['status'], await locks()]).toEqual([1, 'cancelled', []])
  })
})

withTofu('a state that OpenTofu encrypts, while its backend is away', () => {
  let backend: StateServer
  let root: TerraformRoot
  beforeAll(async () => {
    backend = await startStateServer()
    root = terraformRoot({tool: 'tofu', 'backend-config': `address=${backend.url}\nretry_max=0`}, 'http')
  })
  afterAll(async () => {
    root.remove()
    await backend.close()
  })
  const call = {path: [dirname(tofu ?? '')]}
  const encrypted = (passphrase: string): void => {
    const keys = `key_provider "pbkdf2" "k" {\n passphrase = "${passphrase}"\n}`
    const method = 'method "aes_gcm" "m" {\n keys = key_provider.pbkdf2.k\n}\nstate {\n method = method.aes_gcm.m\n}'
    writeFileSync(join(root.folder, 'infra/encryption.tf'), `terraform {\nencryption {\n${keys}\n${method}\n}\n}\n`)
  }

  test('"state push" takes no encrypted file: it is opened first, goes back encrypted, and nothing is made twice', async () => {
    root.write(data('a'))
    encrypted('some-passphrase-of-the-tests')
    expect((await root.apply({approve: 'auto'}, call)).errors).toEqual([])
    root.write(data('a') + data('b'))
    backend.refuse(1000)
    const lost = await root.apply({approve: 'auto'}, call)
    expect(lost.errors).toEqual([expect.stringContaining('What was made stands in no state yet: it is kept as')])
    backend.refuse(0)
    const pushed = await root.apply({mode: 'push-state'}, call)
    expect([pushed.errors, pushed.log.includes('✓ the kept state is written')]).toEqual([[], true])
    expect(backend.state()).toContain('"encrypted_data"')
    expect(readdirSync(join(root.folder, 'infra')).filter((name) => name.includes('override'))).toEqual([])
    const planned = await root.plan({}, call)
    expect([planned.errors, planned.outputs['has-changes']]).toEqual([[], 'false'])
  })

  test('stays kept for whoever has not its keys', async () => {
    root.write(data('c'))
    backend.refuse(1000)
    await root.apply({approve: 'auto', 'allow-destroy': '*'}, call)
    backend.refuse(0)
    backend.write('')
    encrypted('another-passphrase-of-the-tests')
    const refused = await root.apply({mode: 'push-state'}, call)
    expect(refused.outputs['failure-reason']).toBe('rejected')
    expect(refused.errors).toEqual([expect.stringMatching(/is encrypted, and tofu does not open it: /)])
    expect([backend.state(), refused.summary.includes('of the run that kept it')]).toEqual(['', true])
  })
})
