import {createServer, request as httpRequest} from 'node:http'
import type {Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {afterEach, beforeEach, expect, test} from '@jest/globals'
import {buildRoom, COMMIT, REVISION} from '../shared/ecr/build-room.ts'
import {GOOD_DOCKER} from '../shared/ecr/fake-docker.ts'

const room = buildRoom()

let proxy: Server
let seen: string[]

// A forward proxy, as companies have them: plain HTTP is asked for by its whole URL.
beforeEach(async () => {
  seen = []
  proxy = createServer((incoming, outgoing) => {
    const url = incoming.url ?? ''
    seen.push(`${incoming.method ?? ''} ${url}`)
    const onward = httpRequest(url, {method: incoming.method, headers: incoming.headers}, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.writeHead(502).end())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve)
  })
})

afterEach(async () => {
  proxy.closeAllConnections()
  await new Promise((resolve) => proxy.close(resolve))
})

const address = (): string => `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`

test('calls to AWS and to the registry go through the proxy of the environment', async () => {
  room.ecr.addImage('team/app', [COMMIT], {[REVISION]: COMMIT})
  const result = await room.run({}, GOOD_DOCKER, {env: {HTTP_PROXY: address()}})
  expect(result.errors).toEqual([])
  expect(result.outputs['status']).toBe('unchanged')
  expect(seen).toContain(`POST ${room.ecr.url}/`)
  expect(seen).toContain(`GET ${room.ecr.url}/v2/team/app/manifests/${COMMIT}`)
  expect(seen).toHaveLength(room.ecr.calls.length + room.ecr.requests.length)
})

test('hosts of NO_PROXY are asked directly', async () => {
  room.ecr.addImage('team/app', [COMMIT], {[REVISION]: COMMIT})
  const env = {HTTP_PROXY: address(), HTTPS_PROXY: address(), NO_PROXY: 'example.com,127.0.0.1'}
  const result = await room.run({}, GOOD_DOCKER, {env})
  expect(result.errors).toEqual([])
  expect(result.outputs['status']).toBe('unchanged')
  expect(seen).toEqual([])
})

test('a proxy that does not answer is named as what cannot be reached', async () => {
  const env = {HTTP_PROXY: 'http://127.0.0.1:9', AWS_MAX_ATTEMPTS: '1'}
  const result = await room.run({}, GOOD_DOCKER, {env})
  expect(result.code).toBe(1)
  expect(result.errors[0]).toMatch(/ECONNREFUSED|refused|cannot be reached/)
  expect(room.built()).toBe(false)
})
