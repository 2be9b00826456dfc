import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals'
import {GOOD_DOCKER, inspectAnswer, makeFakeDocker} from '../shared/ecr/fake-docker.ts'
import type {FakeDocker, RecordedCall, Script} from '../shared/ecr/fake-docker.ts'
import {awsError, PASSWORD, startFakeEcr} from '../shared/ecr/fake-ecr.ts'
import type {FakeEcr} from '../shared/ecr/fake-ecr.ts'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionCall, ActionResult} from '../support/spawn-action.ts'

const COMMIT = '4c1f2e9000000000000000000000000000000000'
const OTHER = '1111111111111111111111111111111111111111'
const REVISION = 'org.opencontainers.image.revision'
const FILES = {Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n'}

// Two or three processes are started in each test, on machines that may be busy with others.
jest.setTimeout(60_000)

let ecr: FakeEcr
let docker: FakeDocker | undefined
let home: string

beforeEach(async () => {
  ecr = await startFakeEcr()
  home = mkdtempSync(join(tmpdir(), 'slipway-home-'))
})

afterEach(async () => {
  await ecr.close()
  docker?.remove()
  rmSync(home, {recursive: true, force: true})
})

async function run(
  inputs: Record<string, string>,
  script: Script = GOOD_DOCKER,
  more: Partial<ActionCall> = {},
): Promise<ActionResult> {
  docker = makeFakeDocker(script)
  return await spawnAction('ecr-build-push', {
    files: FILES,
    path: [docker.folder],
    ...more,
    inputs: {repository: 'team/app', registry: ecr.host, ...inputs},
    env: {...ecr.env, HOME: home, ...more.env},
  })
}

function call(start: string): RecordedCall {
  const found = docker?.calls().find(({argv}) => argv.join(' ').startsWith(start))
  if (found === undefined) throw new Error(`docker was not called with ${start}`)
  return found
}

const built = (): boolean => docker?.calls().some(({argv}) => argv[1] === 'build') === true

describe('build and push', () => {
  beforeEach(() => {
    ecr.repositories.set('team/app', {settings: {}, tags: new Map(), blobs: new Map()})
  })

  test('pushes, reads the digest back, and hands it on', async () => {
    const result = await run({})
    const digest = ecr.repositories.get('team/app')!.tags.get(COMMIT)
    expect(result.errors).toEqual([])
    expect(result.code).toBe(0)
    expect(result.outputs).toMatchObject({
      status: 'succeeded',
      image: `${ecr.host}/team/app@${digest!}`,
      digest: digest!,
      tags: `${ecr.host}/team/app:${COMMIT}`,
      tag: COMMIT,
      registry: ecr.host,
      repository: 'team/app',
      'repository-uri': `${ecr.host}/team/app`,
      pushed: 'true',
      reused: 'false',
    })
    expect(JSON.parse(result.outputs['receipt']!)).toMatchObject({
      stage: 'build',
      subject: 'team/app',
      status: 'succeeded',
      now: {digest, repository: 'team/app', tags: [COMMIT], revision: COMMIT},
    })
    expect(result.outputs['receipt']).not.toContain(ecr.host)
    expect(result.summary).toContain('### ✓ team/app is in the registry')
    expect(result.summary).toContain('1 of 2 steps')
    expect(ecr.requests).toContain(`GET /v2/team/app/manifests/${COMMIT}`)
  })

  test('logs in with a password on standard input, in a configuration of its own that is gone afterwards', async () => {
    const original = join(home, '.docker')
    const result = await run({}, GOOD_DOCKER, {env: {DOCKER_CONFIG: original}})
    const login = call('login')
    expect(login.argv).toEqual(['login', '--username', 'AWS', '--password-stdin', ecr.host])
    expect(login.stdin).toBe(PASSWORD)
    expect(login.dockerConfig).not.toBe(original)
    expect(JSON.parse(login.config)).toEqual({credHelpers: {[ecr.host]: ''}})
    expect(existsSync(login.dockerConfig)).toBe(false)
    expect(result.state['docker-home']).toBe(login.dockerConfig)
    expect(result.masks).toContain(PASSWORD)
    expect(result.visible).not.toContain(PASSWORD)
  })

  test('keeps other logins and credential helpers of the user', async () => {
    writeFileSync(
      join(home, 'config.json'),
      JSON.stringify({
        auths: {'ghcr.io': {auth: 'eHg6eXk='}},
        credsStore: 'desktop',
        credHelpers: {'gcr.io': 'gcloud'},
      }),
    )
    await run({}, GOOD_DOCKER, {env: {DOCKER_CONFIG: home}})
    expect(JSON.parse(call('login').config)).toEqual({
      auths: {'ghcr.io': {auth: 'eHg6eXk='}},
      credsStore: 'desktop',
      credHelpers: {'gcr.io': 'gcloud', [ecr.host]: ''},
    })
    expect(JSON.parse(readFileSync(join(home, 'config.json'), 'utf8'))).toMatchObject({
      credsStore: 'desktop',
      credHelpers: {'gcr.io': 'gcloud'},
    })
  })

  test('caches in the repository in the form that ECR takes, and reads a cache only where there is one', async () => {
    await run({platforms: 'linux/arm64'})
    const tag = `${ecr.host}/team/app:buildcache-linux-arm64`
    const {argv} = call('buildx build')
    expect(argv[argv.indexOf('--cache-to') + 1]).toBe(
      `type=registry,ref=${tag},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true`,
    )
    expect(argv).not.toContain('--cache-from')
    docker?.remove()
    ecr.addImage('team/app', ['buildcache-linux-arm64'], {})
    await run({platforms: 'linux/arm64', 'if-tag-exists': 'overwrite'})
    const again = call('buildx build').argv
    expect(again[again.indexOf('--cache-from') + 1]).toBe(`type=registry,ref=${tag}`)
  })

  test('gives secrets by private files that are masked and gone afterwards', async () => {
    const result = await run({secrets: 'npm=npm-token-of-this-test\n"key=first line\nsecond line"'})
    const build = call('buildx build')
    expect(result.code).toBe(0)
    expect(build.secrets).toEqual(['npm-token-of-this-test', 'first line\nsecond line'])
    expect(build.argv.join(' ')).not.toContain('npm-token-of-this-test')
    expect(result.masks).toEqual(expect.arrayContaining(['npm-token-of-this-test', 'first line', 'second line']))
    expect(result.visible).not.toContain('npm-token-of-this-test')
    const path = /src=([^,\s]+)/.exec(build.argv.join(' '))![1]!
    expect(existsSync(path)).toBe(false)
  })

  test('no secret is in the log in debug mode', async () => {
    const debug = {RUNNER_DEBUG: '1', ACTIONS_STEP_DEBUG: 'true'}
    const result = await run({secrets: 'npm=npm-token-of-this-test'}, GOOD_DOCKER, {env: debug})
    expect(result.code).toBe(0)
    expect(result.visible).not.toMatch(new RegExp(`npm-token-of-this-test|${PASSWORD}|secret-key-of-this-test`))
  })

  test('a registry that has something else than what was pushed is a failure', async () => {
    const claim = `sha256:${'0'.repeat(64)}`
    const result = await run({}, {...GOOD_DOCKER, 'buildx build': {push: true, claim}})
    expect(result.code).toBe(1)
    expect(result.outputs['failure-reason']).toBe('push-failed')
    expect(result.errors[0]).toContain(`but this run pushed ${claim}`)
    expect(result.outputs['image']).toBeUndefined()
  })

  test('a docker that fails without a word fails the step', async () => {
    const result = await run({}, {...GOOD_DOCKER, 'buildx build': {code: 7}})
    expect(result.code).toBe(1)
    expect(result.outputs).toMatchObject({status: 'failed', 'failure-reason': 'build-failed'})
    expect(result.errors[0]).toContain('exit code 7')
  })

  test('a push that broke on its way is tried again, a refusal is not', async () => {
    const broken = {
      code: 1,
      stderr: `ERROR: failed to build: failed to solve: failed to push ${ecr.host}/team/app:x: unexpected status: 503 Service Unavailable\n`,
    }
    const good = GOOD_DOCKER['buildx build'] as {push: boolean}
    const healed = await run({}, {...GOOD_DOCKER, 'buildx build': [broken, good]})
    expect(healed.code).toBe(0)
    expect(healed.log).toContain('The push broke on its way; trying again')
    docker?.remove()
    const denied = `ERROR: failed to build: failed to solve: failed to push ${ecr.host}/team/app:x: denied: User: arn:aws:sts::123456789012:assumed-role/ci is not authorized to perform: ecr:InitiateLayerUpload on resource: arn:aws:ecr:eu-west-1:123456789012:repository/team/app because no identity-based policy allows it\n`
    const refused = await run(
      {'if-tag-exists': 'overwrite'},
      {...GOOD_DOCKER, 'buildx build': {code: 1, stderr: denied}},
    )
    expect(refused.outputs['failure-reason']).toBe('access-denied')
    expect(refused.errors[0]).toContain('AWS refused ecr:InitiateLayerUpload')
    expect(refused.log).toContain('"Resource": "arn:aws:ecr:eu-west-1:123456789012:repository/team/app"')
    expect(docker?.calls().filter(({argv}) => argv[1] === 'build')).toHaveLength(1)
  }, 30_000)

  test('a cancelled build interrupts buildx once and ends red', async () => {
    const result = await run(
      {},
      {...GOOD_DOCKER, 'buildx build': {hang: true, stderr: '#1 [1/1] RUN sleep\n'}},
      {
        onOutput: (text, child) => {
          if (text.includes('RUN sleep')) child.kill('SIGINT')
        },
      },
    )
    expect(result.code).toBe(1)
    expect(result.outputs['status']).toBe('cancelled')
    expect(readFileSync(join(docker!.folder, 'signals'), 'utf8')).toBe('SIGINT\n')
    expect(existsSync(call('login').dockerConfig)).toBe(false)
  }, 20_000)
})

describe('an image that is there already', () => {
  test('of the same commit is reused without a build, and gets the tags it lacks', async () => {
    const digest = ecr.addImage('team/app', [COMMIT], {[REVISION]: COMMIT})
    const result = await run({tags: 'type=sha,format=long,prefix=\ntype=ref,event=branch\nlatest'})
    expect(result.errors).toEqual([])
    expect(result.outputs).toMatchObject({
      status: 'unchanged',
      digest,
      reused: 'true',
      pushed: 'false',
      image: `${ecr.host}/team/app@${digest}`,
    })
    expect(built()).toBe(false)
    expect(docker?.calls()).toEqual([])
    expect(ecr.repositories.get('team/app')!.tags.get('main')).toBe(digest)
    expect(ecr.repositories.get('team/app')!.tags.get('latest')).toBe(digest)
  })

  test('of another commit under the same tag fails before a build, with both commits named', async () => {
    ecr.addImage('team/app', ['v1'], {[REVISION]: OTHER})
    const result = await run({tags: 'v1'})
    expect(result.code).toBe(1)
    expect(result.outputs['failure-reason']).toBe('tag-immutable')
    expect(result.errors[0]).toContain(OTHER)
    expect(result.errors[0]).toContain(COMMIT)
    expect(built()).toBe(false)
  })

  test('under a branch is built over in a mutable repository and refused in an immutable one', async () => {
    ecr.addImage('team/app', ['main'], {[REVISION]: OTHER})
    const moved = await run({tags: 'type=ref,event=branch'})
    expect(moved.outputs).toMatchObject({status: 'succeeded', pushed: 'true'})
    docker?.remove()
    ecr.addImage('team/app', ['main'], {[REVISION]: OTHER})
    ecr.repositories.get('team/app')!.settings['imageTagMutability'] = 'IMMUTABLE'
    const refused = await run({tags: 'type=ref,event=branch'})
    expect(refused.outputs['failure-reason']).toBe('tag-immutable')
    expect(built()).toBe(false)
  })

  test('moves in an immutable repository that excludes its tag', async () => {
    ecr.addImage('team/app', ['main'], {[REVISION]: OTHER})
    Object.assign(ecr.repositories.get('team/app')!.settings, {
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{filterType: 'WILDCARD', filter: 'ma*'}],
    })
    const moved = await run({tags: 'type=ref,event=branch'})
    expect(moved.outputs).toMatchObject({status: 'succeeded', pushed: 'true'})
  })
})

describe('what is wrong is said before anything is changed', () => {
  test('a missing repository', async () => {
    const result = await run({})
    expect(result.outputs['failure-reason']).toBe('not-found')
    expect(result.errors).toEqual([`${ecr.host}/team/app: the registry has no such repository.`])
    expect(ecr.calls).not.toContain('CreateRepository')
    expect(built()).toBe(false)
  })

  test('create-repository makes it with the settings that were given and no others', async () => {
    const settings =
      'scan-on-push=true\nmutability=IMMUTABLE_WITH_EXCLUSION\nexclusions=latest,buildcache*\nencryption=KMS\nkms-key=alias/images\ntag.team=video'
    const result = await run({'create-repository': 'true', 'repository-settings': settings})
    expect(result.errors).toEqual([])
    expect(ecr.bodies[ecr.calls.indexOf('CreateRepository')]).toEqual({
      repositoryName: 'team/app',
      imageScanningConfiguration: {scanOnPush: true},
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [
        {filterType: 'WILDCARD', filter: 'latest'},
        {filterType: 'WILDCARD', filter: 'buildcache*'},
      ],
      encryptionConfiguration: {encryptionType: 'KMS', kmsKey: 'alias/images'},
      tags: [{Key: 'team', Value: 'video'}],
    })
  })

  test('no Docker engine: no repository is made for nothing', async () => {
    const noEngine = {
      stdout: 'Name:   default\nDriver: \nError:  failed to connect to the docker API at unix:///var/run/docker.sock\n',
    }
    const result = await run({'create-repository': 'true'}, {...GOOD_DOCKER, 'buildx inspect': noEngine})
    expect(result.outputs['failure-reason']).toBe('unreachable')
    expect(result.errors[0]).toContain('no Docker engine answers')
    expect(ecr.calls).not.toContain('CreateRepository')
  })

  test('no credentials', async () => {
    const result = await run({}, GOOD_DOCKER, {
      env: {
        AWS_ACCESS_KEY_ID: '',
        AWS_SECRET_ACCESS_KEY: '',
        AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
        AWS_CONFIG_FILE: '/nowhere',
      },
    })
    expect(result.outputs['failure-reason']).toBe('access-denied')
    expect(result.errors).toEqual(['AWS credentials: no AWS credentials were found.'])
  })

  test.each([
    ['GetAuthorizationToken', 'ecr:GetAuthorizationToken', '"Resource": "*"'],
    ['BatchGetImage', 'ecr:BatchGetImage', '"Resource": "arn:aws:ecr:eu-west-1:*:repository/team/app"'],
    ['CreateRepository', 'ecr:CreateRepository', '"Resource": "arn:aws:ecr:eu-west-1:*:repository/team/app"'],
  ])('a denied %s names the IAM action and a statement that grants it', async (operation, action, resource) => {
    ecr.answer(
      operation,
      awsError('AccessDeniedException', `User: arn:aws:iam::1:user/x is not authorized to perform: ${action}`),
    )
    const result = await run({'create-repository': 'true'})
    expect(result.outputs['failure-reason']).toBe('access-denied')
    expect(result.errors[0]).toMatch(new RegExp(`^${action}: AWS refused the call`))
    expect(result.log).toContain(resource)
    expect(built()).toBe(false)
  })

  test('a role that may push but not describe is enough', async () => {
    ecr.repositories.set('team/app', {settings: {}, tags: new Map(), blobs: new Map()})
    ecr.answer(
      'DescribeRepositories',
      awsError('AccessDeniedException', 'not authorized to perform: ecr:DescribeRepositories'),
    )
    const result = await run({})
    expect(result.errors).toEqual([])
    expect(result.outputs['pushed']).toBe('true')
  })

  test.each([
    [{repository: 'Team/App'}, 'Input "repository" is "Team/App": ECR takes lower case only, so use "team/app".'],
    [{repository: ''}, 'Input "repository" is required: add "repository:" under "with:".'],
    [{registry: '12345678901'}, 'if the id is 012345678901, put it in quotes'],
    [{tags: 'type=semver'}, 'Input "tags": "type=semver" needs "pattern": add ",pattern=...".'],
    [{tags: 'type=sha,colour=red'}, 'has the unknown attribute "colour"'],
    [{'if-tag-exists': 'maybe'}, 'Input "if-tag-exists" is "maybe": use reuse, fail or overwrite.'],
    [{file: 'nowhere/Dockerfile'}, 'Input "file" is "nowhere/Dockerfile", but there is no such file'],
    [{context: 'nowhere'}, 'Input "context" is "nowhere", but there is no such folder'],
    [{secrets: 'token='}, 'the secret "token" is empty'],
    [{'secret-files': 'token=nowhere.txt'}, 'names the file "nowhere.txt" for "token", but there is no such file'],
    [{'secret-envs': 'token=NO_SUCH_VARIABLE'}, 'names the variable "NO_SUCH_VARIABLE" for "token", but it is not set'],
    [{'repository-settings': 'colour=red'}, 'Input "repository-settings" has "colour=red"'],
    [{'smoke-test': 'path=/x'}, 'neither a command nor a port'],
    [{'smoke-test': 'port=3000\ncolour=red'}, 'has "colour=red"'],
    [{'smoke-test': 'port=99999'}, 'sets port to "99999": give a whole number from 1 to 65535'],
    [{'scan-fail-on': 'severe'}, 'Input "scan-fail-on" is "severe": use critical, high, medium, low or any.'],
    [{'scan-fail-on': 'high', 'scan-ignore': 'CVE-1 until=tomorrow'}, 'Input "scan-ignore" has "CVE-1 until=tomorrow"'],
    [{'push-retries': '99'}, 'Input "push-retries" is "99": give a whole number from 0 to 20.'],
  ])('%j', async (inputs, sentence) => {
    const result = await run(inputs)
    expect(result.code).toBe(1)
    expect(result.outputs['failure-reason']).toBe('invalid-input')
    expect(result.errors).toHaveLength(1)
    expect(result.errors[0]).toContain(sentence)
    expect(ecr.calls).toEqual([])
    expect(docker?.calls()).toEqual([])
  })
})

describe('without a push', () => {
  const fork = {
    number: 7,
    repository: {full_name: 'acme/streaming', default_branch: 'main'},
    pull_request: {number: 7, head: {sha: OTHER, repo: {full_name: 'somebody/streaming'}}, base: {ref: 'main'}},
  }

  test('a pull request from a fork is built without credentials, and says why it is not pushed', async () => {
    const event = join(home, 'event.json')
    writeFileSync(event, JSON.stringify(fork))
    const pull = {GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/7/merge', GITHUB_EVENT_PATH: event}
    const env = {...pull, AWS_ACCESS_KEY_ID: ''}
    const result = await run({tags: 'type=ref,event=pr\ntype=sha'}, {...GOOD_DOCKER, 'buildx build': {}}, {env})
    expect(result.errors).toEqual([])
    expect(result.outputs).toMatchObject({status: 'succeeded', pushed: 'false', image: '', tag: 'pr-7'})
    expect(result.outputs['tags']).toContain(`sha-${OTHER.slice(0, 7)}`)
    expect(result.summary).toContain('this pull request comes from a fork')
    expect(call('buildx build').argv).not.toContain('--push')
    expect(call('buildx build').argv).not.toContain('--cache-to')
    expect(ecr.calls).toEqual([])
  })

  test('a dry run needs no engine, network or credentials', async () => {
    const result = await spawnAction('ecr-build-push', {
      files: FILES,
      inputs: {
        repository: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app',
        tags: 'type=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}',
        'dry-run': 'true',
        'build-args': 'A=1',
      },
      env: {GITHUB_REF: 'refs/tags/v1.2.3', PATH: ''},
    })
    expect(result.errors).toEqual([])
    const uri = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app'
    expect(result.outputs['tags']).toBe(`${uri}:1.2.3\n${uri}:1.2\n${uri}:latest`)
    expect(result.outputs['status']).toBe('planned')
    const argv = JSON.parse(result.outputs['arguments']!) as string[]
    expect(argv.slice(0, 2)).toEqual(['buildx', 'build'])
    expect(argv).toEqual(expect.arrayContaining(['--build-arg', 'A=1', '--tag', `${uri}:1.2.3`, '--push']))
  })
})

describe('the builder', () => {
  beforeEach(() => {
    ecr.repositories.set('team/app', {settings: {}, tags: new Map(), blobs: new Map()})
  })

  test('is made for the step when the default one cannot cache, and removed afterwards', async () => {
    const script = {
      ...GOOD_DOCKER,
      'buildx inspect': inspectAnswer('docker'),
      info: {stdout: '[["Backing Filesystem","extfs"]]'},
    }
    const result = await run({}, script)
    const create = call('buildx create').argv
    const name = create[create.indexOf('--name') + 1]!
    expect(create).toEqual(expect.arrayContaining(['--driver', 'docker-container', '--bootstrap']))
    expect(call('buildx build').argv).toEqual(expect.arrayContaining(['--builder', name]))
    expect(result.state['builder']).toBe(name)
    const post = await spawnAction('ecr-build-push', {
      entry: 'post',
      path: [docker!.folder],
      state: result.state,
      env: {HOME: home},
    })
    expect(post.code).toBe(0)
    expect(call('buildx rm').argv).toEqual(['buildx', 'rm', '--force', name])
  })

  test('a cache that cannot be had is a warning, not a failure', async () => {
    const script = {
      ...GOOD_DOCKER,
      'buildx inspect': inspectAnswer('docker'),
      'buildx create': {code: 1, stderr: 'ERROR: pulling moby/buildkit: timeout\n'},
    }
    const result = await run({}, script)
    expect(result.code).toBe(0)
    expect(result.warnings[0]).toContain('No build cache this time')
    expect(call('buildx build').argv).not.toContain('--cache-to')
  })

  test('an address becomes a remote builder', async () => {
    await run({builder: 'tcp://buildkit.internal:1234'})
    expect(call('buildx create').argv).toEqual(
      expect.arrayContaining(['--driver', 'remote', 'tcp://buildkit.internal:1234']),
    )
  })
})

describe('the gates', () => {
  beforeEach(() => {
    ecr.repositories.set('team/app', {settings: {}, tags: new Map(), blobs: new Map()})
  })

  const scanAnswer = (
    status: string,
    findings: Record<string, unknown> = {},
  ): {status: number; body: Record<string, unknown>} => ({
    status: 200,
    body: {imageScanStatus: {status}, imageScanFindings: findings},
  })
  const attribute = (key: string, value: string): Record<string, string> => ({key, value})

  test('a basic scan with findings fails with a table of what mends them', async () => {
    ecr.answer('DescribeImageScanFindings', awsError('ScanNotFoundException', 'no scan'), 1)
    ecr.answer('DescribeImageScanFindings', scanAnswer('IN_PROGRESS'), 1)
    const found = {
      name: 'CVE-2026-1',
      severity: 'CRITICAL',
      attributes: [attribute('package_name', 'openssl'), attribute('package_version', '3.0.1')],
    }
    const accepted = {name: 'CVE-2026-2', severity: 'CRITICAL', attributes: [attribute('package_name', 'zlib')]}
    ecr.answer('DescribeImageScanFindings', scanAnswer('COMPLETE', {findings: [found, accepted]}))
    const result = await run({'scan-fail-on': 'high', 'scan-ignore': 'CVE-2026-2 until=2999-01-01 not reachable'})
    expect(result.code).toBe(1)
    expect(result.outputs['failure-reason']).toBe('scan-findings')
    expect(result.errors).toEqual(['team/app: the scan found 1 critical.'])
    expect(JSON.parse(result.outputs['scan-findings']!)).toMatchObject({critical: 1, high: 0})
    expect(result.summary).toContain('| critical | CVE-2026-1 | openssl | 3.0.1 | — |')
    expect(result.summary).not.toContain('CVE-2026-2')
  }, 20_000)

  test('an enhanced scan is read too; what has no fix does not count when only the fixable does', async () => {
    const vulnerablePackages = [{name: 'curl', version: '8.0', fixedInVersion: '8.1'}]
    const enhanced = (severity: string, id: string, packages = vulnerablePackages): Record<string, unknown> => ({
      severity,
      status: 'ACTIVE',
      packageVulnerabilityDetails: {vulnerabilityId: id, vulnerablePackages: packages},
    })
    const noFix = [{name: 'glibc', version: '2.3', fixedInVersion: 'NotAvailable'}]
    const enhancedFindings = [enhanced('MEDIUM', 'CVE-2026-3'), enhanced('CRITICAL', 'CVE-2026-4', noFix)]
    ecr.answer('DescribeImageScanFindings', scanAnswer('ACTIVE', {enhancedFindings}))
    const passed = await run({'scan-fail-on': 'high', 'scan-fixable-only': 'true'})
    expect(passed.errors).toEqual([])
    expect(JSON.parse(passed.outputs['scan-findings']!)).toMatchObject({critical: 0, medium: 1})
    docker?.remove()
    const strict = await run({'scan-fail-on': 'medium', 'if-tag-exists': 'overwrite'})
    expect(strict.errors).toEqual(['team/app: the scan found 1 critical, 1 medium.'])
    expect(strict.log).toContain('update curl')
  }, 20_000)

  test('an image that cannot be scanned is not taken for clean', async () => {
    ecr.answer('DescribeImageScanFindings', scanAnswer('UNSUPPORTED_IMAGE'))
    const result = await run({'scan-fail-on': 'critical'})
    expect(result.outputs['failure-reason']).toBe('scan-findings')
    expect(result.errors[0]).toContain('ECR could not scan the image')
  })

  const smokeScript = (state: string, logs: string): Script => ({
    ...GOOD_DOCKER,
    run: {stdout: 'container-id\n'},
    port: {stdout: `${ecr.host}\n`},
    inspect: {stdout: `${state}\n`},
    logs: {stdout: logs},
    rm: {},
  })

  test('a container that ends instead of serving stops the push, and shows its log', async () => {
    const result = await run(
      {'smoke-test': 'port=3000\npath=/healthz\nenv.MODE=test'},
      smokeScript('false 3', '{"msg":"DATABASE_URL is not set"}\n'),
    )
    expect(result.code).toBe(1)
    expect(result.outputs['failure-reason']).toBe('smoke-test-failed')
    expect(result.errors[0]).toBe(
      'team/app: the container exits with code 3 instead of serving port 3000: {"msg":"DATABASE_URL is not set"}.',
    )
    expect(call('run').argv).toEqual(expect.arrayContaining(['--env', 'MODE=test', '--publish', '127.0.0.1::3000']))
    expect(call('rm').argv.at(-1)).toBe(result.state['smoke-container'])
    expect(docker?.calls().some(({argv}) => argv.includes('--push'))).toBe(false)
    expect(call('buildx build').argv).toContain('--load')
  })

  test('a container that answers as expected is pushed', async () => {
    ecr.answer('GET /healthz', {status: 204, body: ''})
    const result = await run({'smoke-test': 'port=3000\npath=/healthz\nstatus=204'}, smokeScript('true 0', ''))
    expect(result.errors).toEqual([])
    expect(result.log).toContain('✓ smoke test: GET /healthz answers 204')
    expect(result.outputs['pushed']).toBe('true')
  })

  test('a command that fails stops the push', async () => {
    const result = await run({'smoke-test': "sh -c 'exit 4'"}, smokeScript('false 4', ''))
    expect(call('run').argv.slice(-3)).toEqual(['sh', '-c', 'exit 4'])
    expect(result.errors[0]).toContain('the command exits with code 4')
  })
})

describe('what goes beside the push', () => {
  test('a new repository gets its policies', async () => {
    const files = {...FILES, 'ecr/lifecycle.json': '{"rules":[]}', 'ecr/policy.json': '{"Statement":[]}'}
    const settings = 'lifecycle-policy=ecr/lifecycle.json\nrepository-policy=ecr/policy.json'
    const result = await run({'create-repository': 'true', 'repository-settings': settings}, GOOD_DOCKER, {files})
    expect(result.errors).toEqual([])
    expect(ecr.bodies[ecr.calls.indexOf('PutLifecyclePolicy')]).toMatchObject({lifecyclePolicyText: '{"rules":[]}'})
    expect(ecr.bodies[ecr.calls.indexOf('SetRepositoryPolicy')]).toMatchObject({policyText: '{"Statement":[]}'})
    docker?.remove()
    const broken = {...files, 'ecr/policy.json': '{'}
    const refused = await run({'repository-settings': settings}, GOOD_DOCKER, {files: broken})
    expect(refused.errors[0]).toContain('sets repository-policy to "ecr/policy.json", which is not JSON')
  })

  test('private registries of base images are logged in to, and a kept login goes with the job', async () => {
    ecr.repositories.set('team/app', {settings: {}, tags: new Map(), blobs: new Map()})
    const base = '210987654321.dkr.ecr.us-east-1.amazonaws.com'
    const files = {Dockerfile: `FROM ${base}/base:1\n# FROM 999999999999.dkr.ecr.us-east-1.amazonaws.com/no:1\n`}
    const result = await run({'keep-login': 'true'}, GOOD_DOCKER, {files})
    const logins = docker!.calls().filter(({argv}) => argv[0] === 'login')
    expect(logins.map(({argv}) => argv.at(-1))).toEqual([ecr.host, base])
    expect(logins.map(({stdin}) => stdin)).toEqual([PASSWORD, PASSWORD])
    const kept = result.exported['DOCKER_CONFIG']!
    expect(kept).toBe(logins[0]!.dockerConfig)
  })

  test('remarks about the Dockerfile are annotations on its lines', async () => {
    ecr.repositories.set('team/app', {settings: {}, tags: new Map(), blobs: new Map()})
    const short = Buffer.from('MaintainerDeprecated: use a label (line 2)').toString('base64')
    const warnings = [{short, url: 'https://docs.docker.com/go/x', range: [{start: {line: 2}}]}]
    const result = await run({}, {...GOOD_DOCKER, 'buildx build': {push: true, warnings}})
    expect(result.log).toContain(
      '::warning title=Dockerfile,file=Dockerfile,line=2::MaintainerDeprecated: use a label https://docs.docker.com/go/x',
    )
    expect(result.outputs['metadata']).not.toContain('warnings')
  })
})
