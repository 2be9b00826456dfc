import {jest} from '@jest/globals'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {notesOf, publishRelease, readRelease} from '../../scripts/release.ts'
import {startGitHub} from '../support/github-server.ts'
import type {GitHubAnswer, GitHubRequest} from '../support/github-server.ts'

// GitHub asks its clients to leave a second between two writes, and the client does.
jest.setTimeout(30_000)

const COMMIT = 'a'.repeat(40)
const OTHER = 'b'.repeat(40)
const CHANGELOG = '# Changelog\n\n## 1.4.0\n\n- Something new.\n\n## 1.3.9\n\n- A fix.\n\n## 1.5.0-rc.1\n\n- Nearly.\n'

/** Tags and releases as GitHub keeps them. */
function keep(tags: Map<string, string>, releases: Set<string>): (request: GitHubRequest) => GitHubAnswer | undefined {
  const refOf = ([name, sha]: readonly [string, string]): object => ({
    ref: `refs/tags/${name}`,
    object: {type: 'commit', sha},
  })
  return ({operation, path, body}) => {
    const last = path.split('/').at(-1) ?? ''
    const sent = body as {ref: string; sha: string; tag_name: string}
    switch (operation) {
      case 'GET /repos/{owner}/{repo}/git/ref/{ref}': {
        const name = decodeURIComponent(last).replace('tags/', '')
        const sha = tags.get(name)
        return sha === undefined ? undefined : {body: refOf([name, sha])}
      }
      case 'GET /repos/{owner}/{repo}/git/matching-refs/{ref}':
        return {body: [...tags].filter(([name]) => `tags/${name}`.startsWith(decodeURIComponent(last))).map(refOf)}
      case 'POST /repos/{owner}/{repo}/git/refs':
        tags.set(sent.ref.replace('refs/tags/', ''), sent.sha)
        return {status: 201, body: {}}
      case 'PATCH /repos/{owner}/{repo}/git/refs/{ref}':
        tags.set(decodeURIComponent(last).replace('tags/', ''), sent.sha)
        return {body: {}}
      case 'GET /repos/{owner}/{repo}/releases/tags/{tag}':
        return releases.has(last) ? {body: {}} : undefined
      case 'POST /repos/{owner}/{repo}/releases':
        releases.add(sent.tag_name)
        return {status: 201, body: {}}
      default:
        return undefined
    }
  }
}

async function publish(version: string, tags: Map<string, string>, releases = new Set<string>()): Promise<string[]> {
  const server = await startGitHub(keep(tags, releases))
  const folder = mkdtempSync(join(tmpdir(), 'slipway-release-'))
  try {
    writeFileSync(join(folder, 'CHANGELOG.md'), CHANGELOG)
    const env = {
      ...{GITHUB_API_URL: server.url, GITHUB_REPOSITORY: 'slipway/slipway'},
      ...{GITHUB_SHA: COMMIT, GITHUB_TOKEN: 'ghs_x'},
    }
    const done = await publishRelease(await readRelease(env, version, join(folder, 'CHANGELOG.md')))
    expect(server.violations).toEqual([])
    return done
  } finally {
    await server.close()
    rmSync(folder, {recursive: true})
  }
}

test('a version gets its tag and its release, and the major version moves to it', async () => {
  const tags = new Map([['v1', OTHER]])
  const releases = new Set<string>()
  expect(await publish('1.4.0', tags, releases)).toEqual([
    'v1.4.0 is aaaaaaa',
    'release v1.4.0 is published',
    'v1 is aaaaaaa, and was bbbbbbb',
  ])
  expect([Object.fromEntries(tags), [...releases]]).toEqual([{v1: COMMIT, 'v1.4.0': COMMIT}, ['v1.4.0']])
})

test('run again after it was cut in the middle, it does what is missing; run once more, nothing', async () => {
  const tags = new Map([['v1.4.0', COMMIT]])
  const releases = new Set<string>()
  expect(await publish('1.4.0', tags, releases)).toEqual(['release v1.4.0 is published', 'v1 is aaaaaaa'])
  expect(await publish('1.4.0', tags, releases)).toEqual([])
})

test('a version that names another commit is refused, and nothing moves', async () => {
  const tags = new Map([
    ['v1', OTHER],
    ['v1.4.0', OTHER],
  ])
  await expect(publish('1.4.0', tags)).rejects.toThrow('v1.4.0 names bbbbbbb already, and versions do not move')
  expect(tags.get('v1')).toBe(OTHER)
})

test.each([
  ['a fix of an older line', '1.3.9'],
  ['a pre-release', '1.5.0-rc.1'],
])('%s does not move the major version', async (_what, version) => {
  const tags = new Map([
    ['v1', OTHER],
    ['v1.4.0', OTHER],
  ])
  expect(await publish(version, tags)).toEqual([`v${version} is aaaaaaa`, `release v${version} is published`])
  expect(tags.get('v1')).toBe(OTHER)
})

test.each([
  ['v1.4.0', '"v1.4.0" is no version'],
  ['1.4', '"1.4" is no version'],
  ['9.9.9', 'CHANGELOG.md has no section "## 9.9.9"'],
])('%s is refused in one sentence', async (version, why) => {
  await expect(publish(version, new Map())).rejects.toThrow(why)
})

test('the notes are those of that version alone', () => {
  expect(notesOf(CHANGELOG, '1.3.9')).toBe('- A fix.')
})
