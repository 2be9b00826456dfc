import {headAge, readPull} from '../../../actions/pr-command/src/pull.ts'
import {makeGitHub} from '../../../actions/shared/github/client.ts'
import {pullOnGitHub} from '../../support/github-pull.ts'
import {startGitHub} from '../../support/github-server.ts'
import {fakeClock, fakeWorld} from '../../support/world.ts'

const comment = {id: 1, body: '/plan', writtenAt: Date.parse('2026-03-01T12:00:00Z'), author: 'a', number: 7}

async function ageOf(pushedAt: (look: number) => string | undefined): Promise<readonly [string, readonly number[]]> {
  let look = 0
  const server = await startGitHub((request) => {
    if (request.operation.endsWith('/activity')) look += 1
    return pullOnGitHub({pushedAt: pushedAt(look)}).answer(request)
  })
  try {
    const clock = fakeClock()
    const world = fakeWorld({clock, env: {GITHUB_API_URL: server.url}})
    const asked = {
      github: makeGitHub(world.env, 'token', world.log),
      repository: {owner: 'acme', repo: 'streaming'},
    }
    return [await headAge(world, asked, await readPull(asked, 7), comment), clock.sleeps]
  } finally {
    await server.close()
  }
}

test("a push that GitHub's record learns of a little later is waited for", async () => {
  expect(await ageOf((look) => (look < 3 ? undefined : '2026-03-01T11:59:59Z'))).toEqual(['before', [2000, 2000]])
})

test('a push that GitHub has no record of is not taken for one before the comment', async () => {
  expect(await ageOf(() => undefined)).toEqual(['unknown', [2000, 2000]])
})
