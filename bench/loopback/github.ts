import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'

const COMMITTED = '2026-01-09T22:05:06Z'

/** What GitHub says of any repository, as far as actions ask on their way to something else. */
function answerTo(path: string): unknown {
  const [, owner = '', name = '', rest = ''] = /^\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(path) ?? []
  if (name === '') return undefined
  if (rest === '/actions/workflows') {
    return {total_count: 1, workflows: [{name: 'bench', path: '.github/workflows/bench.yml'}]}
  }
  const sha = /^\/commits\/(\w+)$/.exec(rest)?.[1]
  if (sha !== undefined) return {sha, commit: {committer: {date: COMMITTED}, author: {date: COMMITTED}}}
  if (rest !== '') return undefined
  return {name, full_name: `${owner}/${name}`, default_branch: 'main', html_url: 'https://x', license: null}
}

/** A GitHub that knows every repository. */
export interface LoopbackGitHub {
  readonly url: string
  close(): Promise<void>
}

/** Starts it on a free port. */
export async function loopbackGitHub(): Promise<LoopbackGitHub> {
  const server = createServer((request, response) => {
    const answer = request.method === 'GET' ? answerTo(request.url ?? '') : undefined
    response.writeHead(answer === undefined ? 404 : 200, {'content-type': 'application/json'})
    response.end(JSON.stringify(answer ?? {message: 'Not Found'}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => {
          resolve()
        })
      }),
  }
}
