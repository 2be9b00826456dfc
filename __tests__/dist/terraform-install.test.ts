import {jest} from '@jest/globals'
import {existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {findOnPath} from '../support/find-on-path.ts'
import {startReleases} from '../support/release-server.ts'
import type {ReleaseServer} from '../support/release-server.ts'
import type {ActionResult} from '../support/spawn-action.ts'
import {data, terraformRoot} from '../support/terraform-root.ts'
import type {TerraformRoot} from '../support/terraform-root.ts'

jest.setTimeout(120_000)

let room: string
let server: ReleaseServer
let root: TerraformRoot
beforeEach(async () => {
  room = mkdtempSync(join(tmpdir(), 'slipway-releases-'))
  server = await startReleases(room, ['1.8.4', '1.8.5', '1.9.1', '1.10.0-rc1', '99.0.0'], findOnPath('terraform'))
  root = terraformRoot()
  root.write(data('a'))
  put('keys/releases.asc', server.key)
})
afterEach(async () => {
  await server.close()
  root.remove()
  rmSync(room, {recursive: true, force: true})
})

function put(file: string, text: string): void {
  mkdirSync(join(root.folder, file, '..'), {recursive: true})
  writeFileSync(join(root.folder, file), text)
}

const plan = (
  inputs: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<ActionResult> =>
  root.plan(
    {'tool-mirror': server.url, 'tool-key': 'keys/releases.asc', ...inputs},
    {env: {RUNNER_TOOL_CACHE: join(room, 'cache'), ...env}},
  )

test('the newest version of a range is installed once, its checksum and signature checked, and kept in the tool cache', async () => {
  const run = await plan({'terraform-version': '~1.8.0'})
  expect(run.errors).toEqual([])
  expect(run.log).toMatch(/asks for ~1\.8\.0; on PATH is 1\.\d+/)
  expect(run.log).toContain('terraform 1.8.5: checksum and signature hold')
  expect(run.log).toContain('terraform 1.8.5: init in infra')
  expect(existsSync(join(room, 'cache/terraform/1.8.5', `${process.arch}.complete`))).toBe(true)
  const asked = server.requests.length
  expect((await plan({'terraform-version': '1.8.5'})).errors).toEqual([])
  expect(server.requests).toHaveLength(asked)
})

test('without a tool on PATH the version that the configuration requires is installed', async () => {
  root.write(`terraform {\n  required_version = "~> 1.8, != 1.9.1"\n}\n${data('a')}`)
  const run = await plan({}, {PATH: '/usr/bin:/bin'})
  expect(run.errors).toEqual([])
  expect(run.log).toContain('required_version of infra asks for ~> 1.8, != 1.9.1')
  expect(run.log).toContain('terraform 1.8.5: init in infra')
})

test('OpenTofu is installed from the layout of its releases', async () => {
  const run = await plan({tool: 'tofu', 'terraform-version': '>= 1.8, < 1.9'})
  expect(run.errors).toEqual([])
  expect(run.log).toContain('tofu 1.8.5: init in infra')
  expect(server.requests).toContain('/v1.8.5/tofu_1.8.5_SHA256SUMS.gpgsig')
})

describe('a version file decides, before required_version and after the input', () => {
  test.each<[string, string, string]>([
    ['infra/.terraform-version', '# pinned\n1.8.4\n', '1.8.4'],
    ['.terraform-version', '1.8\n', '1.8.5'],
    ['.tfswitchrc', '1.9.1\n', '1.9.1'],
    ['.tool-versions', 'nodejs 24.0.0\nterraform 1.8.4 1.8.5\n', '1.8.4'],
    ['mise.toml', '[tools]\nnode = "24"\nterraform = "1.9"\n', '1.9.1'],
    ['.mise.toml', '[tools]\nterraform = {version = "1.8.4"}\n', '1.8.4'],
  ])('%s', async (file, text, version) => {
    put(file, text)
    const run = await plan()
    expect(run.errors).toEqual([])
    expect(run.log).toContain(`${file} asks for`)
    expect(run.log).toContain(`terraform ${version}: init in infra`)
  })
})

describe('what is not what was published is not installed', () => {
  const zip = `/terraform/1.8.5/terraform_1.8.5_${process.platform}_${process.arch === 'arm64' ? 'arm64' : 'amd64'}.zip`
  const sums = '/terraform/1.8.5/terraform_1.8.5_SHA256SUMS'
  test.each<[string, () => void, RegExp]>([
    [
      'another archive',
      () => server.files.set(zip, Buffer.from('evil')),
      /has sha256 [0-9a-f]{64}, but [0-9a-f]{64} is published/,
    ],
    [
      'another archive with checksums to match',
      () => {
        server.files.set(zip, server.files.get(zip.replaceAll('1.8.5', '1.8.4'))!)
        server.files.set(sums, Buffer.from(`${'0'.repeat(64)}  x\n`))
      },
      /The signature of .*SHA256SUMS does not hold: .*BAD signature/,
    ],
    ['no signature', () => server.files.delete(`${sums}.sig`), /SHA256SUMS\.sig: it answers 404/],
    [
      'a key of somebody else',
      () => {
        put('keys/releases.asc', 'no key')
      },
      /its key cannot be read: gpg: /,
    ],
    [
      'a version that is not there',
      () => server.files.delete(zip),
      /cannot be installed from .*: it answers 404; check the version/,
    ],
  ])('%s', async (_title, change, sentence) => {
    change()
    const run = await plan({'terraform-version': '1.8.5'})
    expect(run.errors).toEqual([expect.stringMatching(sentence)])
    expect(run.outputs['failure-reason']).toBe('invalid-input')
    expect(existsSync(join(room, 'cache/terraform/1.8.5', `${process.arch}.complete`))).toBe(false)
  })

  test('the checksum is compared without a signature too', async () => {
    server.files.delete(`${sums}.sig`)
    const good = await plan({'terraform-version': '1.8.5', 'verify-signature': 'false'})
    expect(good.errors).toEqual([])
    expect(good.log).toContain('checksum holds, signature not checked')
  })

  test("a key that is not the maker's is not believed", async () => {
    const run = await plan(
      {'terraform-version': '1.8.5', 'tool-key': ''},
      {HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '127.0.0.1'},
    )
    expect(run.errors).toEqual([expect.stringContaining('keep it in the repository and name it with "tool-key"')])
  })
})

test.each<[Readonly<Record<string, string>>, string]>([
  [{'terraform-version': 'newest'}, 'Input "terraform-version" is "newest", which is no version'],
  [{'terraform-version': '~2.0'}, 'Input "terraform-version" is "~2.0", and 127.0.0.1'],
  [{'tool-mirror': 'mirror.example.com'}, 'Input "tool-mirror" is "mirror.example.com": give the address'],
  [{'terraform-version': '1.8.5', 'tool-key': 'keys/none.asc'}, 'Input "tool-key" names the file "keys/none.asc"'],
])('bad input: %j', async (inputs, sentence) => {
  const run = await plan(inputs)
  expect(run.errors).toEqual([expect.stringContaining(sentence)])
})
