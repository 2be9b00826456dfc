import {describe, expect, test} from '@jest/globals'
import {cacheTag, planCache} from '../../../actions/ecr-build-push/src/cache.ts'
import type {BuildOptions} from '../../../actions/ecr-build-push/src/build-inputs.ts'
import {isTransientPush} from '../../../actions/ecr-build-push/src/build.ts'
import {withGitContext} from '../../../actions/ecr-build-push/src/context.ts'
import {explainBuild} from '../../../actions/ecr-build-push/src/explain-build.ts'
import {csvField, entries, values} from '../../../actions/ecr-build-push/src/lists.ts'
import {decide} from '../../../actions/ecr-build-push/src/preflight.ts'
import type {ExistingImage, Situation} from '../../../actions/ecr-build-push/src/preflight.ts'
import {cacheHits, followProgress} from '../../../actions/ecr-build-push/src/progress.ts'

describe('lists', () => {
  test.each([
    ['a=1\nb=2', ['a=1', 'b=2']],
    ['a=1\r\nb=2\nc=3', ['a=1', 'b=2', 'c=3']],
    ['"K={"a":"b"}"', ['K={"a":"b"}']],
    ['"K={""a"":""b""}"', ['K={"a":"b"}']],
    ['"K=one\ntwo"\nL=3', ['K=one\ntwo', 'L=3']],
    ['type=registry,"ref=a,b",mode=max', ['type=registry,"ref=a,b",mode=max']],
    ['\n\n', []],
  ])('entries of %j', (text, expected) => {
    expect(entries('build-args', text)).toEqual(expected)
  })

  test('an entry that is never closed is named by its place, not by its content', () => {
    expect(() => entries('secrets', 'a=1\n"token=abc')).toThrow('Input "secrets": entry 2 starts with a double quote')
  })

  test('values are separated by commas outside quotes', () => {
    expect(values('platforms', 'linux/amd64, linux/arm64\n"a,b"')).toEqual(['linux/amd64', 'linux/arm64', 'a', 'b'])
    expect(csvField('a,"b"')).toBe('"a,""b"""')
  })
})

describe('the cache', () => {
  const options = {
    platforms: ['linux/arm64'],
    cache: 'registry',
    cacheFrom: [],
    cacheTo: [],
    noCache: false,
    targetStage: undefined,
  } as unknown as BuildOptions
  const there = {repositoryUri: 'r/app', exists: true, mayWrite: true}

  test('has a tag for each platform and stage', () => {
    expect(cacheTag({platforms: [], targetStage: undefined}, 'x64')).toBe('buildcache-linux-amd64')
    expect(cacheTag({platforms: ['linux/arm64', 'linux/amd64'], targetStage: 'test'}, 'x64')).toBe(
      'buildcache-test-linux-amd64-linux-arm64',
    )
  })

  test.each([
    ['registry', 1, 1],
    ['gha', 1, 1],
    ['inline', 0, 1],
    ['none', 0, 0],
  ])('%s', (cache, from, to) => {
    const plan = planCache({...options, cache: cache as BuildOptions['cache']}, there, 'x64')
    expect([plan.from.length, plan.to.length]).toEqual([from, to])
    expect(
      planCache({...options, cache: cache as BuildOptions['cache']}, {...there, mayWrite: false}, 'x64').to,
    ).toEqual([])
  })

  test('what the user wrote stands instead', () => {
    const own = {...options, cacheFrom: ['type=local,src=c'], cacheTo: ['type=local,dest=c']}
    expect(planCache(own, there, 'x64')).toEqual({from: ['type=local,src=c'], to: ['type=local,dest=c']})
  })
})

describe('deciding before a build', () => {
  const image = (tag: string, revision: string | undefined, digest = `sha256:${tag}`): ExistingImage => ({
    tag,
    revision,
    digest,
    manifest: '',
    committed: undefined,
    mediaType: '',
  })
  const situation = (more: Partial<Situation>): Situation => ({
    repository: 'team/app',
    commit: 'c1',
    policy: 'reuse',
    wanted: [
      {name: 'sha-c1', moves: false},
      {name: 'latest', moves: true},
    ],
    existing: [],
    isMutable: () => true,
    ...more,
  })

  test('nothing there: build', () => {
    expect(decide(situation({})).kind).toBe('build')
  })

  test('the same commit: reuse, and say which tags are missing or elsewhere', () => {
    const existing = [image('sha-c1', 'c1'), image('latest', 'c0')]
    expect(decide(situation({existing}))).toMatchObject({kind: 'reuse', missing: ['latest']})
  })

  test('a moving tag that holds this commit by chance is not enough', () => {
    expect(decide(situation({existing: [image('latest', 'c1')]})).kind).toBe('build')
    expect(decide(situation({existing: [image('latest', 'c1')], wanted: [{name: 'latest', moves: true}]})).kind).toBe(
      'reuse',
    )
  })

  test.each([
    ['another commit', {existing: [image('sha-c1', 'c0')]}, 'was built from commit c0; this run builds commit c1'],
    ['no commit named', {existing: [image('sha-c1', undefined)]}, 'does not say which commit it was built from'],
    ['policy fail', {existing: [image('sha-c1', 'c1')], policy: 'fail' as const}, '"if-tag-exists" is "fail"'],
    [
      'overwrite, immutable',
      {existing: [image('sha-c1', 'c0')], policy: 'overwrite' as const, isMutable: () => false},
      'the tag is immutable',
    ],
    ['moving, immutable', {existing: [image('latest', 'c0')], isMutable: () => false}, 'names the image of commit c0'],
    ['an unknown commit of ours', {existing: [image('sha-c1', 'c0')], commit: ''}, 'this run builds commit (unknown)'],
  ])('%s: refused', (_what, more, sentence) => {
    expect(() => decide(situation(more))).toThrow(sentence)
  })
})

describe('what BuildKit says', () => {
  const subject = {repository: 'r/team/app', repositoryArn: 'arn', dockerfile: 'app/Dockerfile'}
  const explain = (stderr: string, code = 1): {reason: string; cause: string} =>
    explainBuild({code, stdout: '', stderr}, subject).diagnosis

  test.each([
    [
      "failed to push r/team/app:v1: unknown: tag invalid: The image tag 'v1' already exists in the 'team/app' repository and cannot be overwritten because the tag is immutable.",
      'tag-immutable',
      'the tag',
    ],
    [
      "failed to push r/team/app:v1: name unknown: The repository with name 'team/app' does not exist in the registry",
      'not-found',
      'no repository',
    ],
    [
      'failed to push r/team/app:v1: unexpected status from POST request: 403 Forbidden',
      'access-denied',
      'the push was refused',
    ],
    [
      'failed to push r/team/app:v1: unexpected status from PUT request to https://r/v2/team/app/blobs/x: 200 OK',
      'unreachable',
      'something between this runner and the registry answered a push with 200',
    ],
    [
      'failed to push 127.0.0.1:40307/v2/team/app/blobs/sha256:403a401b: unexpected status from PUT request: 500 Internal Server Error',
      'push-failed',
      'the push failed',
    ],
    [
      'node:99: failed to resolve source metadata for docker.io/library/node:99: not found',
      'image-not-found',
      'does not exist',
    ],
    [
      'x: failed to resolve source metadata for docker.io/library/x: 429 Too Many Requests',
      'image-not-found',
      'limits the rate of pulls',
    ],
    [
      'x: failed to resolve source metadata for 123456789012.dkr.ecr.eu-west-1.amazonaws.com/base:1: 403 Forbidden',
      'access-denied',
      'may not be pulled',
    ],
    [
      'x: failed to resolve source metadata for docker.io/library/node@sha256:403429: dial tcp: i/o timeout',
      'unreachable',
      'could not be fetched: dial tcp: i/o timeout',
    ],
    [
      'failed to resolve source metadata for docker.io/library/biuld:latest: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed (did you mean build?)',
      'build-failed',
      'no stage is called "biuld", and no image docker.io/library/biuld:latest could be had in its place',
    ],
    ['secret token: not found', 'build-failed', 'RUN wants the secret "token", which was not handed over'],
    [
      'base name (${BASE}) should not be blank',
      'build-failed',
      'FROM ${BASE} comes to nothing: no build argument gives it a value',
    ],
    [
      'failed to load cache key: Get "https://tools.example/x": dial tcp 127.0.0.1:1: connect: connection refused',
      'unreachable',
      'https://tools.example/x could not be fetched: dial tcp 127.0.0.1:1: connect: connection refused',
    ],
    [
      'failed to load cache key: invalid response status 404',
      'unreachable',
      'an address that the Dockerfile adds could not be fetched: invalid response status 404',
    ],
    ['failed to copy files: write /x: no space left on device', 'capacity', 'disk is full'],
    ['process "/bin/sh -c make" did not complete successfully: exit code: 137', 'out-of-memory', 'make was killed'],
    ['target stage "prod" could not be found', 'invalid-input', 'no such stage'],
    ['something that nobody has seen before', 'build-failed', 'something that nobody has seen before'],
  ])('%s', (message, reason, cause) => {
    const found = explain(`ERROR: failed to build: failed to solve: ${message}\n`)
    expect(found.reason).toBe(reason)
    expect(found.cause).toContain(cause)
  })

  test("a program of another architecture is told from the step's own output", () => {
    const stderr =
      '------\n > [2/2] RUN ./tool:\n0.1 exec /bin/sh: exec format error\n------\nERROR: failed to build: failed to solve: process "/bin/sh -c ./tool" did not complete successfully: exit code: 255\n'
    expect(explain(stderr).cause).toContain('another processor architecture')
  })

  const copying = (step: string): string =>
    `------\n > ${step}:\n------\nERROR: failed to build: failed to solve: failed to compute cache key: "/b": not found\n`
  test.each([
    ['[2/2] COPY b /', 'COPY b / wants /b, which is not in the build context'],
    ['[stage-1 1/1] COPY --from=build /b /', 'COPY --from=build /b / wants /b, which "build" does not hold'],
  ])('a file that is not where %s looks for it', (step, cause) => {
    expect(explain(copying(step)).cause).toBe(cause)
  })

  test('a mistake in the Dockerfile is told without BuildKit’s prefixes, and which line to correct', () => {
    const stderr =
      'Dockerfile:2\n--------------------\n   1 |     FROM scratch\n   2 | >>> RUNN echo\n   3 |     \n--------------------\n' +
      'ERROR: failed to build: failed to solve: dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)\n'
    expect(explain(stderr)).toMatchObject({
      cause: 'the build failed: unknown instruction: RUNN (did you mean RUN?)',
      advice: 'correct the marked line of the Dockerfile',
      place: {file: 'app/Dockerfile', line: 2},
    })
  })

  test('no word at all is still a failure', () => {
    expect(explain('', 7)).toMatchObject({
      reason: 'build-failed',
      cause: 'the build failed: docker buildx build ended with exit code 7 and no message',
    })
  })

  test.each([
    ['failed to push x: unexpected status: 429 Too Many Requests', true],
    ['failed to push x: failed to do request: Put "https://x": EOF', true],
    ['failed to push x: write tcp: connection reset by peer', true],
    ['failed to push x: unexpected status from PUT request to https://x: 200 OK', true],
    ['failed to push x: denied: 503', false],
    ['failed to push x: tag is immutable', false],
    ['process "/bin/sh -c curl" did not complete successfully: exit code: 7', false],
  ])('%s: try again? %s', (message, expected) => {
    expect(
      isTransientPush({code: 1, stdout: '', stderr: `ERROR: failed to build: failed to solve: ${message}\n`}),
    ).toBe(expected)
  })

  test('steps, their times and cache hits are read from plain progress', () => {
    const progress = followProgress()
    for (const line of [
      '#1 [internal] load x',
      '#1 DONE 0.1s',
      '#2 [1/3] FROM base',
      '#2 CACHED',
      '#3 [2/3] COPY . .',
      '#3 CACHED',
      '#4 [3/3] RUN make',
      '#4 0.5 working',
      '#4 DONE 12.3s',
    ])
      progress.feed(line)
    expect(progress.steps().map(({seconds}) => seconds)).toEqual([0.1, undefined, undefined, 12.3])
    expect(cacheHits(progress.steps())).toEqual({cached: 1, all: 2})
  })
})

describe('a Git context', () => {
  const env = {GITHUB_SERVER_URL: 'https://github.example.com', GITHUB_REPOSITORY: 'acme/app'}
  const options = (context: string, secrets: BuildOptions['secrets'] = []): BuildOptions =>
    ({context, secrets}) as unknown as BuildOptions

  test('of this server gets the token for this host alone', () => {
    const {context, secrets} = withGitContext(options('{{defaultContext}}:web'), {commit: 'abc'}, env, 'token')
    expect(context).toBe('https://github.example.com/acme/app.git#abc:web')
    expect(secrets).toEqual([{id: 'GIT_AUTH_TOKEN.github.example.com', value: 'token'}])
  })

  test("of another server, a folder, or with a token of the user's gets none", () => {
    expect(withGitContext(options('https://gitlab.com/a/b.git'), {commit: 'abc'}, env, 'token').secrets).toEqual([])
    expect(withGitContext(options('.'), {commit: 'abc'}, env, 'token').secrets).toEqual([])
    const own = [{id: 'GIT_AUTH_TOKEN', variable: 'TOKEN'}]
    expect(withGitContext(options('{{defaultContext}}', own), {commit: 'abc'}, env, 'token').secrets).toEqual(own)
  })
})
