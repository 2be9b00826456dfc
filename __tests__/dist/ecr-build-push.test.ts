import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {beforeEach, describe, expect, test} from '@jest/globals'
import {buildRoom, COMMIT, FILES, OTHER} from '../shared/ecr/build-room.ts'
import {GOOD_DOCKER, inspectAnswer} from '../shared/ecr/fake-docker.ts'
import {PASSWORD} from '../shared/ecr/fake-ecr.ts'
import {spawnAction} from '../support/spawn-action.ts'

const room = buildRoom()

describe('build and push', () => {
  beforeEach(() => {
    room.ecr.repositories.set('team/app', {settings: {}, tags: new Map(), blobs: new Map()})
  })

  test('pushes, reads the digest back, and hands it on', async () => {
    const result = await room.run({})
    const digest = room.ecr.repositories.get('team/app')!.tags.get(COMMIT)
    expect(result.errors).toEqual([])
    expect(result.code).toBe(0)
    expect(result.outputs).toMatchObject({
      status: 'succeeded',
      image: `${room.ecr.host}/team/app@${digest!}`,
      digest: digest!,
      tags: `${room.ecr.host}/team/app:${COMMIT}`,
      tag: COMMIT,
      registry: room.ecr.host,
      repository: 'team/app',
      'repository-uri': `${room.ecr.host}/team/app`,
      pushed: 'true',
      reused: 'false',
    })
    expect(JSON.parse(result.outputs['receipt']!)).toMatchObject({
      stage: 'build',
      subject: 'team/app',
      status: 'succeeded',
      now: {digest, repository: 'team/app', tags: [COMMIT], revision: COMMIT},
    })
    expect(result.outputs['receipt']).not.toContain(room.ecr.host)
    expect(result.summary).toContain('### ✓ team/app is in the registry')
    expect(result.summary).toContain('1 of 2 steps')
    expect(room.ecr.requests).toContain(`GET /v2/team/app/manifests/${COMMIT}`)
  })

  test('logs in with a password on standard input, in a configuration of its own that is gone afterwards', async () => {
    const original = join(room.home, '.docker')
    const result = await room.run({}, GOOD_DOCKER, {env: {DOCKER_CONFIG: original}})
    const login = room.call('login')
    expect(login.argv).toEqual(['login', '--username', 'AWS', '--password-stdin', room.ecr.host])
    expect(login.stdin).toBe(PASSWORD)
    expect(login.dockerConfig).not.toBe(original)
    expect(JSON.parse(login.config)).toEqual({credHelpers: {[room.ecr.host]: ''}})
    expect(existsSync(login.dockerConfig)).toBe(false)
    expect(result.state['docker-home']).toBe(login.dockerConfig)
    expect(result.masks).toContain(PASSWORD)
    expect(result.visible).not.toContain(PASSWORD)
  })

  test('keeps other logins and credential helpers of the user', async () => {
    writeFileSync(
      join(room.home, 'config.json'),
      JSON.stringify({
        auths: {'ghcr.io': {auth: 'eHg6eXk='}},
        credsStore: 'desktop',
        credHelpers: {'gcr.io': 'gcloud'},
      }),
    )
    await room.run({}, GOOD_DOCKER, {env: {DOCKER_CONFIG: room.home}})
    expect(JSON.parse(room.call('login').config)).toEqual({
      auths: {'ghcr.io': {auth: 'eHg6eXk='}},
      credsStore: 'desktop',
      credHelpers: {'gcr.io': 'gcloud', [room.ecr.host]: ''},
    })
    expect(JSON.parse(readFileSync(join(room.home, 'config.json'), 'utf8'))).toMatchObject({
      credsStore: 'desktop',
      credHelpers: {'gcr.io': 'gcloud'},
    })
  })

  test('caches in the repository in the form that ECR takes, and reads a cache only where there is one', async () => {
    await room.run({platforms: 'linux/arm64'})
    const tag = `${room.ecr.host}/team/app:buildcache-linux-arm64`
    const {argv} = room.call('buildx build')
    expect(argv[argv.indexOf('--cache-to') + 1]).toBe(
      `type=registry,ref=${tag},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true`,
    )
    expect(argv).not.toContain('--cache-from')
    room.ecr.addImage('team/app', ['buildcache-linux-arm64'], {})
    await room.run({platforms: 'linux/arm64', 'if-tag-exists': 'overwrite'})
    const again = room.call('buildx build').argv
    expect(again[again.indexOf('--cache-from') + 1]).toBe(`type=registry,ref=${tag}`)
  })

  test('gives secrets by private files that are masked and gone afterwards', async () => {
    const result = await room.run({secrets: 'npm=npm-token-of-this-test\n"key=first line\nsecond line"'})
    const build = room.call('buildx build')
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
    const result = await room.run({secrets: 'npm=npm-token-of-this-test'}, GOOD_DOCKER, {env: debug})
    expect(result.code).toBe(0)
    expect(result.visible).not.toMatch(new RegExp(`npm-token-of-this-test|${PASSWORD}|secret-key-of-this-test`))
  })

  test('a registry that has something else than what was pushed is a failure', async () => {
    const claim = `sha256:${'0'.repeat(64)}`
    const result = await room.run({}, {...GOOD_DOCKER, 'buildx build': {push: true, claim}})
    expect(result.code).toBe(1)
    expect(result.outputs['failure-reason']).toBe('push-failed')
    expect(result.errors[0]).toContain(`but this run pushed ${claim}`)
    expect(result.outputs['image']).toBeUndefined()
  })

  test('credentials that ran out before the digest was read back are no error of this action', async () => {
    room.ecr.addImage('team/app', ['old'], {})
    const body = {__type: 'ExpiredTokenException', message: 'The security token included in the request is expired'}
    room.ecr.answer('GET /v2/team/app/manifests', {status: 400, body})
    const result = await room.run({}, GOOD_DOCKER)
    expect(result.code).toBe(1)
    expect(result.outputs['failure-reason']).toBe('access-denied')
    expect(result.errors[0]).toMatch(/the registry refused GET team\/app\/manifests\/\w+ with 400.*is expired/)
  })

  test('a docker that fails without a word fails the step', async () => {
    const result = await room.run({}, {...GOOD_DOCKER, 'buildx build': {code: 7}})
    expect(result.code).toBe(1)
    expect(result.outputs).toMatchObject({status: 'failed', 'failure-reason': 'build-failed'})
    expect(result.errors[0]).toContain('exit code 7')
  })

  test('a push that broke on its way is tried again, a refusal is not', async () => {
    const broken = {
      code: 1,
      stderr: `ERROR: failed to build: failed to solve: failed to push ${room.ecr.host}/team/app:x: unexpected status: 503 Service Unavailable\n`,
    }
    const good = GOOD_DOCKER['buildx build'] as {push: boolean}
    const healed = await room.run({}, {...GOOD_DOCKER, 'buildx build': [broken, good]})
    expect(healed.code).toBe(0)
    expect(healed.log).toContain('The push broke on its way; trying again')
    expect(JSON.parse(healed.outputs['receipt'] ?? '')).toMatchObject({retries: {'the registry': 1}})
    const denied = `ERROR: failed to build: failed to solve: failed to push ${room.ecr.host}/team/app:x: denied: User: arn:aws:sts::123456789012:assumed-role/ci is not authorized to perform: ecr:InitiateLayerUpload on resource: arn:aws:ecr:eu-west-1:123456789012:repository/team/app because no identity-based policy allows it\n`
    const refused = await room.run(
      {'if-tag-exists': 'overwrite'},
      {...GOOD_DOCKER, 'buildx build': {code: 1, stderr: denied}},
    )
    expect(refused.outputs['failure-reason']).toBe('access-denied')
    expect(refused.errors[0]).toContain('AWS refused ecr:InitiateLayerUpload')
    expect(refused.log).toContain('"Resource": "arn:aws:ecr:eu-west-1:123456789012:repository/team/app"')
    expect(room.docker.calls().filter(({argv}) => argv[1] === 'build')).toHaveLength(1)
  }, 30_000)

  test('a cancelled build interrupts buildx once and ends red', async () => {
    const result = await room.run(
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
    expect(readFileSync(join(room.docker.folder, 'signals'), 'utf8')).toBe('SIGINT\n')
    expect(existsSync(room.call('login').dockerConfig)).toBe(false)
  }, 20_000)
})

describe('without a push', () => {
  const fork = {
    number: 7,
    repository: {full_name: 'acme/streaming', default_branch: 'main'},
    pull_request: {number: 7, head: {sha: OTHER, repo: {full_name: 'somebody/streaming'}}, base: {ref: 'main'}},
  }

  test('a pull request from a fork is built without credentials, and says why it is not pushed', async () => {
    const event = join(room.home, 'event.json')
    writeFileSync(event, JSON.stringify(fork))
    const pull = {GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/7/merge', GITHUB_EVENT_PATH: event}
    const env = {...pull, AWS_ACCESS_KEY_ID: ''}
    const inputs = {tags: 'type=ref,event=pr\ntype=sha', 'cache-to': 'type=gha,mode=max\ntype=local,dest=cache'}
    const result = await room.run(inputs, {...GOOD_DOCKER, 'buildx build': {}}, {env})
    expect(result.errors).toEqual([])
    expect(result.outputs).toMatchObject({status: 'succeeded', pushed: 'false', image: '', tag: 'pr-7'})
    expect(result.outputs['tags']).toContain(`sha-${OTHER.slice(0, 7)}`)
    expect(result.summary).toContain('this pull request comes from a fork')
    expect(room.call('buildx build').argv).not.toContain('--push')
    // What stays on this machine may be written; what later builds of the repository read may not.
    const {argv} = room.call('buildx build')
    expect(argv.filter((_word, at) => argv[at - 1] === '--cache-to')).toEqual(['type=local,dest=cache'])
    expect(room.ecr.calls).toEqual([])
  })

  test('a merge where nothing was pushed says so and ends well', async () => {
    const inputs = {merge: `sha256:${'0'.repeat(64)}`, push: 'false'}
    const result = await room.run(inputs, GOOD_DOCKER, {files: {}})
    expect(result.errors).toEqual([])
    expect(result.outputs).toMatchObject({status: 'succeeded', pushed: 'false', digest: ''})
    expect(result.summary).toContain('There is nothing to merge.')
    expect(room.docker.calls()).toEqual([])
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
    room.ecr.repositories.set('team/app', {settings: {}, tags: new Map(), blobs: new Map()})
  })

  test('is made for the step when the default one cannot cache, and removed afterwards', async () => {
    const script = {
      ...GOOD_DOCKER,
      'buildx inspect': inspectAnswer('docker'),
      info: {stdout: '[["Backing Filesystem","extfs"]]'},
    }
    const result = await room.run({}, script)
    const create = room.call('buildx create').argv
    const name = create[create.indexOf('--name') + 1]!
    expect(create).toEqual(expect.arrayContaining(['--driver', 'docker-container', '--bootstrap']))
    expect(room.call('buildx build').argv).toEqual(expect.arrayContaining(['--builder', name]))
    expect(result.state['builder']).toBe(name)
    const post = await spawnAction('ecr-build-push', {
      entry: 'post',
      path: [room.docker.folder],
      state: result.state,
      env: {HOME: room.home},
    })
    expect(post.code).toBe(0)
    expect(room.call('buildx rm').argv).toEqual(['buildx', 'rm', '--force', name])
  })

  test('a cache that cannot be had is a warning, not a failure', async () => {
    const script = {
      ...GOOD_DOCKER,
      'buildx inspect': inspectAnswer('docker'),
      'buildx create': {code: 1, stderr: 'ERROR: pulling moby/buildkit: timeout\n'},
    }
    const result = await room.run({}, script)
    expect(result.code).toBe(0)
    expect(result.warnings[0]).toContain('No build cache this time')
    expect(room.call('buildx build').argv).not.toContain('--cache-to')
  })

  test('an address becomes a remote builder', async () => {
    await room.run({builder: 'tcp://buildkit.internal:1234'})
    expect(room.call('buildx create').argv).toEqual(
      expect.arrayContaining(['--driver', 'remote', 'tcp://buildkit.internal:1234']),
    )
  })
})

describe('what goes beside the push', () => {
  test('a new repository gets its policies', async () => {
    const files = {...FILES, 'ecr/lifecycle.json': '{"rules":[]}', 'ecr/policy.json': '{"Statement":[]}'}
    const settings = 'lifecycle-policy=ecr/lifecycle.json\nrepository-policy=ecr/policy.json'
    const result = await room.run({'create-repository': 'true', 'repository-settings': settings}, GOOD_DOCKER, {files})
    expect(result.errors).toEqual([])
    expect(room.ecr.bodies[room.ecr.calls.indexOf('PutLifecyclePolicy')]).toMatchObject({
      lifecyclePolicyText: '{"rules":[]}',
    })
    expect(room.ecr.bodies[room.ecr.calls.indexOf('SetRepositoryPolicy')]).toMatchObject({
      policyText: '{"Statement":[]}',
    })
    const broken = {...files, 'ecr/policy.json': '{'}
    const refused = await room.run({'repository-settings': settings}, GOOD_DOCKER, {files: broken})
    expect(refused.errors[0]).toContain('sets repository-policy to "ecr/policy.json", which is not JSON')
  })

  test('private registries of base images are logged in to, and a kept login goes with the job', async () => {
    room.ecr.repositories.set('team/app', {settings: {}, tags: new Map(), blobs: new Map()})
    const base = '210987654321.dkr.ecr.us-east-1.amazonaws.com'
    const files = {Dockerfile: `FROM ${base}/base:1\n# FROM 999999999999.dkr.ecr.us-east-1.amazonaws.com/no:1\n`}
    const result = await room.run({'keep-login': 'true'}, GOOD_DOCKER, {files})
    const logins = room.docker.calls().filter(({argv}) => argv[0] === 'login')
    expect(logins.map(({argv}) => argv.at(-1))).toEqual([room.ecr.host, base])
    expect(logins.map(({stdin}) => stdin)).toEqual([PASSWORD, PASSWORD])
    const kept = result.exported['DOCKER_CONFIG']!
    expect(kept).toBe(logins[0]!.dockerConfig)
  })

  test('remarks about the Dockerfile are annotations on its lines', async () => {
    room.ecr.repositories.set('team/app', {settings: {}, tags: new Map(), blobs: new Map()})
    const short = Buffer.from('MaintainerDeprecated: use a label (line 2)').toString('base64')
    const warnings = [{short, url: 'https://docs.docker.com/go/x', range: [{start: {line: 2}}]}]
    const result = await room.run({}, {...GOOD_DOCKER, 'buildx build': {push: true, warnings}})
    expect(result.log).toContain(
      '::warning title=Dockerfile,file=Dockerfile,line=2::MaintainerDeprecated: use a label https://docs.docker.com/go/x',
    )
    expect(result.outputs['metadata']).not.toContain('warnings')
  })
})
