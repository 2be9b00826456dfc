import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, jest} from '@jest/globals'
import {spawnAction} from '../../support/spawn-action.ts'
import type {ActionCall, ActionResult} from '../../support/spawn-action.ts'
import {GOOD_DOCKER, makeFakeDocker} from './fake-docker.ts'
import type {FakeDocker, RecordedCall, Script} from './fake-docker.ts'
import {startFakeEcr} from './fake-ecr.ts'
import type {FakeEcr} from './fake-ecr.ts'

/** The commit that a run builds. */
export const COMMIT = '4c1f2e9000000000000000000000000000000000'
/** The commit of somebody else's run. */
export const OTHER = '1111111111111111111111111111111111111111'
/** The label that names an image's commit. */
export const REVISION = 'org.opencontainers.image.revision'
/** The smallest workspace that can be built. */
export const FILES = {Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n'}

/** What the built bundle runs against, made anew for each test. */
export interface BuildRoom {
  readonly ecr: FakeEcr
  /** Of the last run. @throws {Error} before the first */
  readonly docker: FakeDocker
  readonly home: string
  /** Runs the bundle on `team/app`; `docker` does what the script says. */
  run(inputs: Record<string, string>, script?: Script, more?: Partial<ActionCall>): Promise<ActionResult>
  /** The first call of `docker` that starts like this. @throws {Error} when there was none */
  call(start: string): RecordedCall
  /** Whether the last run built. */
  built(): boolean
}

/** Makes a room for each test of this file, and clears it away. */
export function buildRoom(): BuildRoom {
  // Two or three processes are started in each test, on machines that may be busy with others.
  jest.setTimeout(60_000)
  let [ecr, home]: [FakeEcr | undefined, string] = [undefined, '']
  let dockers: FakeDocker[] = []
  beforeEach(async () => {
    ecr = await startFakeEcr()
    home = mkdtempSync(join(tmpdir(), 'slipway-home-'))
  })
  afterEach(async () => {
    await ecr?.close()
    for (const docker of dockers) docker.remove()
    dockers = []
    rmSync(home, {recursive: true, force: true})
  })
  const must = <T>(thing: T | undefined): T => {
    if (thing === undefined) throw new Error('The room is used before a test has begun.')
    return thing
  }
  const docker = (): FakeDocker => must(dockers.at(-1))
  return {
    get ecr() {
      return must(ecr)
    },
    get docker() {
      return docker()
    },
    get home() {
      return home
    },
    run: async (inputs, script = GOOD_DOCKER, more = {}) => {
      dockers.push(makeFakeDocker(script))
      const registry = must(ecr)
      return await spawnAction('ecr-build-push', {
        files: FILES,
        path: [docker().folder],
        ...more,
        inputs: {repository: 'team/app', registry: registry.host, ...inputs},
        env: {...registry.env, HOME: home, ...more.env},
      })
    },
    call: (start) => {
      const found = docker()
        .calls()
        .find(({argv}) => argv.join(' ').startsWith(start))
      if (found === undefined) throw new Error(`docker was not called with ${start}`)
      return found
    },
    built: () =>
      docker()
        .calls()
        .some(({argv}) => argv[1] === 'build'),
  }
}
