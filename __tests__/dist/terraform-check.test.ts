import {jest} from '@jest/globals'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {commentStore} from '../support/github-comments.ts'
import type {CommentStore} from '../support/github-comments.ts'
import {startGitHub} from '../support/github-server.ts'
import type {GitHubServer} from '../support/github-server.ts'
import type {ActionCall} from '../support/spawn-action.ts'
import {data, terraformRoot} from '../support/terraform-root.ts'
import type {TerraformRoot} from '../support/terraform-root.ts'

jest.setTimeout(180_000)

const HEAD = '4c1f2e9000000000000000000000000000000000'
const INPUTS = {'check-run': 'true', 'github-token': 't0ken'}

interface Check {
  readonly name: string
  readonly head_sha: string
  readonly conclusion: string
  readonly output: {readonly title: string; readonly summary: string; readonly text?: string}
}

let root: TerraformRoot
let github: GitHubServer
let comments: CommentStore
let status: number
let checks: Check[]

beforeEach(async () => {
  root = terraformRoot()
  comments = commentStore()
  checks = []
  status = 201
  github = await startGitHub((request) => {
    if (request.operation !== 'POST /repos/{owner}/{repo}/check-runs') return comments.answer(request)
    checks.push(request.body as Check)
    return {status, body: {id: 1, html_url: `https://github.com/acme/streaming/runs/${String(checks.length)}`}}
  })
})
afterEach(async () => {
  expect(github.violations).toEqual([])
  await github.close()
  root.remove()
})

/** A run for pull request 7. @param from the repository that its head is in */
function pull(from = 'acme/streaming'): ActionCall {
  const path = join(root.folder, 'event.json')
  const base = {sha: 'b', repo: {full_name: 'acme/streaming'}}
  const head = {sha: HEAD, repo: {full_name: from}}
  writeFileSync(path, JSON.stringify({pull_request: {number: 7, head, base}}))
  return {
    env: {
      GITHUB_EVENT_PATH: path,
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_API_URL: github.url,
      GITHUB_GRAPHQL_URL: `${github.url}/graphql`,
    },
  }
}

test('the plan is a check of the commit that was planned: the comment’s own words, the plan’s text, and no secret', async () => {
  root.write(`variable "p" {\n  sensitive = true\n}\n${data('a', 'input = { p = var.p, open = "seen" }')}`)
  const run = await root.plan({...INPUTS, comment: 'update', variables: 'p=s3cr3t-value'}, pull())
  expect([run.code, run.warnings, run.outputs['check-url']]).toEqual([
    0,
    [],
    'https://github.com/acme/streaming/runs/1',
  ])
  expect(checks).toMatchObject([
    {name: 'terraform plan infra', head_sha: HEAD, conclusion: 'success', output: {title: '+1'}},
  ])
  expect(comments.comments[0]?.body).toContain(checks[0]?.output.summary)
  expect(checks[0]?.output.text).toContain('+ resource "terraform_data" "a"')
  expect(JSON.stringify(github.requests)).not.toContain('s3cr3t')
})

test('what the guard stands before asks for somebody', async () => {
  await root.settle(data('a'))
  root.write('')
  const run = await root.plan({...INPUTS, guard: 'protect terraform_data', 'comment-key': 'the stack'}, pull())
  expect(run.code).toBe(0)
  expect(checks).toMatchObject([
    {name: 'the stack', conclusion: 'action_required', output: {title: '−1, the guard stands before 1'}},
  ])
})

test('what the guard denies is red, whatever label is set', async () => {
  await root.settle(data('a'))
  root.write('')
  const run = await root.plan({...INPUTS, guard: 'deny terraform_data', comment: 'update'}, pull())
  expect(run.code).toBe(1)
  expect(checks).toMatchObject([{conclusion: 'failure', output: {title: '−1, the guard denies 1'}}])
  expect(comments.comments.map(({body}) => body)).toEqual([expect.stringContaining('nothing lets it pass')])
})

test('the comment of the commit before is not left standing when a commit cannot be planned; what was planned until then is told, and kept nowhere', async () => {
  await root.settle(`${data('a', 'input = "one"')}${data('z')}`)
  root.write(data('a', 'input = "two"'))
  await root.plan({...INPUTS, comment: 'update'}, pull())
  const condition = 'condition = terraform_data.a.input == "three"\nerror_message = "The input must be three."'
  root.write(`${data('a', 'input = "two"')}${data('b', `lifecycle {\nprecondition {\n${condition}\n}\n}`)}`)
  const run = await root.plan({...INPUTS, comment: 'update'}, pull())
  expect(run.code).toBe(1)
  expect(run.errors).toEqual([expect.stringContaining('The input must be three')])
  expect([run.outputs['plan-id'], run.log.includes('kept as')]).toEqual([undefined, false])
  const [comment, ...others] = comments.comments
  expect(others).toEqual([])
  for (const shown of [comment?.body, run.summary, checks[1]?.output.summary]) {
    expect(shown).toContain('The input must be three')
    expect(shown).toContain('Planned until then: ~1 −1: destroys `terraform_data.z`')
    expect(shown).toContain('Planning failed half way')
  }
  expect(comment?.body).not.toContain('### Plan for')
  expect(checks.map(({conclusion}) => conclusion)).toEqual(['success', 'failure'])
})

test('a warning of the tool is annotated on its line', async () => {
  const condition = 'condition = terraform_data.a.input == "two"\nerror_message = "The input is not two."'
  root.write(`${data('a', 'input = "one"')}check "health" {\nassert {\n${condition}\n}\n}\n`)
  const run = await root.plan()
  expect([run.code, run.warnings]).toEqual([0, [expect.stringContaining('The input is not two')]])
  expect(run.log).toMatch(/::warning file=infra\/main\.tf,line=\d+/)
})

test('a check that GitHub refuses is a warning; a fork gets a line', async () => {
  root.write(data('a'))
  status = 403
  const refused = await root.plan(INPUTS, pull())
  expect([refused.code, refused.warnings]).toEqual([0, [expect.stringContaining('checks: write is needed')]])
  const fork = await root.plan(INPUTS, pull('mallory/streaming'))
  expect([fork.code, fork.warnings, checks.length]).toEqual([0, [], 1])
  expect(fork.log).toContain('no check: GitHub gives the token of a fork no right to write')
})
