import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionResult} from '../support/spawn-action.ts'

const ROOT = 'terraform {\n  backend "s3" {}\n}\n'
let room: string
let origin: string

beforeAll(() => {
  room = mkdtempSync(join(tmpdir(), 'slipway-roots-'))
  origin = join(room, 'origin')
  mkdirSync(origin)
  git(origin, 'init', '--quiet', '--initial-branch', 'main')
  commit(origin, {
    'envs/prod/main.tf': `${ROOT}module "m" {\n  source = "../../modules/app"\n}\n`,
    'envs/staging/main.tf': ROOT,
    'modules/app/main.tf': 'locals {}\n',
  })
  git(origin, 'checkout', '--quiet', '-b', 'change')
  commit(origin, {'modules/app/main.tf': 'locals {\n  a = 1\n}\n'})
  git(origin, 'checkout', '--quiet', 'main')
  commit(origin, {'envs/staging/main.tf': `${ROOT}locals {}\n`})
  git(origin, 'checkout', '--quiet', '-b', 'merge')
  git(origin, 'merge', '--quiet', '--no-ff', '--message', 'merge', 'change')
})
afterAll(() => {
  rmSync(room, {recursive: true, force: true})
})

function git(folder: string, ...argv: string[]): string {
  const as = ['-c', 'user.name=test', '-c', 'user.email=test@example.test', '-c', 'uploadpack.allowAnySHA1InWant=true']
  return execFileSync('git', [...as, ...argv], {cwd: folder, encoding: 'utf8'}).trim()
}

function commit(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), {recursive: true})
    writeFileSync(join(folder, path), text)
  }
  git(folder, 'add', '--all')
  git(folder, 'commit', '--quiet', '--message', 'change')
}

const of = (ref: string): string => git(origin, 'rev-parse', ref)

/** A checkout of one commit, as actions/checkout makes it. */
function checkout(branch: string): string {
  const folder = mkdtempSync(join(room, 'checkout-'))
  git(folder, 'clone', '--quiet', '--depth', '1', '--branch', branch, `file://${origin}`, '.')
  return folder
}

const find = async (
  workspace: string,
  event: readonly [name: string, payload: object],
  inputs: Readonly<Record<string, string>> = {},
): Promise<ActionResult> => {
  const file = join(mkdtempSync(join(room, 'event-')), 'event.json')
  writeFileSync(file, JSON.stringify(event[1]))
  const env = {GITHUB_EVENT_NAME: event[0], GITHUB_EVENT_PATH: file, GITHUB_REPOSITORY: 'acme/infra'}
  return await spawnAction('terraform-roots', {workspace, inputs, env})
}
const pull = (): [string, object] => [
  'pull_request',
  // The base branch as it was when the pull request was opened: it has moved since.
  {number: 1, pull_request: {number: 1, head: {sha: of('change')}, base: {sha: of('main~1')}}},
]

test('a pull request touches what it changes itself, not what its base changed since, from a checkout of depth 1', async () => {
  const ran = await find(checkout('merge'), pull())
  expect([ran.code, ran.outputs['roots'], ran.outputs['count']]).toEqual([0, '["envs/prod"]', '1'])
  expect(ran.log).toContain('envs/prod  modules/app/main.tf (through modules/app)')
  expect(ran.summary).toContain('| `envs/prod` | `modules/app/main.tf` (through `modules/app`) |')
})

test('a push touches what came since the commit before it', async () => {
  const ran = await find(checkout('main'), ['push', {before: of('main~1')}])
  expect([ran.code, ran.outputs['roots']]).toEqual([0, '["envs/staging"]'])
})

test('a new branch, and a commit that is gone, touch every root, and the log says why', async () => {
  const fresh = await find(checkout('main'), ['push', {before: '0'.repeat(40)}])
  expect([fresh.code, fresh.outputs['count']]).toEqual([0, '2'])
  expect(fresh.log).toContain('2 of 2 roots, all, since this push has no commit before it')
  const gone = await find(checkout('main'), ['push', {before: 'ab'.repeat(20)}])
  expect([gone.code, gone.outputs['count']]).toEqual([0, '2'])
  expect(gone.log).toContain('2 of 2 roots, all, since abababa cannot be fetched')
})

test('a base that is no commit is refused in one sentence', async () => {
  const ran = await find(checkout('main'), pull(), {base: 'relase'})
  expect([ran.code, ran.outputs['failure-reason'], ran.outputs['roots']]).toEqual([1, 'invalid-input', undefined])
  expect(ran.errors.join()).toContain('Input "base" is "relase", which git cannot find')
  const option = await find(checkout('main'), pull(), {base: '--upload-pack=touch pwned'})
  expect([option.code, option.outputs['failure-reason']]).toEqual([1, 'invalid-input'])
})

test('more roots than were bargained for are refused', async () => {
  const ran = await find(checkout('main'), ['schedule', {}], {'max-roots': '1'})
  expect([ran.code, ran.outputs['failure-reason'], ran.outputs['roots']]).toEqual([1, 'invalid-input', undefined])
  expect(ran.errors.join()).toContain('the change touches 2 roots, and "max-roots" is 1')
})

test('a folder that is no checkout is named, with the step that is missing', async () => {
  const ran = await find(mkdtempSync(join(room, 'empty-')), pull())
  expect([ran.code, ran.outputs['failure-reason']]).toEqual([1, 'invalid-input'])
  expect(ran.errors.join()).toMatch(/is no checkout .*run actions\/checkout before this step/)
})
