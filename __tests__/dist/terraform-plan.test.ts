import {jest} from '@jest/globals'
import {chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {findOnPath} from '../support/find-on-path.ts'
import {data, PLAN_KEY, terraformRoot} from '../support/terraform-root.ts'
import type {TerraformRoot} from '../support/terraform-root.ts'

jest.setTimeout(120_000)

let root: TerraformRoot
beforeEach(() => {
  root = terraformRoot()
})
afterEach(() => {
  root.remove()
})

test('a plan with changes: outputs, preview, summary, a sealed plan, no secret anywhere', async () => {
  await root.settle(data('gone', 'input = "x"') + data('kept', 'input = {password = "s3cr3t-old", n = 1}'))
  root.write(
    `variable "p" { sensitive = true }\n${data('kept', 'input = {password = var.p, n = 2}')}output "secret" {\n  value     = var.p\n  sensitive = true\n}\n`,
  )
  const run = await root.plan({variables: 'p=s3cr3t-new "with" ${all}'})
  expect(run.errors).toEqual([])
  expect(run.code).toBe(0)
  expect(run.outputs).toMatchObject({
    status: 'planned',
    'has-changes': 'true',
    'exit-code': '2',
    'to-add': '0',
    'to-change': '1',
    'to-replace': '0',
    'to-destroy': '1',
    guarded: '0',
    'plan-id': expect.stringMatching(/^infra-default-[0-9a-f]{8}-4c1f2e900000-1001-1$/) as string,
    'plan-digest': expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
  })
  expect(JSON.parse(run.outputs['preview']!)).toMatchObject({
    schema: 'slipway.preview/v1',
    verdict: 'destroy',
    headline: '**~1 −1** destroys `terraform_data.gone`',
  })
  expect(JSON.parse(run.outputs['receipt']!)).toMatchObject({
    stage: 'plan',
    status: 'planned',
    now: {change: 1, destroy: 1},
  })
  expect(run.log).toContain('- terraform_data.gone: will be destroyed (it is no longer in the configuration)')
  expect(run.summary).toMatch(/^### Plan for `infra`: ~1 −1\n\n\*\*⚠ destroys `terraform_data.gone`\*\*/)
  expect(run.visible).not.toContain('s3cr3t-new')
  const saved = readFileSync(join(root.folder, 'plans', `${run.outputs['plan-id']!}.slipway-plan`), 'latin1')
  expect(saved).not.toContain('s3cr3t')
  expect(saved).not.toContain(PLAN_KEY)
})

test('a plan that loses what a rule denies is shown whole, is red, and is kept nowhere', async () => {
  await root.settle(data('a') + data('b') + data('c'))
  root.write(data('c'))
  const before = readdirSync(join(root.folder, 'plans'))
  const run = await root.plan({guard: 'protect terraform_data.b\ndeny terraform_data.a'})
  expect(run.code).toBe(1)
  expect(run.errors).toEqual([
    expect.stringContaining(
      'infra: the plan destroys terraform_data.a, which no approval lets pass (deny terraform_data.a)',
    ),
  ])
  expect(run.warnings).toEqual([expect.stringContaining('The guard stands before terraform_data.b')])
  expect(run.outputs).toMatchObject({
    status: 'failed',
    'failure-reason': 'destroy-denied',
    'has-changes': 'true',
    'to-destroy': '2',
    denied: '1',
    guarded: '1',
    'plan-id': '',
    'plan-digest': expect.stringMatching(/^sha256:/) as string,
  })
  expect(JSON.parse(run.outputs['preview']!)).toMatchObject({
    headline: expect.stringContaining('⛔ the guard denies 1') as string,
  })
  expect(JSON.parse(run.outputs['preview']!)).not.toHaveProperty('planId')
  expect(JSON.parse(run.outputs['receipt']!)).toMatchObject({status: 'failed'})
  expect(run.summary).toContain(
    '> [!CAUTION]\n> The guard denies this, and nothing lets it pass: this plan is not kept and is never applied.\n' +
      '> - `terraform_data.a` (deny terraform\\_data.a)',
  )
  expect([run.log.includes('kept as'), run.log.includes('✓ planned')]).toEqual([false, false])
  expect(readdirSync(join(root.folder, 'plans'))).toEqual(before)
})

const OUTPUTS =
  'output "url" { value = "https://app.example" }\noutput "ports" { value = [80, 443] }\n' +
  'output "token" {\n  value     = "s3cr3t-token"\n  sensitive = true\n}\n'

test('a plan without changes is green, says so, and hands on the outputs of the root, so that no job need apply', async () => {
  await root.settle(data('a', 'input = 1') + OUTPUTS)
  const run = await root.plan()
  expect(run.code).toBe(0)
  expect(run.outputs).toMatchObject({'has-changes': 'false', 'exit-code': '0'})
  const open = {url: 'https://app.example', ports: [80, 443]}
  expect(JSON.parse(run.outputs['outputs']!)).toEqual(open)
  // Word for word what an apply gives, which would have nothing to do.
  const applied = await root.apply({'plan-id': run.outputs['plan-id']!})
  expect([applied.outputs['status'], applied.outputs['outputs']]).toEqual(['unchanged', run.outputs['outputs']])
  expect(run.visible).not.toContain('s3cr3t-token')
  expect(JSON.parse(run.outputs['preview']!)).toMatchObject({verdict: 'none', headline: '**no changes**'})
})

test.each([
  ['that would do something', {}, data('b') + OUTPUTS],
  ['of a part of the root', {target: 'terraform_data.a'}, OUTPUTS],
])('a plan %s cannot know the outputs of the root, and hands on none', async (_what, inputs, more) => {
  await root.settle(data('a') + OUTPUTS)
  root.write(data('a') + more)
  const run = await root.plan(inputs)
  expect([run.code, run.outputs['outputs']]).toEqual([0, ''])
})

test('an error of the configuration is an annotation on its file and line', async () => {
  root.write(data('a', 'input = var.nope'))
  const run = await root.plan()
  expect(run.code).toBe(1)
  expect(run.log).toMatch(/^::error file=infra\/main\.tf,line=5::infra: Reference to undeclared input variable/m)
  expect(run.outputs).toMatchObject({status: 'failed', 'failure-reason': 'plan-failed'})
  expect(run.outputs['plan-id']).toBeUndefined()
})

test('an error of init is an annotation on its file and line', async () => {
  root.write('module "m" {\n  source = "./nowhere"\n}\n')
  const run = await root.plan()
  expect(run.code).toBe(1)
  expect(run.log).toMatch(/^::error file=infra\/main\.tf,line=4::infra: Unreadable module directory/m)
  expect(run.outputs['failure-reason']).toBe('plan-failed')
})

test('workflow commands in what others write have no effect', async () => {
  root.write(data('a', 'input = "\\n::error::injected\\n::set-output name=x::y"'))
  const run = await root.plan()
  expect(run.code).toBe(0)
  const unfenced = run.log.replace(/::stop-commands::(\S+)[\s\S]*?::\1::/g, '')
  expect(unfenced).not.toContain('injected')
})

test('the wrapper of setup-terraform is bypassed', async () => {
  root.write(data('a'))
  const folder = join(root.folder, 'wrapped')
  mkdirSync(folder)
  const wrapper = join(folder, 'terraform')
  writeFileSync(wrapper, '#!/bin/sh\necho "the wrapper was called"\nexit 9\n')
  writeFileSync(join(folder, 'terraform-bin'), `#!/bin/sh\nexec "${findOnPath('terraform')}" "$@"\n`)
  for (const file of [wrapper, join(folder, 'terraform-bin')]) chmodSync(file, 0o755)
  const run = await root.plan({}, {path: [folder], env: {TERRAFORM_CLI_PATH: folder}})
  expect(run.log).not.toContain('the wrapper was called')
  expect(run.code).toBe(0)
})

describe('bad input: one sentence, and nothing has run', () => {
  test.each<[string, Readonly<Record<string, string>>, string]>([
    [
      'a folder that is not there',
      {'working-directory': 'infar'},
      'Input "working-directory" is "infar", which is not a folder',
    ],
    ['a folder outside', {'working-directory': '../..'}, 'is "../..", which is outside the workspace'],
    ['a tool that is none', {tool: 'terragrunt'}, 'Input "tool" is "terragrunt": use terraform or tofu.'],
    ['a short key', {'plan-key': 'short'}, 'Input "plan-key" has fewer than 16 characters'],
    [
      'options that clash',
      {destroy: 'true', 'refresh-only': 'true'},
      'Inputs "destroy" and "refresh-only" exclude each other',
    ],
    [
      'a file that is not there',
      {'var-file': 'prod.tfvars'},
      'Input "var-file" names the file "prod.tfvars", which does not exist',
    ],
    ['a time that is none', {'lock-timeout': 'long'}, 'Input "lock-timeout" is "long": give a time such as 30s or 5m.'],
    [
      'a store that is none',
      {'plan-store': 'gs://bucket'},
      'Input "plan-store" is "gs://bucket": use artifact, s3://bucket/prefix or a folder.',
    ],
    ['no artifact service', {'plan-store': 'artifact'}, 'this runner has no artifact service'],
    ['no region', {'plan-store': 's3://bucket/x'}, 'No AWS region is set'],
    ['a rule that is none', {guard: 'everything'}, 'Input "guard" has the line "everything"'],
  ])('%s', async (_title, inputs, sentence) => {
    root.write(data('a'))
    const run = await root.plan(inputs)
    expect(run.code).toBe(1)
    expect(run.errors).toEqual([expect.stringContaining(sentence)])
    expect(run.outputs['failure-reason']).toBe('invalid-input')
    expect(run.log).not.toContain('init in')
  })

  test('no tool', async () => {
    root.write(data('a'))
    const run = await root.plan({}, {env: {PATH: '/nonexistent'}})
    expect(run.errors).toEqual([expect.stringContaining('"terraform" was not found on PATH')])
  })

  test('a workspace that is not there: its like is not taken for it', async () => {
    root.write(data('a'))
    const made = await root.plan({workspace: 'prod-eu', 'create-workspace': 'true'})
    expect(made.code).toBe(0)
    const run = await root.plan({workspace: 'prod'})
    expect(run.errors).toEqual([
      expect.stringContaining('Input "workspace" is "prod", which does not exist (there is default, prod-eu)'),
    ])
  })
})
