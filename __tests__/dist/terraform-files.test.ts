import {jest} from '@jest/globals'
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
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

const archive = (): string => join(root.folder, 'infra/build/app.zip')
/** An object whose apply reads the archive, as a Lambda's does. */
const FUNCTION = data('function', 'provisioner "local-exec" { command = "grep -q the-s3cr3t-code build/app.zip" }')

async function planned(inputs: Readonly<Record<string, string>>): Promise<string> {
  root.write(FUNCTION)
  mkdirSync(join(root.folder, 'infra/build'), {recursive: true})
  writeFileSync(archive(), 'the-s3cr3t-code')
  const run = await root.plan(inputs)
  expect([run.errors, run.warnings]).toEqual([[], []])
  // The next job has a checkout of its own.
  rmSync(join(root.folder, 'infra/build'), {recursive: true})
  return run.outputs['plan-id']!
}

test('"no such file: build/app.zip": an archive that the plan made is there when another job applies', async () => {
  const without = await root.apply({'plan-id': await planned({})})
  expect(without.outputs['failure-reason']).toBe('apply-failed')
  const run = await root.apply({'plan-id': await planned({'plan-files': 'build/*.zip'})})
  expect(run.errors).toEqual([])
  expect(run.log).toContain('files of the plan put back into infra: build/app.zip')
  expect(readFileSync(archive(), 'utf8')).toBe('the-s3cr3t-code')
})

test('it lies under the seal of the plan: not readable in the store, and not put back when it was changed', async () => {
  const id = await planned({'plan-files': 'build/*.zip'})
  const file = join(root.folder, 'plans', readdirSync(join(root.folder, 'plans'))[0]!)
  const bytes = readFileSync(file)
  expect(bytes.includes('the-s3cr3t-code')).toBe(false)
  bytes[bytes.length - 20] = bytes[bytes.length - 20]! ^ 1
  writeFileSync(file, bytes)
  const run = await root.apply({'plan-id': id})
  expect([run.outputs['failure-reason'], existsSync(archive())]).toEqual(['plan-rejected', false])
})

test('a pattern that leads out is refused before anything runs; one in vain is a warning', async () => {
  root.write(data('a'))
  const out = await root.plan({'plan-files': '../*.zip'})
  expect(out.errors).toEqual([expect.stringContaining('"plan-files" has "../*.zip", which leads out')])
  expect(existsSync(join(root.folder, 'infra/.terraform'))).toBe(false)
  const vain = await root.plan({'plan-files': 'build/*.zip'})
  expect([vain.code, vain.warnings]).toEqual([
    0,
    [expect.stringContaining('there is no such file in infra after the plan')],
  ])
})
