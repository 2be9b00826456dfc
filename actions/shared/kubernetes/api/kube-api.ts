import {Agent, request as httpRequest} from 'node:http'
import type {IncomingMessage} from 'node:http'
import {humanDuration} from '../../core/clock.ts'
import type {Clock} from '../../core/clock.ts'
import {countRetry} from '../../core/retried.ts'
import {isPassing, KubeError} from './kube-error.ts'

/** A call of the Kubernetes API. */
export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `/apis/apps/v1/namespaces/x/deployments/y`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
  /** Of the body; JSON by default. */
  readonly contentType?: string
  /** How often it is tried when the server answers with trouble; by default for about 16 s. Silence is waited out twice. */
  readonly tries?: number
}

/** The Kubernetes API, reached with the user's own kubectl authentication. */
export interface KubeApi {
  /**
   * Calls and gives the parsed answer. Retries what may well pass within a few seconds.
   * @throws {KubeError} when the server refuses, or when no answer came in time
   */
  send<T>(request: KubeRequest): Promise<T>
  /** The answer as text: logs are not JSON. @throws {KubeError} as {@link send} does, without retrying */
  text(path: string, query?: KubeRequest['query']): Promise<string>
  /**
   * The lines of an answer that goes on, one by one as they come; ends when the server ends it.
   * @throws {KubeError} when it is refused or breaks
   */
  lines(path: string, query: KubeRequest['query'], signal: AbortSignal): AsyncGenerator<string>
}

const TRIES = 7
const FIRST_PAUSE_MS = 250
/** A list of thousands takes seconds; a change may wait for webhooks, each of them for 30 s at most. */
const READ_TIMEOUT_MS = 20_000
const CHANGE_TIMEOUT_MS = 60_000

/**
 * An API client that talks HTTP through a unix socket.
 * @param socketPath where a `kubectl proxy` listens
 */
export function makeKubeApi(socketPath: string, clock: Clock): KubeApi & {close(): void} {
  const agent = new Agent({keepAlive: true, maxSockets: 24})
  const once = async (request: KubeRequest): Promise<string> => {
    const timeoutMs = request.method === 'GET' ? READ_TIMEOUT_MS : CHANGE_TIMEOUT_MS
    const silence = AbortSignal.timeout(timeoutMs)
    try {
      return await checked(await open(agent, socketPath, request, silence))
    } catch (error) {
      if (!silence.aborted) throw error
      throw new SilenceError(`no answer within ${humanDuration(timeoutMs)}`)
    }
  }
  return {
    send: async <T>(request: KubeRequest) => {
      return (await retrying(clock, request.tries ?? TRIES, async () => parsed(await once(request)))) as T
    },
    text: (path, query) => once({method: 'GET', path, ...(query && {query})}),
    lines: (path, query, signal) => linesOf(socketPath, {method: 'GET', path, ...(query && {query})}, signal),
    close: () => {
      agent.destroy()
    },
  }
}

// A page in the place of an answer is from a proxy or a guest network: the server has not heard of the call.
function parsed(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text)
  } catch {
    throw new KubeError(0, 'what answered is not the API server: its answer is not JSON')
  }
}

/** Nothing came at all. One such connection may have died on its way; a second one says that the server is silent. */
class SilenceError extends KubeError {
  constructor(message: string) {
    super(0, message)
  }
}

async function retrying<T>(clock: Clock, tries: number, call: () => Promise<T>): Promise<T> {
  let silences = 0
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      if (error instanceof SilenceError) silences += 1
      if (attempt === tries || silences === 2 || !isPassing(error)) throw error
      const asked = ((error as KubeError).retryAfter ?? 0) * 1000
      countRetry('Kubernetes')
      await clock.sleep(Math.max(asked, FIRST_PAUSE_MS * 2 ** (attempt - 1)))
    }
  }
}

// Without an agent of its own a watch would hold one of the connections that all other calls share.
async function* linesOf(socketPath: string, request: KubeRequest, signal: AbortSignal): AsyncGenerator<string> {
  const own = new Agent({keepAlive: false})
  try {
    const answer = await open(own, socketPath, request, signal)
    if ((answer.statusCode ?? 0) >= 400) await checked(answer)
    yield* splitLines(answer)
    if (!answer.complete) throw new KubeError(0, 'the connection was reset')
  } catch (error) {
    throw error instanceof KubeError ? error : new KubeError(0, brokenWay(error as Error))
  } finally {
    own.destroy()
  }
}

// Not by node:readline: a connection that breaks after its interface was closed is an error that nobody can catch.
async function* splitLines(answer: IncomingMessage): AsyncGenerator<string> {
  let rest = ''
  for await (const text of answer.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

function open(agent: Agent, socketPath: string, request: KubeRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body))
  const headers = {
    accept: 'application/json',
    // kubectl proxy answers only to names of this machine.
    host: 'localhost',
    ...(body && {'content-type': request.contentType ?? 'application/json', 'content-length': body.length}),
  }
  return new Promise((resolve, reject) => {
    const {method} = request
    const call = httpRequest({socketPath, agent, method, path: pathWithQuery(request), headers, signal}, resolve)
    call.on('error', (error) => {
      reject(new KubeError(0, brokenWay(error)))
    })
    call.end(body)
  })
}

// Node tells of its own sockets; what broke is the way to the server.
function brokenWay(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') return 'kubectl proxy, the way to it, is gone'
  if (error.message === 'aborted') return 'its answer broke off'
  return error.message === 'socket hang up' ? 'the connection was reset' : error.message
}

function pathWithQuery({path, query = {}}: KubeRequest): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs).toString()}`
}

async function checked(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  try {
    for await (const part of answer) parts.push(part as Buffer)
  } catch (error) {
    throw new KubeError(0, brokenWay(error as Error))
  }
  const text = Buffer.concat(parts).toString('utf8')
  const status = answer.statusCode ?? 0
  if (status < 400) return text
  const retryAfter = Number(answer.headers['retry-after'])
  throw new KubeError(status, text, Number.isFinite(retryAfter) ? retryAfter : undefined)
}
