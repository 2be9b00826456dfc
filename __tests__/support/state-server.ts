import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'

/** A state backend of the kind `http` on loopback (https://developer.hashicorp.com/terraform/language/backend/http). */
export interface StateServer {
  readonly url: string
  /** The state that was written last, as text; empty before the first. */
  state(): string
  /** Refuses so many writes from now on. */
  refuse(writes: number): void
  close(): Promise<void>
}

/** Starts one; it keeps its state in memory. */
export async function startStateServer(): Promise<StateServer> {
  let state = ''
  let refusals = 0
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      if (request.method === 'GET') response.writeHead(state === '' ? 404 : 200).end(state)
      else if (refusals-- > 0) response.writeHead(503).end()
      else {
        state = Buffer.concat(parts).toString('utf8')
        response.writeHead(200).end()
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/state`,
    state: () => state,
    refuse: (writes) => {
      refusals = writes
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
