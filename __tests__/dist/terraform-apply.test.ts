import {jest} from '@jest/globals'
import {readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {spawnAction} from '../support/spawn-action.ts'
import {data, terraformRoot} from '../support/terraform-root.ts'
import type {TerraformRoot} from '../support/terraform-root.ts'

jest.setTimeout(180_000)

let root: TerraformRoot
beforeEach(() => {
  root = terraformRoot()
})
afterEach(() => {
  root.remove()
})

async function planned(config: string): Promise<string> {
  root.write(config)
  const run = await root.plan()
  expect(run.errors).toEqual([])
  return run.outputs['plan-id']!
}

test('the reviewed plan is applied as it is: progress, outputs, receipt; secrets masked leaf by leaf', async () => {
  const id = await planned(
    `${data('a', 'input = "one"')}output "service" { value = terraform_data.a.output }
output "shape" { value = {a = [1, 2]} }
output "status" { value = "mine" }
output "db" {
  value     = {password = "s3cr3t-leaf", port = 5432, on = true}
  sensitive = true
}
output "pin" {
  value     = "123"
  sensitive = true
}\n`,
  )
  const run = await root.apply({'plan-id': id})
  expect(run.errors).toEqual([])
  expect(run.log).toMatch(/00:0\d {2}1\/1 {2}terraform_data\.a created/)
  expect(run.outputs).toMatchObject({
    applied: 'true',
    status: 'succeeded',
    'failure-reason': '',
    added: '1',
    changed: '0',
    destroyed: '0',
    service: 'one',
    shape: '{"a":[1,2]}',
  })
  expect(JSON.parse(run.outputs['outputs']!)).toEqual({service: 'one', shape: {a: [1, 2]}, status: 'mine'})
  expect(JSON.parse(run.outputs['db']!)).toEqual({password: 's3cr3t-leaf', port: 5432, on: true})
  expect(run.masks).toEqual(expect.arrayContaining(['s3cr3t-leaf', '5432']))
  expect(run.masks).not.toContain('true')
  const {db, ...others} = run.outputs
  expect(db).toBeDefined()
  expect([run.summary, JSON.stringify(others), run.log.replace(/^::add-mask::.*$/gm, '')].join('\n')).not.toContain(
    's3cr3t',
  )
  expect(run.summary).toContain(
    '| `db` | (sensitive value) |\n| `pin` | (sensitive value) |\n| `service` | `one` |\n| `shape` | `{"a":[1,2]}` |',
  )
  expect(run.outputs['pin']).toBeUndefined()
  expect(run.warnings).toEqual([
    expect.stringContaining('"pin" is too short to be masked'),
    expect.stringContaining('"status" has the name of an output of this action'),
  ])
  expect(JSON.parse(run.outputs['receipt']!)).toMatchObject({
    stage: 'apply',
    status: 'succeeded',
    now: {planId: id, added: 1},
  })
})

test('a plan that would do nothing is unchanged', async () => {
  await root.settle(data('a'))
  const run = await root.apply({'plan-id': await planned(data('a'))})
  expect(run.outputs).toMatchObject({applied: 'false', status: 'unchanged'})
})

test('approve: auto plans and applies at once', async () => {
  root.write(data('a', 'input = "one"'))
  const run = await root.apply({approve: 'auto'})
  expect(run.outputs).toMatchObject({applied: 'true', added: '1'})
})

describe('a state that has moved', () => {
  const before = data('a', 'input = "one"')
  const after = data('a', 'input = "two"')

  test('makes the plan stale', async () => {
    await root.settle(before)
    const id = await planned(after)
    await root.settle(before + 'output "x" { value = 1 }\n')
    root.write(after)
    const run = await root.apply({'plan-id': id})
    expect(run.code).toBe(1)
    expect(run.outputs).toMatchObject({status: 'failed', 'failure-reason': 'plan-stale'})
    expect(run.log).toContain('set "if-stale: replan"')
  })

  test('replan goes on when the new plan would do exactly what was reviewed', async () => {
    await root.settle(before)
    const id = await planned(after)
    // The serial of the state goes up, nothing that the plan touches changes.
    const state = join(root.folder, 'state/terraform.tfstate')
    const json = JSON.parse(readFileSync(state, 'utf8')) as {serial: number}
    writeFileSync(state, JSON.stringify({...json, serial: json.serial + 5}))
    const run = await root.apply({'plan-id': id, 'if-stale': 'replan'})
    expect(run.errors).toEqual([])
    expect(run.log).toContain('would do exactly what was reviewed')
    expect(run.outputs).toMatchObject({status: 'succeeded', changed: '1'})
  })

  test('replan refuses when it would not, and names what differs', async () => {
    await root.settle(before)
    const id = await planned(after)
    await root.settle(before + data('other'))
    root.write(after)
    const run = await root.apply({'plan-id': id, 'if-stale': 'replan'})
    expect(run.outputs).toMatchObject({status: 'failed', 'failure-reason': 'plan-changed'})
    expect(run.log).toMatch(/terraform_data\.other {2}was not in the reviewed plan/)
    expect(run.summary).toContain('what differs since the review')
  })
})

describe('a saved plan that is not for here is refused, each with its own sentence', () => {
  let id: string
  beforeEach(async () => {
    id = await planned(data('a'))
  })
  const refused = async (sentence: string, ...call: Parameters<TerraformRoot['apply']>): Promise<void> => {
    const run = await root.apply({'plan-id': id, ...call[0]}, call[1])
    expect(run.errors).toEqual([expect.stringContaining(sentence)])
    expect([run.code, run.outputs['status']]).toEqual([1, 'failed'])
  }

  test('repository, commit, root, workspace, backend, lock file, key', async () => {
    await refused(
      'made for the repository acme/streaming, and this is acme/other',
      {},
      {env: {GITHUB_REPOSITORY: 'acme/other'}},
    )
    await refused(
      'made for commit 4c1f2e900000, and this run is about bbbbbbbbbbbb',
      {},
      {env: {GITHUB_SHA: 'b'.repeat(40)}},
    )
    await refused('made in "infra", and "working-directory" is "."', {'working-directory': '.'})
    await refused('made in the workspace "default", and this is "w"', {workspace: 'w', 'create-workspace': 'true'})
    await refused('made with the state at local', {
      'backend-config': `path=${root.folder}/other.tfstate`,
      workspace: 'default',
    })
    await refused('the seal of the plan does not hold', {'plan-key': 'another-key-another-key'})
    await refused('the plan is sealed and "plan-key" is not given', {'plan-key': ''})
    writeFileSync(join(root.folder, 'infra/.terraform.lock.hcl'), '# another\n')
    await refused('made with another .terraform.lock.hcl')
  })

  test('a plan that was changed in the store', async () => {
    const file = join(root.folder, 'plans', readdirSync(join(root.folder, 'plans'))[0]!)
    const bytes = readFileSync(file)
    bytes[bytes.length - 30] = bytes[bytes.length - 30]! ^ 1
    writeFileSync(file, bytes)
    await refused('the seal of the plan does not hold')
  })

  test('a plan that is not there, and an id that is none', async () => {
    await refused('there is no plan "infra-default-00000000-4c1f2e900000-1001-9"', {
      'plan-id': 'infra-default-00000000-4c1f2e900000-1001-9',
    })
    await refused('is not a plan-id', {'plan-id': '../x'})
    await refused('Input "plan-id" is required', {'plan-id': ''})
  })

  test('pull requests: from forks never, own ones only on request', async () => {
    const event = (from: string): Readonly<Record<string, string>> => {
      const path = join(root.folder, 'event.json')
      const pull = {
        number: 7,
        head: {sha: '4c1f2e9000000000000000000000000000000000', repo: {full_name: from}},
        base: {sha: 'x', repo: {full_name: 'acme/streaming'}},
      }
      writeFileSync(path, JSON.stringify({pull_request: pull}))
      return {GITHUB_EVENT_PATH: path, GITHUB_EVENT_NAME: 'pull_request', GITHUB_SHA: 'e'.repeat(40)}
    }
    await refused(
      'pull requests from forks are never applied',
      {'allow-pull-request': 'true'},
      {env: event('mallory/streaming')},
    )
    await refused('whose code is not merged', {}, {env: event('acme/streaming')})
    const run = await root.apply({'plan-id': id, 'allow-pull-request': 'true'}, {env: event('acme/streaming')})
    expect(run.errors).toEqual([])
  })
})

test('the guard stands before a destruction until it is allowed', async () => {
  await root.settle(data('a') + data('b'))
  const id = await planned(data('b'))
  const guard = 'protect terraform_data.a'
  const refused = await root.apply({'plan-id': id, guard})
  expect(refused.errors).toEqual([
    expect.stringContaining(
      'the plan destroys terraform_data.a, which the guard stands before (protect terraform_data.a)',
    ),
  ])
  expect(refused.outputs['failure-reason']).toBe('destroy-guarded')
  const allowed = await root.apply({'plan-id': id, guard, 'allow-destroy': 'terraform_data.a'})
  expect(allowed.outputs).toMatchObject({status: 'succeeded', destroyed: '1'})
})

test('what a rule denies no input lets go, at plan and again at apply', async () => {
  await root.settle(data('a') + data('b'))
  const id = await planned(data('b'))
  const guard = 'default\ndeny terraform_data.a'
  const refused = await root.apply({'plan-id': id, guard, 'allow-destroy': 'true', 'if-stale': 'replan'})
  expect(refused.errors).toEqual([
    expect.stringContaining('destroys terraform_data.a, which no approval lets pass (deny terraform_data.a)'),
  ])
  expect(refused.outputs).toMatchObject({status: 'failed', 'failure-reason': 'destroy-denied'})
  expect(refused.log).not.toContain('"allow-destroy"')
  const fresh = await root.apply({approve: 'auto', guard, 'allow-destroy': 'true'})
  expect(fresh.outputs['failure-reason']).toBe('destroy-denied')
  const without = await root.apply({'plan-id': id, 'allow-destroy': 'true'})
  expect(without.outputs).toMatchObject({status: 'succeeded', destroyed: '1'})
})

test('an action that is killed leaves no lock: terraform finishes, and the post step waits for it', async () => {
  const slow = data('slow', 'provisioner "local-exec" { command = "sleep 3; echo not yet; sleep 1" }')
  const id = await planned(data('a') + slow)
  const onOutput = (text: string, child: {kill(signal: 'SIGKILL'): void}): void => {
    if (text.includes('Executing')) child.kill('SIGKILL')
  }
  const killed = await root.apply({'plan-id': id}, {onOutput})
  expect([killed.signal, killed.outputs['status']]).toEqual(['SIGKILL', undefined])
  const post = await root.apply({'plan-id': id}, {entry: 'post', state: killed.state})
  expect(post.code).toBe(0)
  expect(post.warnings).toEqual([
    'The action was killed, and its apply in infra ended by itself; what was done is in the state. It is not locked: plan again.',
  ])
  const again = await root.plan()
  expect(again.outputs).toMatchObject({status: 'planned', 'has-changes': 'false'})
})

test('a resource that fails is named, with what was done before and what was not', async () => {
  const broken = data(
    'b',
    'depends_on = [terraform_data.a]\nprovisioner "local-exec" { command = "echo the reason; exit 3" }',
  )
  const id = await planned(data('a') + broken + data('c', 'depends_on = [terraform_data.b]'))
  const run = await root.apply({'plan-id': id})
  expect(run.outputs).toMatchObject({status: 'failed', 'failure-reason': 'apply-failed'})
  expect(run.log).toMatch(/^::error file=infra\/main\.tf,line=\d+.*::terraform_data\.b: local-exec provisioner error/m)
  expect(run.log).toMatch(
    /terraform_data\.a +create +done[\s\S]*terraform_data\.b +create +failed[\s\S]*terraform_data\.c +create +not begun/,
  )
  expect(run.summary).toContain('1 of 3 operations are done and in the state')
})

// The runner's schedule: SIGINT, SIGTERM 7.5 s later. The tool must see one interrupt only: the second makes it give up.
test('a cancelled apply passes on one interrupt, leaves no lock, and the next apply goes through', async () => {
  const slow = data('slow', 'provisioner "local-exec" { command = "exec sleep 60" }')
  const id = await planned(data('a') + slow)
  let asked = false
  const run = await root.apply(
    {'plan-id': id},
    {
      onOutput: (text, child) => {
        if (asked || !text.includes('Executing')) return
        asked = true
        child.kill('SIGINT')
        child.kill('SIGTERM')
        child.kill('SIGINT')
      },
    },
  )
  expect(run.code).toBe(1)
  expect(run.outputs).toMatchObject({status: 'cancelled', 'failure-reason': 'cancelled'})
  expect(run.log).not.toContain('Two interrupts received')
  expect(run.log).toContain('wrote the state and released its lock')
  expect(run.state['applying']).toBe('')
  await root.settle(data('a') + data('slow'))
})

test('a lock that is held is named with holder, age and id, and unlock frees exactly that one', async () => {
  const slow = data('slow', 'provisioner "local-exec" { command = "exec sleep 60" }')
  const id = await planned(slow)
  let second: ReturnType<TerraformRoot['plan']> | undefined
  await root.apply(
    {'plan-id': id},
    {
      onOutput: (text, child) => {
        if (!text.includes('Executing')) return
        second ??= root.plan().finally(() => child.kill('SIGINT'))
      },
    },
  )
  const run = await second
  expect(run?.outputs).toMatchObject({status: 'failed', 'failure-reason': 'state-locked'})
  expect(run?.errors[0]).toMatch(
    /^infra: the state is locked, held by \S+ for \d+.* s \(apply\), lock id [0-9a-f-]{36}/,
  )
  const unlock = await root.apply({mode: 'unlock', 'lock-id': '848e3672-5194-4cf3-bf95-e52301ed1d6b'})
  expect(unlock.outputs).toMatchObject({status: 'failed', 'failure-reason': 'state-locked'})
  const bad = await root.apply({mode: 'unlock'})
  expect(bad.errors).toEqual([expect.stringContaining('Input "lock-id" is required with "mode: unlock"')])
})

test('the post step warns when the apply was killed, and is silent when it ended', async () => {
  const killed = await spawnAction('terraform-apply', {entry: 'post', state: {applying: 'infra'}})
  expect(killed.code).toBe(0)
  expect(killed.warnings).toEqual([expect.stringContaining('The apply in infra was killed before it ended')])
  const ended = await spawnAction('terraform-apply', {entry: 'post', state: {applying: ''}})
  expect([ended.code, ended.warnings]).toEqual([0, []])
})
