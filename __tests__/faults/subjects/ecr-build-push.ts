import {randomUUID} from 'node:crypto'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {GOOD_DOCKER, makeFakeDocker} from '../../shared/ecr/fake-docker.ts'
import type {Script, ScriptedAnswer} from '../../shared/ecr/fake-docker.ts'
import {PASSWORD, startFakeEcr} from '../../shared/ecr/fake-ecr.ts'
import type {Noise, Room, RoomWish, Subject} from '../core/model.ts'
import {faultProxy} from '../core/proxy.ts'
import {awsEnvironment, closeAll} from './aws-room.ts'

const COMMIT = '4c1f2e9000000000000000000000000000000000'
const FILES = {Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n'}
const SLOWLY = 800

function docker(noise: Noise | undefined): Script {
  // Every command of the good one has one answer.
  const good = GOOD_DOCKER as Readonly<Record<string, ScriptedAnswer>>
  const script: Record<string, ScriptedAnswer> = {
    ...good,
    'buildx build': {...good['buildx build'], pauseMs: SLOWLY},
  }
  for (const call of noise?.calls ?? []) script[call] = {...script[call], ...(noise && {noise: noise.what})}
  return script
}

async function room({noise}: RoomWish): Promise<Room> {
  const ecr = await startFakeEcr()
  ecr.repositories.set('team/app', {settings: {}, tags: new Map(), blobs: new Map()})
  const proxy = await faultProxy({port: Number(new URL(ecr.url).port)})
  const fake = makeFakeDocker(docker(noise))
  const home = mkdtempSync(join(tmpdir(), 'slipway-home-'))
  const [secret, token] = [`aws-${randomUUID()}`, `npm-${randomUUID()}`]
  const pushed = (): boolean => ecr.repositories.get('team/app')?.tags.has(COMMIT) === true
  return {
    proxies: [proxy],
    dialect: 'aws',
    secrets: [secret, token, PASSWORD],
    call: {
      files: FILES,
      path: [fake.folder],
      inputs: {repository: 'team/app', registry: proxy.host, secrets: `npm=${token}`},
      env: {...awsEnvironment(proxy.host, secret), DOCKER_CONFIG: join(home, '.docker')},
    },
    standing: () => (pushed() ? 'wanted' : 'before'),
    changes: () => new Set(ecr.repositories.get('team/app')?.tags.values() ?? []).size,
    left: () => [],
    close: async () => {
      await closeAll(proxy, ecr)
      fake.remove()
      rmSync(home, {recursive: true, force: true})
    },
  }
}

/** A build with a secret, pushed to a repository that is there. */
export const ECR_BUILD_PUSH: readonly Subject[] = [
  {
    action: 'ecr-build-push',
    situation: 'build and push',
    post: true,
    writes: ['temp'],
    reachable: true,
    settles: 'killed',
    limitMs: 200_000,
    phases: [
      {name: 'preflight', request: ({name}) => name === 'DescribeRepositories', calls: ['buildx inspect', 'info']},
      {name: 'log in', request: ({name}) => name === 'GetAuthorizationToken'},
      {name: 'build', line: /COPY \. \./, calls: ['buildx build']},
      {name: 'push', request: ({name}) => name.startsWith('PUT /v2/')},
      {name: 'read back', request: ({name}) => name.startsWith('GET /v2/') && name.includes('/manifests/')},
    ],
    room,
  },
]
