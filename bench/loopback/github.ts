import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'

const ANSWERS: Readonly<Record<string, unknown>> = {
  '/repos/acme/streaming': {
    name: 'streaming',
    full_name: 'acme/streaming',
    default_branch: 'main',
    html_url: 'https://x',
    license: null,
  },
  '/repos/acme/streaming/actions/workflows': {
    total_count: 1,
    workflows: [{name: 'bench', path: '.github/workflows/bench.yml'}],
  },
}

/** A GitHub that knows one repository: what an action asks for on its way to something else. */
export interface LoopbackGitHub {
  readonly url: string
  close(): Promise<void>
}

/** Starts it on a free port. */
export async function loopbackGitHub(): Promise<LoopbackGitHub> {
  const server = createServer((request, response) => {
    const answer = request.method === 'GET' ? ANSWERS[request.url ?? ''] : undefined
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
