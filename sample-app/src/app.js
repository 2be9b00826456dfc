import {createServer} from 'node:http'
import {schemaVersion} from './database.js'
import {messageOf} from './log.js'

/**
 * @typedef {object} Parts
 * @property {import('node:sqlite').DatabaseSync} database
 * @property {Promise<import('./identity.js').Identity>} identity
 * @property {() => boolean} draining true once the process was told to stop
 * @property {import('./log.js').Log} log
 */

/** @typedef {{ status: number, body: Record<string, unknown> }} Answer */
/** @typedef {(parts: Parts) => Answer | Promise<Answer>} Route */

/**
 * The HTTP server, not yet listening. Every answer is JSON.
 *
 * @param {Parts} parts
 * @returns {import('node:http').Server}
 */
export function createApp(parts) {
  return createServer((request, response) => {
    const started = performance.now()
    response.once('close', () => {
      const {method, url} = request
      const ms = Math.round(performance.now() - started)
      parts.log.debug('request', {method, url, status: response.statusCode, ms, complete: response.writableFinished})
    })
    void respond(parts, request, response)
  })
}

/** @type {(parts: Parts, request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => Promise<void>} */
async function respond(parts, request, response) {
  const {status, body} = await answer(parts, request.method ?? '', request.url ?? '/')
  const payload = Buffer.from(`${JSON.stringify(body)}\n`)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': payload.byteLength,
    'cache-control': 'no-store',
    // A client that keeps its connection would keep a stopping process alive.
    ...(parts.draining() && {connection: 'close'}),
  })
  response.end(request.method === 'HEAD' ? undefined : payload)
}

/** @type {(parts: Parts, method: string, target: string) => Promise<Answer>} */
async function answer(parts, method, target) {
  const route = routes.get(target.split('?', 1)[0] ?? '/')
  if (!route) return {status: 404, body: {error: 'not found'}}
  if (method !== 'GET' && method !== 'HEAD') return {status: 405, body: {error: 'only GET and HEAD are served'}}
  try {
    return await route(parts)
  } catch (error) {
    parts.log.error('request failed', {url: target, error: messageOf(error)})
    return {status: 500, body: {error: 'internal error'}}
  }
}

/** @type {ReadonlyMap<string, Route>} */
const routes = new Map([
  ['/', ({database}) => ({status: 200, body: {service: 'streaming-api', schema: schemaVersion(database)}})],
  ['/healthz', health],
  ['/version', async ({identity}) => ({status: 200, body: {...(await identity)}})],
])

/** @type {Route} */
function health({database, draining, log}) {
  // Told to stop: load balancers send new requests elsewhere while the running ones finish.
  if (draining()) return {status: 503, body: {status: 'stopping'}}
  try {
    schemaVersion(database)
    return {status: 200, body: {status: 'ok'}}
  } catch (error) {
    log.error('the database does not answer', {error: messageOf(error)})
    return {status: 503, body: {status: 'database unavailable'}}
  }
}
