import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {labPaths} from '../../lab/core/paths.ts'
import {emptyPart, readState, writeState} from '../../lab/core/state.ts'
import {isLabPrepared, labEnvironment} from '../../lab/env.ts'
import {freePrefix, networkIn} from '../../lab/kubernetes/layout.ts'
import {imageFromFolder} from '../../lab/oci.ts'
import {mirroredProviders} from '../../lab/parts/terraform.ts'
import {collectEvents} from '../../lab/runner/events.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-'))
})
afterEach(() => {
  rmSync(folder, {recursive: true})
})

describe('the cluster’s network', () => {
  it.each([
    [['default', '192.0.2.0/24'], '10.213'],
    [['10.213.7.0/24'], '10.214'],
    [['10.213.0.1'], '10.214'],
    [['10.208.0.0/13', '10.64.0.0/10'], '172.29'],
    [['fe80::/64', 'ff00::/8'], '10.213'],
  ])('beside routes %j is %s', (routes, prefix) => {
    expect(freePrefix(routes)).toBe(prefix)
  })

  it('is refused where nothing is free', () => {
    expect(() => freePrefix(['10.0.0.0/8', '172.16.0.0/12'])).toThrow('is free on this machine')
  })

  it('keeps pods, services and the cable apart', () => {
    expect(networkIn('10.213')).toMatchObject({node: '10.213.0.2', pods: '10.213.16.0/20', services: '10.213.32.0/20'})
  })
})

describe('the recorded state', () => {
  const env = (): NodeJS.ProcessEnv => ({SLIPWAY_LAB_CACHE: folder, PATH: '/bin'})

  it('is empty before the first start, and then the lab gives no environment', () => {
    expect(readState(labPaths(env()))).toEqual({version: 1, parts: {}})
    expect(isLabPrepared(env())).toBe(false)
    expect(() => labEnvironment(env())).toThrow('run `npm run lab -- up` first')
  })

  it('comes back as it was written', () => {
    const state = {
      version: 1 as const,
      parts: {docker: {...emptyPart(), ready: true, vars: {DOCKER_HOST: 'unix:///x'}}},
    }
    writeState(labPaths(env()), state)
    expect(readState(labPaths(env()))).toEqual(state)
    expect(isLabPrepared(env())).toBe(false) // one part is not the lab
  })

  it('is not taken for empty when it cannot be understood: something may run', () => {
    mkdirSync(join(folder, 'run'))
    writeFileSync(join(folder, 'run/state.json'), '{"version": 0}')
    expect(() => readState(labPaths(env()))).toThrow('is not a lab state of this version')
  })
})

describe('images made here', () => {
  it('have the same digest when the content is the same, and name themselves for both kinds of engines', async () => {
    const indexes = []
    for (const copy of ['a', 'b']) {
      const rootfs = join(folder, copy, 'rootfs')
      mkdirSync(join(rootfs, 'home/user'), {recursive: true})
      writeFileSync(join(rootfs, 'hello'), 'hello')
      const into = {layout: join(folder, copy, 'layout'), archive: join(folder, copy, 'image.tar')}
      await imageFromFolder(rootfs, into, {
        name: 'slipway.test/hello:1',
        config: {Cmd: ['/hello']},
        owned: ['home/user'],
      })
      expect(existsSync(into.archive)).toBe(true)
      indexes.push(readFileSync(join(into.layout, 'index.json'), 'utf8'))
      const docker = JSON.parse(readFileSync(join(into.layout, 'manifest.json'), 'utf8')) as unknown
      expect(docker).toMatchObject([{RepoTags: ['slipway.test/hello:1']}])
    }
    expect(indexes[0]).toBe(indexes[1])
    expect(indexes[0]).toContain('"org.opencontainers.image.ref.name":"1"')
  })
})

it('finds the providers a mirror holds, and none where there is no mirror', () => {
  mkdirSync(join(folder, 'registry.terraform.io/hashicorp/aws/5.100.0'), {recursive: true})
  writeFileSync(join(folder, 'registry.terraform.io/README'), 'a file is no namespace')
  expect(mirroredProviders(folder)).toEqual(['registry.terraform.io/hashicorp/aws'])
  expect(mirroredProviders(join(folder, 'none'))).toEqual([])
})

describe('the events of a workflow run', () => {
  const line = (fields: object): string => JSON.stringify({jobID: 'build', time: '2026-11-23T14:53:57Z', ...fields})

  it('add up to results, outputs, summaries, annotations and a log', () => {
    const shown: string[] = []
    const events = collectEvents((job, text) => shown.push(`${job}: ${text}`))
    events.take(line({raw_output: true, msg: 'one\n', stepID: ['0']}))
    events.take(line({command: 'set-output', name: 'digest', arg: 'sha256:ab', stepID: ['image']}))
    events.take(line({command: 'summary', content: '### built'}))
    events.take(line({command: 'error', arg: 'broken', level: 'error', msg: '  ❗  ::error::broken\n'}))
    events.take(line({jobResult: 'failure', time: '2026-11-23T14:54:07Z'}))
    const job = events.collected().jobs.get('build')
    expect(job).toEqual({
      result: 'failure',
      outputs: {image: {digest: 'sha256:ab'}},
      summary: '### built\n',
      errors: ['broken'],
      log: 'one\nerror: broken\n',
      seconds: 10,
      steps: [],
    })
    expect(shown).toEqual(['build: one', 'build: error: broken'])
  })

  it('leave what the runner itself complains of, be it an event or not', () => {
    const events = collectEvents()
    events.take('Error: could not find any stages to run')
    events.take('{"level":"error","msg":"workflow is not valid"}')
    events.take('{"level":"info","msg":"Using docker host"}')
    events.take('')
    expect(events.collected()).toEqual({
      jobs: new Map(),
      complaint: 'Error: could not find any stages to run\nworkflow is not valid',
    })
  })
})
