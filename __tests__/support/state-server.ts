import {createServer} from 'node:http'
import type {IncomingMessage, ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'

/** A state backend of the kind `http` on loopback (https://developer.hashicorp.com/terraform/language/backend/http). */
export interface StateServer {
  readonly url: string
  /** Where the state is locked and freed. */
  readonly lockUrl: string
  /** The state that was written last, as text; empty before the first. */
  state(): string
  /** The id of the lock that is held. */
  lock(): string | undefined
  /** Refuses so many writes from now on. */
  refuse(writes: number): void
  /** Writes a state as somebody else does. */
  write(state: string): void
  close(): Promise<void>
}

/** Starts one; it keeps its state in memory. */
export async function startStateServer(): Promise<StateServer> {
  let [state, lock, refusals] = ['', '', 0]
  const held = (): string => (lock === '' ? '' : (JSON.parse(lock) as {ID: string}).ID)

  const write = (id: string | null, body: string): number => {
    if (refusals-- > 0) return 503
    if (id !== null && id !== held()) return 409
    state = body
    return 200
  }
  const answers: Readonly<Record<string, (url: URL, body: string) => readonly [number, string?]>> = {
    GET: () => (state === '' ? [404] : [200, state]),
    POST: ({searchParams}, body) => [write(searchParams.get('ID'), body)],
    LOCK: (_url, body) => {
      // The same one again, whose answer was lost, is told of itself: the protocol knows no other answer.
      if (lock !== '') return [423, lock]
      lock = body
      return [200]
    },
    UNLOCK: (_url, body) => {
      // `force-unlock` comes without a word.
      if (lock !== '' && body !== '' && (JSON.parse(body) as {ID: string}).ID !== held()) return [409, lock]
      lock = ''
      return [200]
    },
  }
  const answer = (request: IncomingMessage, response: ServerResponse, body: string): void => {
    const url = new URL(request.url ?? '/', 'http://state')
    const [status, text = ''] = answers[request.method ?? '']?.(url, body) ?? [405]
    response.writeHead(status).end(text)
  }
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      answer(request, response, Buffer.concat(parts).toString('utf8'))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const at = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  return {
    url: `${at}/state`,
    lockUrl: `${at}/lock`,
    state: () => state,
    lock: () => held() || undefined,
    write: (text) => {
      state = text
    },
    refuse: (writes) => {
      refusals = writes
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
