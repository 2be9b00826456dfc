import {Agent as HttpAgent, request as httpRequest} from 'node:http'
import type {IncomingHttpHeaders} from 'node:http'
import {Agent as HttpsAgent, request as httpsRequest} from 'node:https'
import type {Environment} from './inputs.ts'

/** An answer to a GET, read to its end. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Asks a URL. @throws {Error} when no answer comes */
export type HttpGet = (url: string, headers: Readonly<Record<string, string>>) => Promise<HttpAnswer>

const MOST_REDIRECTS = 5
const SILENCE_MS = 30_000
const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'] as const

/** Whether the environment sends requests through a proxy. */
export function usesProxy(env: Environment): boolean {
  return PROXY_VARIABLES.some((name) => (env[name] ?? '') !== '')
}

/**
 * GET over HTTP and HTTPS, following redirects. HTTPS_PROXY, HTTP_PROXY and NO_PROXY are honoured by Node's own agents
 * (https://nodejs.org/api/http.html#built-in-proxy-support). Credentials stay with the host they were given for: a
 * registry sends the reader of a blob on to a storage host, which must not see them.
 */
export function makeHttpGet(env: Environment): HttpGet {
  const options = {keepAlive: true, ...(usesProxy(env) && {proxyEnv: {...env}})}
  const agents = {http: new HttpAgent(options), https: new HttpsAgent(options)}
  const follow = async (url: string, headers: Readonly<Record<string, string>>, left: number): Promise<HttpAnswer> => {
    const answer = await getOnce(url, headers, agents)
    const location = answer.headers.location
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined || left === 0) return answer
    const next = new URL(location, url)
    const {authorization, ...open} = headers
    const kept = next.host === new URL(url).host && authorization !== undefined ? {authorization} : {}
    return await follow(next.href, {...open, ...kept}, left - 1)
  }
  return (url, headers) => follow(url, headers, MOST_REDIRECTS)
}

function getOnce(
  url: string,
  headers: Readonly<Record<string, string>>,
  agents: {readonly http: HttpAgent; readonly https: HttpsAgent},
): Promise<HttpAnswer> {
  const secure = url.startsWith('https:')
  const [send, agent] = secure ? [httpsRequest, agents.https] : [httpRequest, agents.http]
  return new Promise((resolve, reject) => {
    const request = send(url, {headers, agent, timeout: SILENCE_MS}, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        resolve({status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks)})
      })
    })
    request.on('timeout', () =>
      request.destroy(new Error(`No answer from ${new URL(url).host} within 30 s (ETIMEDOUT).`)),
    )
    request.on('error', reject)
    request.end()
  })
}
