import {jest} from '@jest/globals'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {unformatted} from '../../actions/shared/terraform/checks.ts'
import {data, terraformRoot} from '../support/terraform-root.ts'
import type {TerraformRoot} from '../support/terraform-root.ts'

jest.setTimeout(120_000)

let root: TerraformRoot
beforeEach(() => {
  root = terraformRoot()
})
afterEach(() => {
  root.remove()
})

const VARIABLE = 'variable "n" {\n  default = 1\n}\n'
const testFile = (name: string, text: string): void => {
  mkdirSync(join(root.folder, 'infra/tests'), {recursive: true})
  writeFileSync(join(root.folder, 'infra/tests', name), text)
}
const assertion = (name: string, n: number): string =>
  `run "${name}" {\n  command = plan\n  assert {\n    condition     = var.n == ${String(n)}\n    error_message = "n is not ${String(n)}."\n  }\n}\n`

test('fmt-check: each file is annotated at the first line that is not as fmt writes it, and nothing is planned', async () => {
  root.write(`${VARIABLE}resource "terraform_data" "a" {\n  input = "x"\n}\n\noutput "o" {\nvalue=var.n\n}\n`)
  mkdirSync(join(root.folder, 'infra/m'))
  writeFileSync(join(root.folder, 'infra/m/main.tf'), 'locals {\n a = 1\n}\n')
  const run = await root.plan({'fmt-check': 'true'})
  expect(run.outputs).toMatchObject({status: 'failed', 'failure-reason': 'plan-failed'})
  expect(run.log).toMatch(/^::error file=infra\/main\.tf,line=12::infra\/main\.tf is not formatted/m)
  expect(run.log).toMatch(/^::error file=infra\/m\/main\.tf,line=2::infra: infra\/m\/main\.tf \(and 1 more\) is not/m)
  expect(run.log).toContain('+  value = var.n')
  expect(run.log).not.toContain('terraform plan')
})

test('fmt-check of a file that is no HCL names the place', async () => {
  root.write(data('a'))
  mkdirSync(join(root.folder, 'infra/m'))
  writeFileSync(join(root.folder, 'infra/m/main.tf'), 'locals {\n')
  const run = await root.plan({'fmt-check': 'true'})
  expect(run.log).toMatch(/^::error file=infra\/m\/main\.tf,line=1::infra: Unclosed configuration block/m)
})

test('validate: every problem is annotated on its line', async () => {
  root.write('output "a" {\n  value = var.nope\n}\noutput "b" {\n  value = local.nope\n}\n')
  const run = await root.plan({validate: 'true'})
  expect(run.outputs['failure-reason']).toBe('plan-failed')
  expect(run.log).toMatch(/^::error file=infra\/main\.tf,line=5.*Reference to undeclared input variable/m)
  expect(run.log).toMatch(/^::error file=infra\/main\.tf,line=8.*Reference to undeclared local value/m)
})

test('test: a failed assertion is annotated in its test file', async () => {
  root.write(VARIABLE)
  testFile('n.tftest.hcl', assertion('good', 1) + assertion('bad', 2))
  const run = await root.plan({test: 'true'})
  expect(run.outputs['failure-reason']).toBe('plan-failed')
  expect(run.log).toContain('"good"... pass')
  expect(run.log).toMatch(/^::error file=infra\/tests\/n\.tftest\.hcl,line=11.*Test assertion failed: n is not 2/m)
})

test('all of them green, with the variables of the plan; the plan follows', async () => {
  root.write(VARIABLE)
  testFile('n.tftest.hcl', assertion('three', 3))
  const run = await root.plan({'fmt-check': 'true', validate: 'true', test: 'true', variables: 'n=3'})
  expect(run.errors).toEqual([])
  expect(run.log).toContain('Success! 1 passed, 0 failed.')
  expect(run.outputs['status']).toBe('planned')
})

test('test without any test is a failure that says so', async () => {
  root.write(VARIABLE)
  const run = await root.plan({test: 'true'})
  expect(run.errors).toEqual(['infra: there are no tests, and "test" is set.'])
})

test('the first changed line of a diff is counted from its hunk', () => {
  const diff = 'a.tf\n--- old/a.tf\n+++ new/a.tf\n@@ -2,6 +2,6 @@\n   default = 1\n }\n-input=1\n+  input = 1\n }\n'
  expect(unformatted(diff, '.')).toEqual([{file: 'a.tf', line: 4}])
  expect(unformatted('nonsense', '.')).toEqual([])
})
