import {jest} from '@jest/globals'
import {execFile} from 'node:child_process'
import {existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {arch} from 'node:process'
import {promisify} from 'node:util'
import {labEnvironment} from '../../lab/index.ts'
import type {ActionResult} from '../support/spawn-action.ts'
import {terraformRoot} from '../support/terraform-root.ts'
import type {TerraformRoot} from '../support/terraform-root.ts'

// The AWS provider, two thirds of a gigabyte, as a registry sends it: packed, so that each init would unpack it anew. It
// comes from where the lab's Terraform has it.
jest.setTimeout(600_000)

const AWS = 'registry.terraform.io/hashicorp/aws'
const PLATFORM = `linux_${arch === 'arm64' ? 'arm64' : 'amd64'}`
const CONFIG = 'resource "aws_cloudwatch_log_group" "it" {\n  name = "/provider-cache"\n}\n'
const PACK = `import os, sys, zipfile
with zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_STORED) as packed:
    for name in os.listdir(sys.argv[1]): packed.write(os.path.join(sys.argv[1], name), name)
`
const {vars} = labEnvironment()
const room = mkdtempSync(join(tmpdir(), 'slipway-real-provider-'))
const env: Record<string, string> = {
  ...Object.fromEntries(Object.entries(vars).filter(([name]) => name.startsWith('AWS_'))),
  TF_CLI_CONFIG_FILE: join(room, 'terraform.rc'),
  RUNNER_TOOL_CACHE: join(room, 'tools'),
}
const roots: TerraformRoot[] = []
let version: string

function checkout(lockFile?: string): TerraformRoot {
  const root = terraformRoot()
  roots.push(root)
  root.write(CONFIG)
  if (lockFile !== undefined) writeFileSync(join(root.folder, 'infra/.terraform.lock.hcl'), lockFile)
  return root
}

async function plan(root: TerraformRoot): Promise<ActionResult> {
  const run = await root.plan({}, {env})
  expect([run.errors, run.outputs['to-add']]).toEqual([[], '1'])
  return run
}

const installed = (root: TerraformRoot): string =>
  join(root.folder, 'infra/.terraform/providers', AWS, version, PLATFORM)
const packed = (): string => join(room, 'mirror', AWS, `terraform-provider-aws_${version}_${PLATFORM}.zip`)
const caches = (): string[] => readdirSync(join(room, 'tools/slipway-providers', `terraform-linux-${arch}`))

beforeAll(async () => {
  const first = checkout()
  await promisify(execFile)('terraform', ['init', '-input=false', '-backend=false'], {
    cwd: join(first.folder, 'infra'),
    env: {...process.env, ...vars},
  })
  version = readdirSync(join(first.folder, 'infra/.terraform/providers', AWS))[0] ?? ''
  mkdirSync(join(room, 'mirror', AWS), {recursive: true})
  await promisify(execFile)('python3', ['-c', PACK, installed(first), packed()])
  writeFileSync(
    env['TF_CLI_CONFIG_FILE'] ?? '',
    `provider_installation {\n  filesystem_mirror { path = "${room}/mirror" }\n}\n`,
  )
})
afterAll(() => {
  for (const root of roots) root.remove()
  rmSync(room, {recursive: true, force: true})
})

test('jobs that begin at the same time plan with the real provider, and the next one neither fetches nor unpacks it', async () => {
  const first = checkout()
  await plan(first)
  const lockFile = readFileSync(join(first.folder, 'infra/.terraform.lock.hcl'), 'utf8')
  expect(existsSync(join(room, 'tools/slipway-providers'))).toBe(false)

  const both = [checkout(lockFile), checkout(lockFile)]
  await Promise.all(both.map(plan))
  expect(caches()).toHaveLength(1)

  // Whoever unpacks this, or compares its checksum with the lock file, fails.
  writeFileSync(packed(), 'no archive any more')
  const [next, other] = [checkout(lockFile), checkout(lockFile)]
  const [run] = await Promise.all([next, other].map(plan))
  expect(run?.log).toContain('providers come from')
  expect(lstatSync(installed(next)).isSymbolicLink()).toBe(true)
  expect(caches()).toHaveLength(1)
})
