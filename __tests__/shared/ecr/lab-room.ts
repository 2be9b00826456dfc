import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterAll, beforeAll} from '@jest/globals'
import {BatchGetImageCommand, DeleteRepositoryCommand, ECRClient} from '@aws-sdk/client-ecr'
import {labEnvironment} from '../../../lab/index.ts'
import type {LabEnvironment} from '../../../lab/index.ts'
import {spawnAction} from '../../support/spawn-action.ts'
import type {ActionCall, ActionResult} from '../../support/spawn-action.ts'

/** The commit that a run builds. */
export const COMMIT = '5a5a5a5a000000000000000000000000000000aa'
/** The commit of another run. */
export const OTHER = '6b6b6b6b000000000000000000000000000000bb'
/** Milliseconds. */
export const MINUTE = 60_000

/** The built bundle beside the lab's real Docker, BuildKit and registry. */
export interface LabRoom {
  readonly lab: LabEnvironment
  readonly ecr: ECRClient
  /** A folder with a Dockerfile whose image nobody has built before. */
  readonly workspace: string
  /** A name that no other test has; what is made under it is removed with the room. */
  repositoryName(what: string): string
  /** Runs the bundle as `COMMIT` in the workspace, with the lab's environment and registry. */
  run(inputs: Record<string, string>, env?: Record<string, string>, more?: Partial<ActionCall>): Promise<ActionResult>
  digestInEcr(repository: string, imageTag: string): Promise<string | undefined>
}

/** Makes the room for the tests of one file. @param files what lies in the workspace beside the Dockerfile */
export function labRoom(files: Readonly<Record<string, string>> = {}): LabRoom {
  const workspace = mkdtempSync(join(tmpdir(), 'slipway-build-lab-'))
  const made: string[] = []
  let [lab, ecr]: [LabEnvironment | undefined, ECRClient | undefined] = [undefined, undefined]
  beforeAll(() => {
    lab = labEnvironment()
    const {endpoint, region, vars} = lab
    const [accessKeyId = '', secretAccessKey = ''] = [vars['AWS_ACCESS_KEY_ID'], vars['AWS_SECRET_ACCESS_KEY']]
    ecr = new ECRClient({endpoint, region, credentials: {accessKeyId, secretAccessKey}})
    const hello = {'hello.txt': `hello at ${String(Date.now())}\n`, Dockerfile: 'FROM scratch\nCOPY hello.txt /\n'}
    for (const [name, content] of Object.entries({...hello, ...files})) {
      mkdirSync(dirname(join(workspace, name)), {recursive: true})
      writeFileSync(join(workspace, name), content)
    }
  })
  afterAll(async () => {
    for (const repositoryName of made) {
      await must(ecr)
        .send(new DeleteRepositoryCommand({repositoryName, force: true}))
        .catch((error: unknown) => {
          if (!(error instanceof Error) || error.name !== 'RepositoryNotFoundException') throw error
        })
    }
    rmSync(workspace, {recursive: true, force: true})
  })
  return {
    workspace,
    get lab() {
      return must(lab)
    },
    get ecr() {
      return must(ecr)
    },
    repositoryName: (what) => {
      made.push(`ecr-build-push-test/${what}-${String(Date.now())}`)
      return made.at(-1) ?? ''
    },
    run: async (inputs, env = {}, more = {}) =>
      await spawnAction('ecr-build-push', {
        workspace,
        ...more,
        inputs: {registry: must(lab).registry, ...inputs},
        env: {...must(lab).vars, GITHUB_SHA: COMMIT, ...env},
      }),
    digestInEcr: async (repositoryName, imageTag) => {
      const {images} = await must(ecr).send(new BatchGetImageCommand({repositoryName, imageIds: [{imageTag}]}))
      return images?.[0]?.imageId?.imageDigest
    },
  }
}

function must<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error('The room is used before a test has begun.')
  return thing
}
