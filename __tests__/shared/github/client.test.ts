import {createServer} from 'node:http'
import type {Server, ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {jest} from '@jest/globals'
import {outsideTrouble} from '../../../actions/shared/core/outside.ts'
import {makeGitHub} from '../../../actions/shared/github/client.ts'
import type {GitHubClient} from '../../../actions/shared/github/client.ts'
import {fakeWorld} from '../../support/world.ts'

// The client leaves a second before the second try.
jest.setTimeout(20_000)

type Answer = (response: ServerResponse) => void
const good: Answer = (response) => {
  response.writeHead(200, {'content-type': 'application/json'}).end('{"number": 7}')
}
const silent: Answer = () => undefined
const broken: Answer = (response) => {
  response.writeHead(200, {'content-type': 'application/json', 'content-length': '100'})
  response.write('{"number": ', () => response.destroy())
}
const signInPage: Answer = (response) => {
  response.writeHead(200, {'content-type': 'text/html'}).end('<p>Please sign in to the guest network.</p>')
}

let server: Server
let asked = 0
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

async function github(...answers: readonly Answer[]): Promise<GitHubClient> {
  asked = 0
  server = createServer((_request, response) => {
    answers[Math.min(asked++, answers.length - 1)]?.(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  return makeGitHub({GITHUB_API_URL: `http://127.0.0.1:${String(port)}`}, 'token', fakeWorld().log, 300)
}

const read = async (client: GitHubClient, retries?: number): Promise<number> => {
  const request = retries === undefined ? {} : {request: {retries}}
  const {data} = await client.rest.pulls.get({owner: 'acme', repo: 'streaming', pull_number: 7, ...request})
  return data.number
}

test.each([
  ['gave no answer at first', silent],
  ['broke off in the middle of its answer', broken],
  ['was hidden behind a sign-in page', signInPage],
])('GitHub %s: the comment was left out, though the next try would have reached it', async (_what, first) => {
  expect(await read(await github(first, good))).toBe(7)
  expect(asked).toBe(2)
})

test.each([
  ['never answers', silent, /GitHub gave no answer in time/],
  ['answers with something else', signInPage, /no answer of GitHub/],
])('GitHub that %s was called an error of our own', async (_what, answer, words) => {
  const thrown: unknown = await read(await github(answer), 0).catch((error: unknown) => error)
  const trouble = outsideTrouble(thrown)
  expect(trouble?.reason).toBe('unreachable')
  expect(trouble?.cause).toMatch(words)
})

test('a GitHub that never answers held a job up for minutes: four tries for each of many questions', async () => {
  const client = await github(silent)
  for (let question = 1; question <= 4; question += 1) await expect(read(client, 0)).rejects.toThrow('no answer')
  await expect(read(client)).rejects.toThrow('no answer')
  expect(asked).toBe(5)
})
