import {getOctokit} from '@actions/github'
import type {GitHubClient} from '../../../actions/shared/github/client.ts'
import {COMMENT_LIMIT, marker, removeComment, writeComment} from '../../../actions/shared/github/comment.ts'
import {attachToRelease} from '../../../actions/shared/github/release.ts'
import {commentStore} from '../../support/github-comments.ts'
import type {CommentStore} from '../../support/github-comments.ts'
import {startGitHub} from '../../support/github-server.ts'
import type {GitHubServer} from '../../support/github-server.ts'

const repository = {owner: 'acme', repo: 'streaming'}
const target = {repository, number: 7, key: 'delivery'}
let store: CommentStore
let server: GitHubServer

beforeEach(async () => {
  store = commentStore()
  server = await startGitHub((request) => store.answer(request))
})
afterEach(async () => {
  expect(server.violations).toEqual([])
  await server.close()
})

// Without the plugin that spaces writes out in real time.
const client = (): GitHubClient => getOctokit('token', {baseUrl: server.url})
const bodies = (): string[] => store.comments.map(({body}) => body.replace(/^<!--.*-->\n/, ''))

test('GitHub was too busy three times: the comment was left out, and nothing but the next try was needed', async () => {
  let busy = 3
  await server.close()
  server = await startGitHub((request) =>
    request.method === 'POST' && request.path.endsWith('/comments') && busy-- > 0
      ? {status: 429, body: {message: 'Too many requests'}}
      : store.answer(request),
  )
  await writeComment(client(), target, 'one')
  expect(bodies()).toEqual(['one'])
})

describe('one comment per key', () => {
  test('a second run updates it in place', async () => {
    const first = await writeComment(client(), target, 'one')
    const second = await writeComment(client(), target, 'two')
    expect([bodies(), second]).toEqual([['two'], first])
  })
  test('another key has its own', async () => {
    await writeComment(client(), target, 'one')
    await writeComment(client(), {...target, key: 'staging'}, 'other')
    expect(bodies()).toEqual(['one', 'other'])
  })
  test('"new" folds the last one away and writes another', async () => {
    await writeComment(client(), target, 'one')
    await writeComment(client(), target, 'two', 'new')
    expect([bodies(), store.comments.map(({minimized}) => minimized)]).toEqual([
      ['one', 'two'],
      [true, undefined],
    ])
  })
  test('a comment of somebody who copied our marker is left alone', async () => {
    store.add('mallory', `${marker(target, 0)}\nmine now`)
    await writeComment(client(), target, 'ours')
    expect(bodies()).toEqual(['mine now', 'ours'])
  })
  test("a bot's comment with the marker of another pull request is left alone", async () => {
    store.add('github-actions[bot]', `${marker({...target, number: 8}, 0)}\nelsewhere`)
    await writeComment(client(), target, 'ours')
    expect(bodies()).toEqual(['elsewhere', 'ours'])
  })
  test('removing takes only our own away', async () => {
    store.add('octocat', 'hello')
    await writeComment(client(), target, 'ours')
    await removeComment(client(), target)
    expect(bodies()).toEqual(['hello'])
  })
})

describe('a comment above the limit', () => {
  const long = (rows: number): string =>
    `<details><summary>all</summary>\n\n\`\`\`diff\n${'+ a row of the plan\n'.repeat(rows)}\`\`\`\n\n</details>`
  test('is split into numbered parts that each render by themselves', async () => {
    await writeComment(client(), target, long(8_000))
    expect(store.comments.length).toBe(3)
    for (const {body} of store.comments) {
      expect(body.length).toBeLessThanOrEqual(65_536)
      expect(body.split('```').length % 2).toBe(1)
      expect(body.split('<details').length).toBe(body.split('</details>').length)
    }
    expect(bodies()[1]).toMatch(/\*Part 2 of 3\*$/)
    expect(
      bodies()
        .join('\n')
        .match(/a row of the plan/g),
    ).toHaveLength(8_000)
  })
  test('that shrinks takes its surplus parts away', async () => {
    await writeComment(client(), target, long(8_000))
    await writeComment(client(), target, 'small')
    expect(bodies()).toEqual(['small'])
  })
  test('one line longer than any comment is cut, not refused', async () => {
    await writeComment(client(), target, 'x'.repeat(COMMENT_LIMIT + 10))
    expect(bodies().join('').replace(/[^x]/g, '')).toHaveLength(COMMENT_LIMIT + 10)
  })
})

test('a release asset of the same name is replaced, at the address the release names', async () => {
  await server.close()
  server = await startGitHub((request) => {
    switch (request.operation) {
      case 'GET /repos/{owner}/{repo}/releases/tags/{tag}':
        return {
          body: {
            id: 3,
            upload_url: `${server.url}/repos/acme/streaming/releases/3/assets{?name,label}`,
            assets: [{id: 9, name: 'receipt.json'}],
          },
        }
      case 'DELETE /repos/{owner}/{repo}/releases/assets/{asset_id}':
        return {status: 204}
      case 'POST /repos/{owner}/{repo}/releases/{release_id}/assets':
        return {status: 201, body: {browser_download_url: 'https://example.test/receipt.json'}}
      default:
        return undefined
    }
  })
  expect(await attachToRelease(client(), repository, 'v1.0.0', 'receipt.json', '{"a":1}')).toBe(
    'https://example.test/receipt.json',
  )
  expect(server.requests.map(({method, path}) => `${method} ${path}`)).toEqual([
    'GET /repos/acme/streaming/releases/tags/v1.0.0',
    'DELETE /repos/acme/streaming/releases/assets/9',
    'POST /repos/acme/streaming/releases/3/assets?name=receipt.json',
  ])
})
