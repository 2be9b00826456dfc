import {createHash} from 'node:crypto'
import {mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs'
import {createServer} from 'node:http'
import type {Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {findKubectl} from '../../../actions/kubectl-rollout/src/find-kubectl.ts'
import {readInputs} from '../../../actions/kubectl-rollout/src/inputs.ts'
import {fakeWorld} from '../../support/world.ts'

const BINARY = '#!/bin/sh\necho kubectl\n'
let published = createHash('sha256').update(BINARY).digest('hex')
let asked: string[] = []
let server: Server
let folder = ''

beforeEach(async () => {
  asked = []
  folder = mkdtempSync(join(tmpdir(), 'kubectl-'))
  server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    if (!path.includes('/v1.34.2/')) response.writeHead(404).end()
    else response.end(path.endsWith('.sha256') ? published : BINARY)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => {
  server.close()
  rmSync(folder, {recursive: true})
})

async function find(version: string): Promise<string> {
  const env = {
    RUNNER_TOOL_CACHE: folder,
    INPUT_MANIFESTS: 'k8s',
    'INPUT_KUBECTL-VERSION': version,
    'INPUT_KUBECTL-URL': `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/release`,
  }
  return await findKubectl(fakeWorld({env}), readInputs(env))
}

it('fetches a version once, checked and executable', async () => {
  const path = await find('1.34.2')
  expect(readFileSync(path, 'utf8')).toBe(BINARY)
  expect(statSync(path).mode & 0o777).toBe(0o755)
  expect(asked).toHaveLength(2)
  expect(await find('v1.34.2')).toBe(path)
  expect(asked).toHaveLength(2)
})

it('refuses a binary that is not the published one', async () => {
  const good = published
  published = '0'.repeat(64)
  await expect(find('v1.34.2')).rejects.toThrow('is published')
  published = good
})

it.each([
  ['v1.99.0', 'cannot be had from'],
  ['latest', 'give a whole version like v1.34.2'],
])('%s', async (version, message) => {
  await expect(find(version)).rejects.toThrow(message)
})
