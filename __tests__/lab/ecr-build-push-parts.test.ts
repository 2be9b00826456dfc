import {execFileSync} from 'node:child_process'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals'
import {baseImageBuildContexts} from '../../lab/index.ts'
import {labRoom, MINUTE, OTHER} from '../shared/ecr/lab-room.ts'
import {startFaultProxy} from '../shared/ecr/fault-proxy.ts'
import type {FaultProxy} from '../shared/ecr/fault-proxy.ts'

const SECRET = 'npm-token-of-this-lab-test'
const SERVER = "require('node:http').createServer((_, answer) => answer.end('ok')).listen(3000)"
const APP = `FROM node:24-alpine
RUN --mount=type=secret,id=npm test "$(cat /run/secrets/npm)" = ${SECRET.replace('npm-', 'np""m-')}
COPY hello.txt /
CMD ["node", "-e", ${JSON.stringify(SERVER)}]
`
const room = labRoom({
  'Dockerfile.app': APP,
  'Dockerfile.crash':
    'FROM node:24-alpine\nCMD ["node", "-e", "console.error(\'DATABASE_URL is not set\'); process.exit(3)"]\n',
})
const bases = (): string => baseImageBuildContexts().join('\n')

function docker(...argv: string[]): string {
  return execFileSync('docker', argv, {env: {...process.env, ...room.lab.vars}, encoding: 'utf8'})
}

describe('behind a registry that breaks', () => {
  let proxy: FaultProxy
  beforeAll(async () => {
    proxy = await startFaultProxy(room.lab.endpoint)
  })
  afterAll(async () => {
    await proxy.close()
  })
  const through = (): Record<string, string> => ({AWS_ENDPOINT_URL: `http://${proxy.host}`})

  test.each([
    ['answers 500', {status: 500, body: 'try again'}],
    ['resets the connection', 'reset' as const],
  ])(
    'a push into a registry that %s is tried again until it arrives',
    async (_what, fault) => {
      const repository = room.repositoryName('retry')
      let broken = 0
      let isHealed = false
      proxy.onRequest = (request) => {
        if (isHealed || !/^PUT .*\/manifests\//.test(request)) return undefined
        broken += 1
        return fault
      }
      const inputs = {repository, registry: proxy.host, 'create-repository': 'true', cache: 'none'}
      const onOutput = (text: string): void => {
        isHealed ||= text.includes('The push broke on its way')
      }
      const result = await room.run(inputs, through(), {onOutput})
      expect(result.errors).toEqual([])
      expect(broken).toBeGreaterThan(0)
      expect(result.log).toContain('The push broke on its way; trying again in')
      expect(result.outputs).toMatchObject({status: 'succeeded', pushed: 'true'})
      expect(await room.digestInEcr(repository, result.outputs['tag']!)).toBe(result.outputs['digest'])
    },
    3 * MINUTE,
  )

  test(
    'a push that the registry refuses is not tried again',
    async () => {
      const repository = room.repositoryName('denied')
      proxy.onRequest = (request) =>
        /^POST .*\/blobs\/uploads\//.test(request)
          ? {status: 403, body: '{"errors":[{"code":"DENIED","message":"not allowed to push here"}]}'}
          : undefined
      const inputs = {repository, registry: proxy.host, 'create-repository': 'true', cache: 'none'}
      const result = await room.run(inputs, through())
      expect(result.code).toBe(1)
      expect(result.outputs['failure-reason']).toBe('access-denied')
      expect(result.log).toContain('ecr:InitiateLayerUpload')
      expect(result.log).not.toContain('trying again')
    },
    MINUTE,
  )

  test(
    'the scans of every platform of a pushed index are waited for, and a finding fails the step',
    async () => {
      const repository = room.repositoryName('scan')
      const asked: string[] = []
      proxy.onRequest = (request, body) => {
        if (request !== 'DescribeImageScanFindings') return undefined
        const {imageId} = JSON.parse(body) as {imageId: {imageDigest: string}}
        asked.push(imageId.imageDigest)
        const isFirstLook = asked.filter((digest) => digest === imageId.imageDigest).length === 1
        const attributes = [
          {key: 'package_name', value: 'openssl'},
          {key: 'package_version', value: '3.0.1'},
        ]
        const findings = [{name: 'CVE-2026-1', severity: 'HIGH', attributes}]
        const answer = isFirstLook
          ? {imageScanStatus: {status: 'IN_PROGRESS'}}
          : {imageScanStatus: {status: 'COMPLETE'}, imageScanFindings: {findings}}
        return {status: 200, body: JSON.stringify(answer)}
      }
      const common = {repository, registry: proxy.host, 'create-repository': 'true', cache: 'none'}
      const inputs = {...common, platforms: 'linux/amd64,linux/arm64', 'scan-fail-on': 'high'}
      const result = await room.run(inputs, through())
      expect(result.outputs['failure-reason']).toBe('scan-findings')
      expect(result.errors).toEqual([`${repository}: the scan found 1 high.`])
      expect(result.summary).toContain('| high | CVE-2026-1 | openssl | 3.0.1 | — |')
      expect(new Set(asked).size).toBe(2)
      expect(asked).toHaveLength(4)
      // The image is there; what runs again is the gate alone.
      const accepted = await room.run(
        {...inputs, 'scan-ignore': 'CVE-2026-1 until=2999-01-01 not reachable'},
        through(),
      )
      expect(accepted.errors).toEqual([])
      expect(accepted.outputs['status']).toBe('unchanged')
    },
    2 * MINUTE,
  )
})

describe('a builder of its own', () => {
  test(
    'is made from an address, caches in the registry, and is gone after the job',
    async () => {
      const address = /^Endpoint:\s+(\S+)$/m.exec(docker('buildx', 'inspect', room.lab.vars['BUILDX_BUILDER']!))![1]!
      const repository = room.repositoryName('own')
      const inputs = {repository, 'create-repository': 'true', builder: address}
      const first = await room.run(inputs, {BUILDX_BUILDER: ''})
      expect(first.errors).toEqual([])
      const name = first.state['builder']!
      expect(docker('buildx', 'ls')).toContain(name)
      expect(await room.digestInEcr(repository, 'buildcache-linux-amd64')).toBeDefined()
      const second = await room.run({...inputs, 'if-tag-exists': 'overwrite'}, {BUILDX_BUILDER: ''})
      expect(second.log).toContain('importing cache manifest from')
      for (const {state} of [first, second]) {
        const post = await room.run({}, {}, {entry: 'post', state})
        expect([post.code, post.warnings]).toEqual([0, []])
      }
      expect(docker('buildx', 'ls')).not.toContain(name)
    },
    2 * MINUTE,
  )
})

describe('the plain engine of a machine', () => {
  test(
    'pushes with a cache where a builder can be had for it, and with a warning where not',
    async () => {
      const repository = room.repositoryName('plain')
      const env = {BUILDX_BUILDER: ''}
      const result = await room.run({repository, 'create-repository': 'true'}, env)
      expect(result.errors).toEqual([])
      expect(result.outputs['digest']).toBe(await room.digestInEcr(repository, result.outputs['tag']!))
      const hasCache = (await room.digestInEcr(repository, 'buildcache-linux-amd64')) !== undefined
      expect(result.warnings.some((text) => text.startsWith('No build cache this time'))).toBe(!hasCache)
      const post = await room.run({}, env, {entry: 'post', state: result.state})
      expect([post.code, post.warnings]).toEqual([0, []])
      expect(docker('buildx', 'ls')).not.toContain(result.state['builder'])
    },
    3 * MINUTE,
  )
})

describe('on one machine with others', () => {
  test(
    'steps that run side by side neither log each other out nor touch the login of the user',
    async () => {
      const home = join(room.workspace, 'docker-home')
      const plugins = {cliPluginsExtraDirs: [join(room.lab.vars['DOCKER_CONFIG']!, 'cli-plugins')]}
      const own = JSON.stringify({auths: {'ghcr.io': {auth: 'eHg6eXk='}}, ...plugins})
      mkdirSync(home, {recursive: true})
      writeFileSync(join(home, 'config.json'), own)
      const env = {DOCKER_CONFIG: home, BUILDX_CONFIG: join(room.lab.vars['DOCKER_CONFIG']!, 'buildx')}
      const inputs = {'create-repository': 'true', cache: 'none'}
      const results = await Promise.all(
        ['a', 'b', 'c'].map((what) => room.run({...inputs, repository: room.repositoryName(`beside-${what}`)}, env)),
      )
      expect(results.map(({errors, outputs}) => [errors, outputs['pushed']])).toEqual(results.map(() => [[], 'true']))
      expect(new Set(results.map(({state}) => state['docker-home'])).size).toBe(3)
      expect(readFileSync(join(home, 'config.json'), 'utf8')).toBe(own)
    },
    2 * MINUTE,
  )
})

describe('a real application image', () => {
  const inputs = (repository: string): Record<string, string> => ({
    repository,
    'create-repository': 'true',
    cache: 'none',
    'build-contexts': bases(),
  })

  test(
    'is started before it is pushed; no secret is in the log in debug mode',
    async () => {
      const repository = room.repositoryName('app')
      const app = {file: 'Dockerfile.app', secrets: `npm=${SECRET}`, 'smoke-test': 'port=3000\npath=/'}
      const result = await room.run(
        {...inputs(repository), ...app},
        {RUNNER_DEBUG: '1', ACTIONS_STEP_DEBUG: 'true', ACTIONS_RUNNER_DEBUG: 'true'},
      )
      expect(result.errors).toEqual([])
      expect(result.log).toContain('✓ smoke test: GET / answers 200')
      expect(result.outputs['pushed']).toBe('true')
      expect(result.masks).toContain(SECRET)
      for (const mask of result.masks) expect(result.visible).not.toContain(mask)
      expect(docker('ps', '--all', '--filter', `name=${result.state['smoke-container']!}`, '--quiet')).toBe('')
    },
    3 * MINUTE,
  )

  test(
    'that crashes is not pushed, and says what it printed last',
    async () => {
      const repository = room.repositoryName('crash')
      const crash = {file: 'Dockerfile.crash', 'smoke-test': 'port=3000\ntimeout=20'}
      const result = await room.run({...inputs(repository), ...crash}, {GITHUB_SHA: OTHER})
      expect(result.outputs['failure-reason']).toBe('smoke-test-failed')
      expect(result.errors[0]).toBe(
        `${repository}: the container exits with code 3 instead of serving port 3000: DATABASE_URL is not set.`,
      )
      expect(await room.digestInEcr(repository, OTHER)).toBeUndefined()
    },
    2 * MINUTE,
  )
})
