import {jest} from '@jest/globals'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {commentStore} from '../support/github-comments.ts'
import type {CommentStore} from '../support/github-comments.ts'
import {startGitHub} from '../support/github-server.ts'
import type {GitHubServer} from '../support/github-server.ts'
import {data, terraformRoot} from '../support/terraform-root.ts'
import type {TerraformRoot} from '../support/terraform-root.ts'

jest.setTimeout(180_000)

const HEAD = '4c1f2e9000000000000000000000000000000000'
const MERGED = 'a'.repeat(40)
const inputs = {comment: 'update', 'github-token': 't0ken', 'head-sha': HEAD}

let root: TerraformRoot
let store: CommentStore
let github: GitHubServer
let labels: string[]
let merged: boolean
let refuses: boolean
beforeEach(async () => {
  root = terraformRoot()
  store = commentStore()
  labels = []
  merged = true
  refuses = false
  const pull = (): object => ({
    number: 7,
    merged_at: merged ? '2026-11-20T10:00:00Z' : null,
    merge_commit_sha: MERGED,
    head: {sha: merged ? HEAD : 'b'.repeat(40)},
    labels: labels.map((name) => ({name})),
  })
  github = await startGitHub((request) => {
    if (request.operation === 'GET /repos/{owner}/{repo}/pulls/{pull_number}') return {body: pull()}
    if (refuses) return {status: 403, body: {message: 'Resource not accessible by integration'}}
    if (request.path.includes('/commits/')) return {body: [pull()]}
    return store.answer(request)
  })
})
afterEach(async () => {
  expect(github.violations).toEqual([])
  await github.close()
  root.remove()
})

const api = (): Record<string, string> => ({
  GITHUB_API_URL: github.url,
  GITHUB_GRAPHQL_URL: `${github.url}/graphql`,
})
/** The run of a pull request, and the run of the push that merged it. */
const opened = (): Record<string, string> => {
  const path = join(root.folder, 'event.json')
  const head = {sha: HEAD, repo: {full_name: 'acme/streaming'}}
  writeFileSync(
    path,
    JSON.stringify({pull_request: {number: 7, head, base: {sha: 'x', repo: {full_name: 'acme/streaming'}}}}),
  )
  return {...api(), GITHUB_EVENT_PATH: path, GITHUB_EVENT_NAME: 'pull_request'}
}
const pushed = (): Record<string, string> => ({...api(), GITHUB_SHA: MERGED})

async function reviewed(config: string): Promise<string> {
  root.write(config)
  const run = await root.plan({comment: 'update', 'github-token': 't0ken'}, {env: opened()})
  expect([run.errors, store.comments.length]).toEqual([[], 1])
  return run.outputs['plan-id']!
}

test('after the merge the comment of the plan says that it is applied, with the plan below it', async () => {
  const id = await reviewed(
    `variable "p" {\n  default   = "s3cr3t-value"\n  sensitive = true\n}\n${data('a', 'input = var.p')}`,
  )
  const run = await root.apply({...inputs, 'plan-id': id}, {env: pushed()})
  expect([run.errors, run.warnings, store.comments.length]).toEqual([[], [], 1])
  expect(store.comments[0]?.body).toMatch(/### ✓ `infra` is applied · [\s\S]*\*\*1 added[\s\S]*The plan: \+1/)
  expect(run.summary).toContain('The plan: +1')
  expect(JSON.stringify(github.requests)).not.toContain('s3cr3t')
})

test('an apply that fails half way says in the comment what was done and what was not', async () => {
  const broken = data('b', 'depends_on = [terraform_data.a]\nprovisioner "local-exec" { command = "exit 3" }')
  const late = data('c', 'depends_on = [terraform_data.b]')
  const id = await reviewed(data('a') + broken + late)
  const run = await root.apply({...inputs, 'plan-id': id}, {env: pushed()})
  expect(run.outputs).toMatchObject({status: 'failed', 'failure-reason': 'apply-failed'})
  const [comment] = store.comments
  expect(comment?.body).toMatch(/### ✗ terraform\\?_data\.b/)
  for (const row of [/data\.a \| create \| done/, /data\.b \| create \| failed/, /data\.c \| create \| not begun/]) {
    expect(comment?.body.replaceAll('\\', '')).toMatch(row)
  }
})

test('a commit without a pull request gets no comment, and that is no warning', async () => {
  const id = await reviewed(data('a'))
  merged = false
  const run = await root.apply({...inputs, 'plan-id': id}, {env: {...pushed(), GITHUB_SHA: 'c'.repeat(40)}})
  expect([run.errors, run.warnings]).toEqual([[], []])
  expect(store.comments[0]?.body).toContain('### Plan for `infra`')
})

describe('a label opens the guard', () => {
  const guard = {guard: 'protect terraform_data', 'allow-destroy-label': 'destroy-ok'}
  beforeEach(async () => {
    await root.settle(data('a') + data('b'))
  })

  test('the plan says so, and the apply looks for it again', async () => {
    labels = ['destroy-ok']
    root.write(data('a'))
    const plan = await root.plan({...guard, 'github-token': 't0ken'}, {env: opened()})
    expect([plan.warnings, plan.outputs['guarded']]).toEqual([[], '0'])
    expect(plan.summary).toContain('the label on this pull request lets it pass')
    labels = []
    const id = plan.outputs['plan-id']!
    const refused = await root.apply({...inputs, ...guard, 'plan-id': id}, {env: pushed()})
    expect(refused.outputs['failure-reason']).toBe('destroy-guarded')
    expect(refused.log).toContain('or put the label "destroy-ok" on the pull request')
    labels = ['destroy-ok']
    const applied = await root.apply({...inputs, ...guard, 'plan-id': id}, {env: pushed()})
    expect([applied.errors, applied.outputs['destroyed']]).toEqual([[], '1'])
    expect(applied.log).toContain('the label "destroy-ok" of pull request #7 opens the guard')
  })

  test('but nothing of what a rule denies', async () => {
    labels = ['destroy-ok']
    root.write(data('a'))
    const plan = await root.plan({guard: 'none', 'github-token': 't0ken'}, {env: opened()})
    const id = plan.outputs['plan-id']!
    const denied = {...guard, guard: 'protect terraform_data\ndeny terraform_data.b'}
    const refused = await root.apply({...inputs, ...denied, 'plan-id': id}, {env: pushed()})
    expect(refused.outputs['failure-reason']).toBe('destroy-denied')
    expect(refused.log).not.toContain('put the label')
  })

  test('GitHub that cannot be asked leaves it shut', async () => {
    root.write(data('a'))
    const plan = await root.plan(guard, {env: opened()})
    expect([plan.outputs['guarded'], plan.warnings.join()]).toEqual([
      '1',
      expect.stringContaining('was not looked for'),
    ])
    refuses = true
    const id = plan.outputs['plan-id']!
    const run = await root.apply({...inputs, comment: 'never', ...guard, 'plan-id': id}, {env: pushed()})
    expect(run.outputs['failure-reason']).toBe('destroy-guarded')
    expect(run.warnings).toEqual([expect.stringContaining('could not be looked for')])
  })
})
