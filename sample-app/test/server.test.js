import assert from 'node:assert/strict'
import {once} from 'node:events'
import {createServer} from 'node:http'
import {connect} from 'node:net'
import {test} from 'node:test'
import {databaseUrl, start, startServer} from './support.js'

const DIGEST = `sha256:${'ab'.repeat(32)}`
const OTHER_DIGEST = `sha256:${'cd'.repeat(32)}`

/** @type {(url: string, init?: RequestInit) => Promise<{ status: number, body: unknown }>} */
async function ask(url, init) {
  const response = await fetch(url, init)
  return {status: response.status, body: await response.json()}
}

test('without DATABASE_URL the server exits 3 with exactly one fatal line', async (t) => {
  const server = start(t, 'server', {})
  assert.equal(await server.exit, 3)
  assert.deepEqual(server.lines, [{level: 'fatal', msg: 'DATABASE_URL is not set'}])
})

test('a port in use ends the process with a fatal line', async (t) => {
  const first = await startServer(t)
  const second = start(t, 'server', {DATABASE_URL: databaseUrl(t), PORT: String(first.port)})
  assert.equal(await second.exit, 1)
  assert.match(String(second.lines.at(-1)?.msg), /EADDRINUSE/)
})

test('the routes answer', async (t) => {
  const env = {DATABASE_URL: databaseUrl(t)}
  const fresh = await startServer(t, env)
  assert.deepEqual(await ask(fresh.url), {status: 200, body: {service: 'streaming-api', schema: 0}})
  await start(t, 'migrate', env).exit
  assert.deepEqual(await ask(`${fresh.url}/?a=b`), {status: 200, body: {service: 'streaming-api', schema: 2}})
  assert.deepEqual(await ask(`${fresh.url}/healthz`), {status: 200, body: {status: 'ok'}})
  for (const path of ['/health', '/__proto__', '/constructor', '/healthz/']) {
    assert.deepEqual(await ask(fresh.url + path), {status: 404, body: {error: 'not found'}}, path)
  }
  assert.equal((await ask(`${fresh.url}/healthz`, {method: 'POST'})).status, 405)
  const head = await fetch(`${fresh.url}/healthz`, {method: 'HEAD'})
  assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '16', ''])
})

test('health says so when the database is broken', async (t) => {
  const {DatabaseSync} = await import('node:sqlite')
  const {createApp} = await import('../src/app.js')
  const {createLog} = await import('../src/log.js')
  const database = new DatabaseSync(':memory:')
  /** @type {string[]} */
  const lines = []
  const app = createApp({
    database,
    identity: Promise.resolve({commit: null, digest: null}),
    draining: () => false,
    log: createLog('info', (line) => lines.push(line)),
  })
  t.after(() => app.close())
  await once(app.listen(0), 'listening')
  const address = app.address()
  const url = `http://127.0.0.1:${address && typeof address === 'object' && address.port}`
  database.close()
  assert.deepEqual(await ask(`${url}/healthz`), {status: 503, body: {status: 'database unavailable'}})
  assert.deepEqual(await ask(url), {status: 500, body: {error: 'internal error'}})
  assert.equal(lines.length, 2)
})

test('/version is null where nobody told', async (t) => {
  const {url} = await startServer(t)
  assert.deepEqual(await ask(`${url}/version`), {status: 200, body: {commit: null, digest: null}})
})

test('/version gives the baked commit and the digest of the deployer', async (t) => {
  const {url} = await startServer(t, {GIT_COMMIT: '4c1f2e9', IMAGE_DIGEST: DIGEST})
  assert.deepEqual((await ask(`${url}/version`)).body, {commit: '4c1f2e9', digest: DIGEST})
})

/**
 * The ECS task metadata endpoint.
 *
 * @param {import('node:test').TestContext} t
 * @param {import('node:http').RequestListener} answer
 */
async function metadata(t, answer) {
  const server = createServer(answer)
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  return `http://127.0.0.1:${address && typeof address === 'object' && address.port}/v4/token`
}

/** @type {[string, import('node:http').RequestListener, string][]} */
const answers = [
  [
    'ECS names a digest',
    (_, response) => response.end(JSON.stringify({Image: `x/streaming-api@${OTHER_DIGEST}`, ImageID: DIGEST})),
    OTHER_DIGEST,
  ],
  [
    'ECS names a tag',
    (_, response) => response.end(JSON.stringify({Image: 'x/streaming-api:v1', ImageID: OTHER_DIGEST})),
    DIGEST,
  ],
  ['ECS answers an error', (_, response) => response.writeHead(500).end('{}'), DIGEST],
  ['ECS answers no JSON', (_, response) => response.end('<html>'), DIGEST],
  ['ECS answers another shape', (_, response) => response.end('null'), DIGEST],
  ['ECS never answers', () => undefined, DIGEST],
]
for (const [when, answer, digest] of answers) {
  test(`/version is right when ${when}`, async (t) => {
    const uri = await metadata(t, answer)
    const {url} = await startServer(t, {IMAGE_DIGEST: DIGEST, ECS_CONTAINER_METADATA_URI_V4: uri})
    assert.deepEqual((await ask(`${url}/version`)).body, {commit: null, digest})
  })
}

test('SIGTERM on an idle server ends it with 0', async (t) => {
  const server = await startServer(t)
  await ask(server.url) // leaves a kept-alive connection behind
  server.child.kill('SIGTERM')
  assert.equal(await server.exit, 0)
  assert.deepEqual(
    server.lines.slice(-2).map(({msg, signal}) => [msg, signal]),
    [
      ['stopping', 'SIGTERM'],
      ['stopped', undefined],
    ],
  )
})

test('SIGTERM lets a running request finish and takes no new one', async (t) => {
  const server = await startServer(t)
  const running = connect(server.port, '127.0.0.1').setEncoding('utf8')
  await once(running, 'connect')
  running.write('GET /version HTTP/1.1\r\nHost: x\r\n')
  // Answered later than the line above was sent, so the server has the half request when the signal comes.
  assert.equal((await ask(`${server.url}/healthz`)).status, 200)

  server.child.kill('SIGTERM')
  server.child.kill('SIGTERM')
  await server.logged('stopping')
  const [refusal] = await once(connect(server.port, '127.0.0.1'), 'error')
  assert.equal(refusal.code, 'ECONNREFUSED')

  running.write('\r\n')
  const answer = (await running.toArray()).join('')
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
  assert.match(answer, /\r\nconnection: close\r\n/i)
  assert.match(answer, /"commit":null/)
  assert.equal(await server.exit, 0)
})

test('a stopping server tells its load balancer', async (t) => {
  const server = await startServer(t)
  const probe = connect(server.port, '127.0.0.1').setEncoding('utf8')
  await once(probe, 'connect')
  probe.write('GET /healthz HTTP/1.1\r\nHost: x\r\n')
  await ask(server.url)
  server.child.kill('SIGTERM')
  await server.logged('stopping')
  probe.write('\r\n')
  assert.match((await probe.toArray()).join(''), /^HTTP\/1\.1 503 .*"status":"stopping"/s)
  assert.equal(await server.exit, 0)
})

test('a client that never finishes is cut off at the timeout, exit code 0', async (t) => {
  const server = await startServer(t, {SHUTDOWN_TIMEOUT_SECONDS: '0'})
  const slow = connect(server.port, '127.0.0.1')
  slow.on('error', () => undefined)
  await once(slow, 'connect')
  slow.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ') // the header never ends
  assert.equal((await ask(`${server.url}/healthz`)).status, 200)
  server.child.kill('SIGTERM')
  assert.equal(await server.exit, 0)
  assert.ok(server.lines.some(({msg, level}) => level === 'warn' && msg === 'requests were cut off'))
})

test('LOG_LEVEL=debug logs each request', async (t) => {
  const server = await startServer(t, {LOG_LEVEL: 'debug'})
  await ask(`${server.url}/nothing`)
  const {level, method, url, status, complete} = await server.logged('request')
  assert.deepEqual(
    {level, method, url, status, complete},
    {level: 'debug', method: 'GET', url: '/nothing', status: 404, complete: true},
  )
})
