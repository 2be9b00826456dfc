import {jest} from '@jest/globals'
import {randomUUID} from 'node:crypto'
import {readdirSync, readFileSync} from 'node:fs'
import {CreateBucketCommand, ListObjectsV2Command, S3Client} from '@aws-sdk/client-s3'
import {labAwsConnection as connection, labAwsEnvironment as env} from '../support/lab-aws.ts'
import {data, PLAN_KEY, terraformRoot} from '../support/terraform-root.ts'
import type {TerraformRoot} from '../support/terraform-root.ts'

jest.setTimeout(400_000)

const bucket = 'terraform-lab-test'
const client = new S3Client({forcePathStyle: true, ...connection})

let root: TerraformRoot
beforeAll(async () => {
  await client.send(new CreateBucketCommand({Bucket: bucket})).catch((error: unknown) => {
    if (!/BucketAlready/.test((error as Error).name)) throw error
  })
})
beforeEach(() => {
  const state = `bucket=${bucket}\nkey=${randomUUID()}.tfstate\nregion=us-east-1\nuse_lockfile=true\nuse_path_style=true`
  root = terraformRoot({'backend-config': state, 'plan-store': `s3://${bucket}/plans`}, 's3')
})
afterEach(() => {
  root.remove()
})

/** Ends a process and all below it without a chance to put anything in order, as the runner does in the end. */
function killTree(pid: number): void {
  const tasks = `/proc/${String(pid)}/task`
  // A child belongs to the thread that started it, which in Go may be any.
  const children = readdirSync(tasks).flatMap((task) => readFileSync(`${tasks}/${task}/children`, 'utf8').split(' '))
  process.kill(pid, 'SIGKILL')
  for (const child of children.map(Number).filter((id) => id > 0)) killTree(child)
}

const objects = async (prefix: string): Promise<string[]> => {
  const {Contents} = await client.send(new ListObjectsV2Command({Bucket: bucket, Prefix: prefix}))
  return (Contents ?? []).map(({Key}) => Key ?? '')
}

async function planned(config: string): Promise<string> {
  root.write(config)
  const run = await root.plan({}, {env})
  expect(run.errors).toEqual([])
  return run.outputs['plan-id']!
}

test('a plan kept in S3 is found by id, applied to a state in S3, and its root outputs are handed on', async () => {
  const id = await planned(`${data('a', 'input = "one"')}output "one" { value = terraform_data.a.output }\n`)
  expect(await objects('plans/')).toContain(`plans/${id}.slipway-plan`)
  const run = await root.apply({'plan-id': id}, {env})
  expect(run.errors).toEqual([])
  expect(run.outputs).toMatchObject({status: 'succeeded', one: 'one', added: '1'})
  expect(run.visible).not.toContain(PLAN_KEY)
})

test('a cancel in the middle of an apply leaves no lock in S3; the next plan and apply go through without an unlock', async () => {
  const slow = data('slow', 'provisioner "local-exec" { command = "exec sleep 90" }')
  const id = await planned(data('a') + slow)
  const run = await root.apply(
    {'plan-id': id},
    {
      env,
      onOutput: (text, child) => {
        if (text.includes('Executing')) child.kill('SIGINT')
      },
    },
  )
  expect([run.code, run.outputs['status']]).toEqual([1, 'cancelled'])
  expect((await objects('')).filter((key) => key.endsWith('.tflock'))).toEqual([])
  const again = await root.apply({'plan-id': await planned(data('a') + data('slow'))}, {env})
  expect(again.errors).toEqual([])
})

test('a lock that a killed run left behind is named, and freed by its id alone', async () => {
  const slow = data('slow', 'provisioner "local-exec" { command = "exec sleep 90" }')
  const id = await planned(slow)
  const killed = await root.apply(
    {'plan-id': id},
    {
      env,
      onOutput: (text, child) => {
        if (text.includes('Executing') && child.pid !== undefined) killTree(child.pid)
      },
    },
  )
  expect([killed.signal, killed.state['applying']]).toEqual(['SIGKILL', 'infra'])
  const post = await root.apply({'plan-id': id}, {env, entry: 'post', state: {applying: 'infra'}})
  expect([post.code, post.warnings]).toEqual([
    0,
    [expect.stringMatching(/and it is locked, held by .*lock-id: [0-9a-f-]{36}/)],
  ])
  const locked = await root.plan({}, {env})
  expect(locked.outputs['failure-reason']).toBe('state-locked')
  const lockId = /lock id ([0-9a-f-]{36})/.exec(locked.errors[0] ?? '')?.[1]
  const wrong = await root.apply({mode: 'unlock', 'lock-id': '00000000-0000-0000-0000-000000000000'}, {env})
  expect(wrong.outputs['failure-reason']).toBe('state-locked')
  const freed = await root.apply({mode: 'unlock', 'lock-id': lockId ?? ''}, {env})
  expect(freed.errors).toEqual([])
  const after = await root.apply({'plan-id': id}, {env, entry: 'post', state: {applying: 'infra'}})
  expect(after.warnings).toEqual([expect.stringContaining('It is not locked: plan again')])
  expect((await root.plan({}, {env})).errors).toEqual([])
})
