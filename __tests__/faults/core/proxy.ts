import {once} from 'node:events'
import {createServer, request as httpRequest} from 'node:http'
import type {IncomingMessage, ServerResponse} from 'node:http'
import {rmSync} from 'node:fs'
import type {AddressInfo} from 'node:net'

/** A request on its way, as the one who does harm sees it. */
export interface Passing {
  /** The operation of a call to AWS (`UpdateService`), else method and path (`GET /v2/`). */
  readonly name: string
  readonly headers: IncomingMessage['headers']
  /** How many requests of this name have come, this one included. */
  readonly count: number
  /** Whether a request of another name has come before it. */
  follows(name: string): boolean
}

/** What happens to a request instead of being passed on, or to its answer. */
export type Harm =
  | {readonly kind: 'delay'; readonly ms: number}
  /** The connection breaks before the request arrives. */
  | {readonly kind: 'reset'}
  /** The request arrives and is obeyed; its answer is lost. */
  | {readonly kind: 'answer-lost'}
  /** Half-open: the request arrives nowhere, and nothing ever comes back. */
  | {readonly kind: 'silence'}
  /** The request is obeyed, and its answer ends in the middle. */
  | {readonly kind: 'truncated'}
  | {readonly kind: 'answer'; readonly status: number; readonly headers: Headers; readonly body: string}
  /** Nobody listens any more, for this request and all that come. */
  | {readonly kind: 'cut'}
  /** The answer comes with another time. @param date milliseconds since the epoch */
  | {readonly kind: 'dated'; readonly date: number}

type Headers = Readonly<Record<string, string>>

/** Where requests are passed on to: a port on loopback, or a socket. */
export type Upstream = {readonly port: number} | {readonly socketPath: string}

/** A loopback proxy that does harm on request. */
export interface FaultProxy {
  /** `127.0.0.1:<port>`; empty on a socket. */
  readonly host: string
  readonly seen: readonly Passing[]
  /** Asked for each request; undefined lets it pass. */
  harm: (request: Passing) => Harm | undefined
  /** Nobody listens any more. */
  cut(): Promise<void>
  /** Ends the connections that are open; who comes again is served. */
  drop(): void
  /** Lets everything pass, also after a cut. */
  mend(): Promise<void>
  /** What was seen is forgotten: what a proxy that lives for hours keeps would grow. */
  forget(): void
  close(): Promise<void>
}

/** @param socket the path to listen on; a free port when it is left out */
export async function faultProxy(upstream: Upstream, socket?: string): Promise<FaultProxy> {
  const proxy = new Proxy(upstream, socket)
  await proxy.listen()
  return proxy
}

const PORT_TRIES = 300

class Proxy implements FaultProxy {
  readonly seen: Passing[] = []
  harm: FaultProxy['harm'] = () => undefined
  readonly #upstream: Upstream
  readonly #socket: string | undefined
  readonly #server = createServer((request, response) => {
    void this.#serve(request, response)
  })
  #port = 0

  constructor(upstream: Upstream, socket: string | undefined) {
    this.#upstream = upstream
    this.#socket = socket
    this.#server.on('clientError', (_error, connection) => connection.destroy())
  }

  get host(): string {
    return this.#socket === undefined ? `127.0.0.1:${String(this.#port)}` : ''
  }

  async listen(): Promise<void> {
    await this.#begin(PORT_TRIES)
    if (this.#socket === undefined) this.#port = (this.#server.address() as AddressInfo).port
  }

  // Whoever calls out may have been given the port of a proxy that was cut, for a moment.
  async #begin(tries: number): Promise<void> {
    try {
      const begun = once(this.#server, 'listening')
      if (this.#socket === undefined) this.#server.listen(this.#port, '127.0.0.1')
      else this.#server.listen(this.#socket)
      await begun
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries === 0) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
      await this.#begin(tries - 1)
    }
  }

  async cut(): Promise<void> {
    this.#server.closeAllConnections()
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve))
  }

  drop(): void {
    this.#server.closeAllConnections()
  }

  async mend(): Promise<void> {
    this.harm = () => undefined
    this.#server.closeAllConnections()
    if (!this.#server.listening) await this.listen()
  }

  forget(): void {
    this.seen.length = 0
  }

  async close(): Promise<void> {
    await this.cut()
    if (this.#socket !== undefined) rmSync(this.#socket, {force: true})
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const passing = this.#note(request)
    const harm = this.harm(passing)
    try {
      await this.#deal(harm, request, await bytesOf(request), response)
    } catch {
      // Either side may vanish at any time: that is what this proxy is about.
      response.destroy()
    }
  }

  #note(request: IncomingMessage): Passing {
    const target = request.headers['x-amz-target']
    const path = (request.url ?? '').split('?')[0] ?? ''
    const name = typeof target === 'string' ? (target.split('.').at(-1) ?? '') : `${request.method ?? ''} ${path}`
    const earlier = new Set(this.seen.map((one) => one.name))
    const count = this.seen.filter((one) => one.name === name).length + 1
    const passing = {name, headers: request.headers, count, follows: (other: string) => earlier.has(other)}
    this.seen.push(passing)
    return passing
  }

  async #deal(harm: Harm | undefined, request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    if (harm?.kind === 'silence') return
    if (harm?.kind === 'reset') {
      request.socket.destroy()
      return
    }
    if (harm?.kind === 'cut') {
      this.#server.close()
      this.#server.closeAllConnections()
      return
    }
    if (harm?.kind === 'answer') {
      response.writeHead(harm.status, {...harm.headers}).end(harm.body)
      return
    }
    if (harm?.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, harm.ms))
    await this.#pass(harm, request, body, response)
  }

  async #pass(harm: Harm | undefined, request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const answer = await this.#ask(request, body, response)
    if (harm?.kind === 'answer-lost') {
      await bytesOf(answer)
      request.socket.destroy()
      return
    }
    const headers = {...answer.headers, ...(harm?.kind === 'dated' && {date: new Date(harm.date).toUTCString()})}
    if (harm?.kind !== 'truncated') {
      response.writeHead(answer.statusCode ?? 502, headers)
      response.flushHeaders()
      for await (const chunk of answer) response.write(chunk)
      response.end()
      return
    }
    const whole = await bytesOf(answer)
    const length = String(Math.max(whole.length, 2))
    const {date, 'content-type': type} = headers
    response.writeHead(answer.statusCode ?? 502, {date, 'content-type': type, 'content-length': length})
    response.write(whole.subarray(0, Math.floor(whole.length / 2)), () => request.socket.destroy())
  }

  #ask({method, url, headers}: IncomingMessage, body: Buffer, response: ServerResponse): Promise<IncomingMessage> {
    const to = 'port' in this.#upstream ? {host: '127.0.0.1', ...this.#upstream} : this.#upstream
    return new Promise((resolve, reject) => {
      const onward = httpRequest(
        {...to, method, path: url, headers: {...headers, connection: 'close'}, agent: false},
        resolve,
      )
      onward.on('error', reject)
      response.on('close', () => onward.destroy())
      onward.end(body)
    })
  }
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
