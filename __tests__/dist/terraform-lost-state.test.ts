import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {jest} from '@jest/globals'
import {startStateServer} from '../support/state-server.ts'
import type {StateServer} from '../support/state-server.ts'
import {data, terraformRoot} from '../support/terraform-root.ts'
import type {TerraformRoot} from '../support/terraform-root.ts'

jest.setTimeout(180_000)

let backend: StateServer
let root: TerraformRoot
beforeEach(async () => {
  backend = await startStateServer()
  root = terraformRoot({'backend-config': `address=${backend.url}\nretry_max=0`}, 'http')
})
afterEach(async () => {
  root.remove()
  await backend.close()
})

async function appliedWhile(refusals: number): ReturnType<TerraformRoot['apply']> {
  root.write(data('a', 'input = "one"'))
  const planned = await root.plan()
  expect(planned.errors).toEqual([])
  backend.refuse(refusals)
  return await root.apply({'plan-id': planned.outputs['plan-id'] ?? ''})
}

const left = (): boolean => existsSync(join(root.folder, 'infra/errored.tfstate'))

test('what was made while the backend was away was in no state: it is written as soon as the backend is back', async () => {
  const applied = await appliedWhile(2)
  expect([applied.code, applied.outputs['status']]).toEqual([1, 'failed'])
  expect(applied.log).toContain('terraform could not write the state and left it in infra/errored.tfstate')
  expect(applied.errors.at(-1)).toMatch(/the state was written after all, on a later try/)
  expect(backend.state()).toContain('"type": "terraform_data"')
  expect(left()).toBe(false)
  const again = await root.plan()
  expect(again.outputs['has-changes']).toBe('false')
})

test('while the backend stays away, the run says that what was made is in no state, and how it gets there', async () => {
  const applied = await appliedWhile(1000)
  expect([applied.code, applied.outputs['status']]).toEqual([1, 'failed'])
  expect(applied.errors.at(-1)).toContain(
    'What was made stands in no state but in infra/errored.tfstate on this runner',
  )
  expect(applied.log).toContain('keep infra/errored.tfstate before this runner is gone')
  expect(applied.log).not.toContain('are done and in the state')
  expect([backend.state(), left()]).toEqual(['', true])
})
