import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'

/** A GitHub that knows one repository: what an action asks for on its way to something else. */
export interface LoopbackGitHub {
  readonly url: string
  close(): Promise<void>
}

/** Starts it on a free port. */
export async function loopbackGitHub(): Promise<LoopbackGitHub> {
  const server = createServer((request, response) => {
    const known = request.method === 'GET' && request.url === '/repos/acme/streaming'
    response.writeHead(known ? 200 : 404, {'content-type': 'application/json'})
    const repository = {
      name: 'streaming',
      full_name: 'acme/streaming',
      default_branch: 'main',
      html_url: 'https://x',
      license: null,
    }
    response.end(JSON.stringify(known ? repository : {message: 'Not Found'}))
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
