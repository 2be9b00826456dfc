import {marker} from '../../actions/shared/github/comment.ts'
import {commentStore} from '../support/github-comments.ts'
import {startGitHub} from '../support/github-server.ts'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionResult} from '../support/spawn-action.ts'

const MERGE = '4c1f2e9000000000000000000000000000000000'
const HEAD = 'abcdef0000000000000000000000000000000000'
const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`
const preview = (digest: string, more: object = {}): string =>
  JSON.stringify({
    ...{schema: 'slipway.preview/v1', stage: 'ecs', subject: 'API --> Service', verdict: 'change'},
    ...{headline: '**+2**', body: 'rows', digest, ...more},
  })

/** The comment that a preview of the pull request leaves. */
async function comment(inputs: Record<string, string>): Promise<string> {
  const event = {
    pull_request: {
      number: 7,
      head: {sha: HEAD, repo: {full_name: 'acme/streaming'}},
      base: {repo: {full_name: 'acme/streaming'}},
    },
  }
  const store = commentStore()
  const server = await startGitHub((request) => store.answer(request))
  try {
    const shown = await spawnAction('delivery-report', {
      files: {'event.json': JSON.stringify(event)},
      inputs: {'github-token': 'ghs_secret', 'comment-key': 'preview', ...inputs},
      env: {GITHUB_API_URL: server.url, GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: 'event.json'},
    })
    expect(shown.errors).toEqual([])
    return store.comments[0]?.body ?? ''
  } finally {
    await server.close()
  }
}

interface Scene {
  readonly pulls?: readonly object[]
  readonly comments?: readonly string[]
  readonly by?: string
}
const merged = {number: 7, merged_at: '2026-01-01T10:00:00Z', merge_commit_sha: MERGE, head: {sha: HEAD}}

async function approved({pulls = [merged], comments = [], by = 'github-actions[bot]'}: Scene): Promise<ActionResult> {
  const store = commentStore()
  for (const body of comments) store.add(by, body)
  const server = await startGitHub((request) =>
    request.operation === 'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls'
      ? {body: pulls}
      : store.answer(request),
  )
  try {
    const result = await spawnAction('delivery-report', {
      inputs: {mode: 'approved', 'comment-key': 'preview', 'github-token': 'ghs_secret'},
      env: {GITHUB_API_URL: server.url},
    })
    expect(server.violations).toEqual([])
    return result
  } finally {
    await server.close()
  }
}

let shown: string
beforeAll(async () => {
  shown = await comment({previews: preview(digestOf('a'))})
}, 30_000)

test('what the merged pull request showed is handed on, and held against what would be done', async () => {
  const told = await approved({comments: [shown]})
  expect([told.errors, told.outputs['pull-request']]).toEqual([[], '7'])
  const approvals = told.outputs['approved'] ?? ''
  expect(JSON.parse(approvals)).toEqual([{stage: 'ecs', subject: 'API --> Service', digest: digestOf('a')}])

  const now = async (previews: string, more: Record<string, string> = {}): Promise<ActionResult> =>
    await spawnAction('delivery-report', {inputs: {approved: approvals, previews, ...more}})
  expect((await now(preview(digestOf('a')))).errors).toEqual([])
  const other = await now(preview(digestOf('b')))
  expect([other.code, other.outputs['failure-reason'], other.errors[0]]).toEqual([
    1,
    'plan-changed',
    'API --> Service: what would be done now is not what was approved. Nothing was changed here.',
  ])
  const blind = await now(preview(digestOf('a')), {'not-previewed': 'streaming'})
  expect(blind.errors[0]).toContain('streaming: what would be done here could not be seen, so nobody approved it')
}, 30_000)

describe('nothing is approved by', () => {
  test.each<[string, () => Scene, string]>([
    ['a commit that no pull request brought', () => ({pulls: []}), '4c1f2e9 is not the merge of a pull request'],
    [
      'a pull request that is open',
      () => ({pulls: [{...merged, merged_at: null}]}),
      'is not the merge of a pull request',
    ],
    ['a pull request without a preview', () => ({}), 'pull request 7 has no preview "preview"'],
    [
      'the preview of an earlier commit',
      () => ({pulls: [{...merged, head: {sha: 'f'.repeat(40)}}], comments: [shown]}),
      'the preview of pull request 7 is of abcdef0, and fffffff was merged',
    ],
    ['a comment that somebody else wrote', () => ({comments: [shown], by: 'mallory'}), 'has no preview "preview"'],
  ])('%s', async (_what, scene, why) => {
    const told = await approved(scene())
    expect([told.code, told.outputs['failure-reason'], told.outputs['approved'] ?? '']).toEqual([1, 'not-approved', ''])
    expect(told.errors[0]).toContain(why)
  })
  test('a preview that was not complete', async () => {
    const incomplete = await comment({previews: preview(digestOf('a')), 'not-previewed': 'streaming'})
    const told = await approved({comments: [incomplete]})
    expect(told.errors[0]).toContain('the preview of pull request 7 was not complete')
  })
  test('a note that somebody put into the text of the comment by a name', async () => {
    const target = {repository: {owner: 'acme', repo: 'streaming'}, number: 7, key: 'preview'}
    const told = await approved({comments: [`${marker(target, 0)}\nsomething`]})
    expect(told.errors[0]).toContain('was not complete')
  })
})
