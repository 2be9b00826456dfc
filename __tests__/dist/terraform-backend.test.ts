import {randomUUID} from 'node:crypto'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {jest} from '@jest/globals'
import {faultProxy} from '../faults/core/proxy.ts'
import type {FaultProxy, Harm, Passing} from '../faults/core/proxy.ts'
import {startStateServer} from '../support/state-server.ts'
import type {StateServer} from '../support/state-server.ts'
import {data, terraformRoot} from '../support/terraform-root.ts'
import type {TerraformRoot} from '../support/terraform-root.ts'

jest.setTimeout(240_000)

let backend: StateServer
let proxy: FaultProxy
let root: TerraformRoot
let config: readonly string[]
beforeEach(async () => {
  backend = await startStateServer()
  proxy = await faultProxy({port: Number(new URL(backend.url).port)})
  const at = `http://${proxy.host}`
  config = [`address=${at}/state`, `lock_address=${at}/lock`, `unlock_address=${at}/lock`]
  root = terraformRoot({'backend-config': [...config, 'retry_max=0'].join('\n')}, 'http')
  root.write(`${data('a')}output "id" {\n  value = terraform_data.a.id\n}`)
})
afterEach(async () => {
  root.remove()
  await proxy.close()
  await backend.close()
})

const PORTAL: Harm = {
  kind: 'answer',
  status: 200,
  headers: {'content-type': 'text/html'},
  body: '<p>Please sign in</p>',
}

/** Harms so many requests of a name from now on; the lock of a plan is released as ever. */
function harm(names: readonly string[], times: number, how: Harm): void {
  const met = new Map<string, number>()
  proxy.harm = ({name, follows}: Passing) => {
    if (!names.includes(name) || (name === 'UNLOCK /lock' && !follows('POST /state'))) return undefined
    met.set(name, (met.get(name) ?? 0) + 1)
    return (met.get(name) ?? 0) <= times ? how : undefined
  }
}

async function lockedBySomebody(): Promise<string> {
  const id = randomUUID()
  await fetch(backend.lockUrl, {method: 'LOCK', body: JSON.stringify({ID: id, Who: 'somebody@elsewhere'})})
  return id
}

test('a login page answered in the place of the backend, and the run was green: it is red, and names what was made by its id', async () => {
  harm(['POST /state'], 1, PORTAL)
  const applied = await root.apply({approve: 'auto'})
  expect([applied.code, applied.outputs['status'], applied.outputs['failure-reason']]).toEqual([
    1,
    'failed',
    'apply-failed',
  ])
  expect(applied.errors).toEqual([
    expect.stringContaining('its state is lost: the backend said that it took the state, and holds none.'),
  ])
  expect(applied.log).toMatch(/terraform_data\.a +created +[0-9a-f]{8}-[0-9a-f-]{27}/)
  expect(applied.log).not.toContain('are done and in the state')
})

test('a login page took the second state of a root: the one from before does not pass for it', async () => {
  await root.settle(data('a'))
  root.write(data('a') + data('b'))
  harm(['POST /state'], 1, PORTAL)
  const applied = await root.apply({approve: 'auto'})
  expect(applied.errors).toEqual([expect.stringMatching(/and does not know terraform_data\.b \([0-9a-f-]{36}\)\./)])
})

test('the backend was away for the write and the release: both are done after all, and the run is green with a warning', async () => {
  harm(['POST /state', 'UNLOCK /lock'], 1, {kind: 'reset'})
  const applied = await root.apply({approve: 'auto'})
  expect([applied.code, applied.errors, backend.lock()]).toEqual([0, [], undefined])
  expect(applied.warnings).toEqual([
    expect.stringMatching(/could not write the state and release its lock, .*; it is done now, and nothing is lost\.$/),
  ])
  expect(applied.outputs).toMatchObject({status: 'succeeded', added: '1', 'kept-state': ''})
  const {outputs} = JSON.parse(backend.state()) as {outputs: {id: {value: string}}}
  expect(applied.outputs['id']).toBe(outputs.id.value)
})

test('a lock that terraform could not release is named and not freed where it may be of somebody else', async () => {
  harm(['UNLOCK /lock'], 1, {kind: 'reset'})
  const applied = await root.apply({approve: 'auto'})
  const held = backend.lock() ?? ''
  expect(held).not.toBe('')
  expect([applied.code, applied.outputs['failure-reason']]).toEqual([1, 'state-locked'])
  expect(applied.errors).toEqual([
    expect.stringMatching(/everything is applied and the state is written, but terraform could not release its lock/),
  ])
  expect(applied.errors[0]).toContain(`lock id ${held}`)
  expect(applied.summary).toContain(`lock-id: ${held}`)
  expect(applied.state['locked']).toBe('infra')
  const post = await root.apply({approve: 'auto'}, {entry: 'post', state: applied.state})
  expect(post.warnings).toEqual([expect.stringContaining(`"lock-id: ${held}"`)])
  const freed = await root.apply({mode: 'unlock', 'lock-id': held})
  expect([freed.errors, backend.lock()]).toEqual([[], undefined])
})

test('"state-locked" named the lock of whoever asked: it names the one that is held', async () => {
  const held = await lockedBySomebody()
  const refused = await root.apply({approve: 'auto'})
  expect(refused.errors).toEqual([expect.stringContaining(`lock id ${held}`)])
})

test('"mode: unlock" freed any lock of an http backend, whichever id it was given: it frees that one alone', async () => {
  const held = await lockedBySomebody()
  const refused = await root.apply({mode: 'unlock', 'lock-id': randomUUID()})
  expect([refused.code, backend.lock()]).toEqual([1, held])
  expect(refused.errors).toEqual([
    expect.stringMatching(`was not freed: the state is locked by another one, .*${held}`),
  ])
})

test('a look at the lock had left the state locked, where the answer to the look was lost', async () => {
  let left = 1
  proxy.harm = ({name}: Passing) => (name === 'LOCK /lock' && left-- > 0 ? {kind: 'answer-lost'} : undefined)
  const run = await root.apply({mode: 'unlock', 'lock-id': randomUUID(), 'backend-config': config.join('\n')})
  expect([run.errors, left < 1, backend.lock()]).toEqual([[], true, undefined])
})

describe('a plan', () => {
  const BUSY: Harm = {kind: 'answer', status: 503, headers: {}, body: ''}
  const harmFirst = (wanted: string, times: number, how: Harm): void => {
    let left = times
    proxy.harm = ({name}: Passing) => (name === wanted && left-- > 0 ? how : undefined)
  }

  test('was lost with the answer to the release of its lock: it is green with a warning, and is applied', async () => {
    harmFirst('UNLOCK /lock', 1, {kind: 'answer-lost'})
    const planned = await root.plan()
    expect([planned.errors, planned.outputs['status'], planned.outputs['has-changes']]).toEqual([[], 'planned', 'true'])
    expect(planned.warnings).toEqual([
      'infra: terraform could not release its lock, as its backend was busy or away; it is released now.',
    ])
    const applied = await root.apply({'plan-id': planned.outputs['plan-id'] ?? ''})
    expect([applied.errors, applied.outputs['added']]).toEqual([[], '1'])
  })

  test('of nothing to do, whose lock was released late, still has nothing to do', async () => {
    await root.settle(data('a'))
    harmFirst('UNLOCK /lock', 1, {kind: 'answer-lost'})
    const planned = await root.plan()
    expect([planned.errors, planned.outputs['status'], planned.outputs['has-changes']]).toEqual([
      [],
      'planned',
      'false',
    ])
  })

  test('whose lock is held on is red, and names the lock and how to free it', async () => {
    harmFirst('UNLOCK /lock', 1, BUSY)
    const planned = await root.plan()
    const id = backend.lock() ?? 'none'
    expect([planned.code, planned.outputs['failure-reason']]).toEqual([1, 'state-locked'])
    expect(planned.errors).toEqual([
      expect.stringMatching(/^infra: the plan is made, but terraform could not release its lock: the state is locked/),
    ])
    expect(planned.errors[0]).toContain(`lock id ${id}`)
    expect(planned.summary).toContain(`"mode: unlock" and "lock-id: ${id}"`)
    expect(planned.summary).not.toContain('Planning failed half way')
  })

  test('was told of its own lock, whose answer was lost, and failed: the lock is released and taken again', async () => {
    for (const how of ['answer-lost', 'truncated'] as const) {
      backend.write('')
      harmFirst('LOCK /lock', 1, {kind: how})
      // As the tool does it by itself: a request without an answer is sent again.
      const planned = await root.plan({'backend-config': config.join('\n')})
      expect([planned.errors, planned.outputs['status'], backend.lock()]).toEqual([[], 'planned', undefined])
      expect(planned.log).toContain('its answer was lost: releasing it, and asking again')
      harmFirst('LOCK /lock', 1, {kind: how})
      const applied = await root.apply({
        'plan-id': planned.outputs['plan-id'] ?? '',
        'backend-config': config.join('\n'),
      })
      expect([applied.errors, applied.outputs['added'], backend.lock()]).toEqual([[], '1', undefined])
    }
  })

  test('that met a login page for a moment reads the state again', async () => {
    harmFirst('GET /state', 1, PORTAL)
    const planned = await root.plan()
    expect([planned.errors, planned.outputs['status']]).toEqual([[], 'planned'])
    expect(planned.log).toContain('what the backend gave is no state: reading it again')
  })

  test('that meets nothing but login pages was told to correct its configuration, twice: one error says what it met', async () => {
    harmFirst('GET /state', 1000, PORTAL)
    const planned = await root.plan()
    expect(planned.errors).toEqual(['infra: what the backend gave is no state.'])
    expect(planned.summary).toContain('a proxy, a login page')
    expect(planned.summary).not.toContain('correct the configuration')
  })

  test('of a backend that takes the lock and never answers whole says that the lock may be held', async () => {
    harmFirst('LOCK /lock', 1000, {kind: 'truncated'})
    const planned = await root.plan()
    expect(planned.errors).toEqual([expect.stringContaining('Error acquiring the state lock')])
    expect(planned.summary).toContain('it holds the lock of this run')
  })
})

test('an init that broke off had left half a record of its backend, and every run after it failed', async () => {
  mkdirSync(join(root.folder, 'infra/.terraform'))
  for (const half of ['', '{"version": 3, "terraform_ver']) {
    writeFileSync(join(root.folder, 'infra/.terraform/terraform.tfstate'), half)
    const planned = await root.plan()
    expect([planned.errors, planned.outputs['status']]).toEqual([[], 'planned'])
    expect(planned.log).toContain('An earlier init broke off')
  }
})
