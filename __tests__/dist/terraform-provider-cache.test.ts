import {jest} from '@jest/globals'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {arch} from 'node:process'
import {zipSync} from 'fflate'
import type {ActionResult} from '../support/spawn-action.ts'
import {data, terraformRoot} from '../support/terraform-root.ts'
import type {TerraformRoot} from '../support/terraform-root.ts'

jest.setTimeout(180_000)

// A provider that can be installed, by the real tool and out of a mirror as a registry would send it, but not run: what is
// tested is `init`, and the plan then fails.
const NAME = 'registry.terraform.io/acme/fake'
const PLATFORM = `linux_${arch === 'arm64' ? 'arm64' : 'amd64'}`
const CONFIG = `terraform {\n  required_providers {\n    fake = { source = "acme/fake" }\n  }\n}\n${data('a')}`
const RAN = 'failed to instantiate provider'

const roots: TerraformRoot[] = []
let first: TerraformRoot
let env: Record<string, string>
beforeEach(() => {
  first = checkout()
  const mirror = join(first.folder, 'mirror')
  mkdirSync(join(mirror, NAME), {recursive: true})
  const program = new TextEncoder().encode('#!/bin/sh\nexit 1\n')
  const zip = zipSync({'terraform-provider-fake_v1.0.0': [program, {os: 3, attrs: 0o100755 << 16}]})
  writeFileSync(join(mirror, NAME, `terraform-provider-fake_1.0.0_${PLATFORM}.zip`), zip)
  const settings = join(first.folder, 'terraform.rc')
  writeFileSync(settings, `provider_installation {\n  filesystem_mirror { path = "${mirror}" }\n}\n`)
  env = {TF_CLI_CONFIG_FILE: settings, RUNNER_TOOL_CACHE: join(first.folder, 'tools')}
})
afterEach(() => {
  for (const root of roots.splice(0)) root.remove()
})

function checkout(lockFile?: string): TerraformRoot {
  const root = terraformRoot()
  roots.push(root)
  root.write(CONFIG)
  if (lockFile !== undefined) writeFileSync(join(root.folder, 'infra/.terraform.lock.hcl'), lockFile)
  return root
}

const plan = async (root: TerraformRoot, inputs = {}, more = {}): Promise<ActionResult> =>
  await root.plan(inputs, {env: {...env, ...more}})
const caches = (): string => join(env['RUNNER_TOOL_CACHE'] ?? '', 'slipway-providers', `terraform-linux-${arch}`)
const kept = (): string[] => (existsSync(caches()) ? readdirSync(caches()) : [])
const installed = (root: TerraformRoot): string =>
  join(root.folder, 'infra/.terraform/providers', NAME, '1.0.0', PLATFORM)

/** The lock file that init writes. */
async function locked(): Promise<string> {
  await plan(first)
  return readFileSync(join(first.folder, 'infra/.terraform.lock.hcl'), 'utf8')
}

test('providers of an unpacked mirror are links: there is nothing to keep, and no folder that is missing is spoken of', async () => {
  const mirror = join(first.folder, 'unpacked')
  const folder = join(mirror, NAME, '1.0.0', PLATFORM)
  mkdirSync(folder, {recursive: true})
  writeFileSync(join(folder, 'terraform-provider-fake_v1.0.0'), '#!/bin/sh\nexit 1\n')
  chmodSync(join(folder, 'terraform-provider-fake_v1.0.0'), 0o755)
  const settings = join(first.folder, 'unpacked.rc')
  writeFileSync(settings, `provider_installation {\n  filesystem_mirror { path = "${mirror}" }\n}\n`)
  env = {...env, TF_CLI_CONFIG_FILE: settings}
  const root = checkout(await locked())
  const {log} = await plan(root)
  expect(log).toContain(RAN)
  expect(log).not.toContain('not kept for later runs')
  expect(lstatSync(installed(root)).isSymbolicLink()).toBe(true)
  expect(kept()).toEqual([])
})

test('providers are fetched once per lock file: the second run fetches nothing', async () => {
  const lockFile = await locked()
  // Without a committed lock file nobody knows which providers the next run will need.
  expect(kept()).toEqual([])
  const [one, two] = [checkout(lockFile), checkout(lockFile)]
  const fetched = await plan(one)
  expect([fetched.log.includes(RAN), kept().length, lstatSync(installed(one)).isSymbolicLink()]).toEqual([
    true,
    1,
    true,
  ])
  writeFileSync(
    join(first.folder, 'mirror', NAME, `terraform-provider-fake_1.0.0_${PLATFORM}.zip`),
    'no archive any more',
  )
  const cached = await plan(two)
  expect(cached.log).toContain(`providers come from ${caches()}`)
  expect([cached.log.includes(RAN), lstatSync(installed(two)).isSymbolicLink()]).toEqual([true, true])
  const another = await plan(checkout(`${lockFile}# another\n`))
  expect([another.log.includes(RAN), another.log.includes('providers come from')]).toEqual([false, false])
})

test('jobs that begin at the same time on one machine all get their providers, and one cache is left', async () => {
  const lockFile = await locked()
  const runs = await Promise.all([1, 2, 3, 4].map(async () => await plan(checkout(lockFile))))
  expect(runs.map(({log}) => log.includes(RAN))).toEqual([true, true, true, true])
  expect(kept()).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)])
})

test('a folder of the checkout, for actions/cache; switched off; left to a cache of one’s own; a folder outside is refused', async () => {
  const lockFile = await locked()
  const [own, off, users] = [checkout(lockFile), checkout(lockFile), checkout(lockFile)]
  await plan(own, {'provider-cache': '.providers'})
  expect([readdirSync(join(own.folder, '.providers')).length, kept()]).toEqual([1, []])
  await plan(off, {'provider-cache': 'false'})
  mkdirSync(join(users.folder, 'cache'))
  await plan(users, {}, {TF_PLUGIN_CACHE_DIR: join(users.folder, 'cache')})
  expect(kept()).toEqual([])
  const out = await plan(off, {'provider-cache': '../elsewhere'})
  expect(out.errors).toEqual([
    expect.stringContaining('"provider-cache" is "../elsewhere", which is outside the workspace'),
  ])
})

test('a cache that cannot be written stops nothing; one that nobody has used for a month goes', async () => {
  const lockFile = await locked()
  const old = join(caches(), 'f'.repeat(32))
  mkdirSync(old, {recursive: true})
  utimesSync(old, 1, 1)
  expect((await plan(checkout(lockFile))).log).toContain(RAN)
  expect(kept()).not.toContain('f'.repeat(32))
  rmSync(join(env['RUNNER_TOOL_CACHE'] ?? '', 'slipway-providers'), {recursive: true})
  writeFileSync(join(env['RUNNER_TOOL_CACHE'] ?? '', 'slipway-providers'), 'a file in its place')
  chmodSync(env['RUNNER_TOOL_CACHE'] ?? '', 0o500)
  const run = await plan(checkout(lockFile))
  chmodSync(env['RUNNER_TOOL_CACHE'] ?? '', 0o700)
  expect([run.log.includes(RAN), run.log.includes('the providers are not kept for later runs')]).toEqual([true, true])
})
