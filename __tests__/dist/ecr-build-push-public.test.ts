import {afterEach, beforeEach, describe, expect, test} from '@jest/globals'
import type {ActionResult} from '../support/spawn-action.ts'
import {buildRoom, COMMIT, FILES, OTHER, REVISION} from '../shared/ecr/build-room.ts'
import {GOOD_DOCKER} from '../shared/ecr/fake-docker.ts'
import {ALIAS, awsError, PASSWORD} from '../shared/ecr/fake-ecr.ts'
import {startPublicGallery} from '../shared/ecr/public-gallery.ts'
import type {PublicGallery} from '../shared/ecr/public-gallery.ts'

const room = buildRoom()
const NAME = `${ALIAS}/app`
const REFERENCE = `public.ecr.aws/${NAME}`

let gallery: PublicGallery

beforeEach(async () => {
  gallery = await startPublicGallery(room.ecr)
})

afterEach(async () => {
  await gallery.close()
})

const run = (inputs: Record<string, string> = {}): Promise<ActionResult> =>
  room.run({repository: REFERENCE, registry: '', ...inputs}, GOOD_DOCKER, {
    env: {...gallery.env, GITHUB_SHA: COMMIT, FAKE_DOCKER_PUSHES_TO: room.ecr.host},
  })

describe('a repository of ECR Public', () => {
  test('that is missing is named before anything is built', async () => {
    const result = await run()
    expect(result.code).toBe(1)
    expect(result.errors).toEqual([expect.stringContaining('the registry has no such repository')])
    expect(room.built()).toBe(false)
    expect(room.ecr.calls).not.toContain('public:CreateRepository')
  })

  test('is made where that is asked for, and gets the image, read back by its digest', async () => {
    const result = await run({'create-repository': 'true', 'repository-settings': 'tag.team=web'})
    expect(result.errors).toEqual([])
    expect(room.ecr.bodies[room.ecr.calls.indexOf('public:CreateRepository')]).toEqual({
      repositoryName: 'app',
      tags: [{Key: 'team', Value: 'web'}],
    })
    const digest = room.ecr.repositories.get(NAME)?.tags.get(COMMIT)
    expect(result.outputs).toMatchObject({image: `${REFERENCE}@${digest ?? ''}`, digest, status: 'succeeded'})
    expect(room.call('login').argv).toEqual(['login', '--username', 'AWS', '--password-stdin', 'public.ecr.aws'])
    expect(room.call('login').stdin).toBe(PASSWORD)
    expect(result.masks).toContain(PASSWORD)
    expect(new Set(gallery.connected)).toEqual(new Set(['public.ecr.aws:443']))
  })

  test('shows nobody the stages of the build: there is no cache in it', async () => {
    room.ecr.addImage(NAME, ['old'], {})
    const result = await run()
    expect(result.log).toContain('no build cache in a public repository')
    expect(room.call('buildx build').argv.filter((word) => word.startsWith('--cache'))).toEqual([])
  })

  test('that has the image of this commit is not built for again, and gets the tags it lacks', async () => {
    const digest = room.ecr.addImage(NAME, [COMMIT], {[REVISION]: COMMIT})
    const result = await run({tags: 'type=sha,format=long,prefix=\ntype=raw,value=stable'})
    expect(result.errors).toEqual([])
    expect(result.outputs).toMatchObject({status: 'unchanged', digest})
    expect(room.built()).toBe(false)
    expect(room.ecr.repositories.get(NAME)?.tags.get('stable')).toBe(digest)
  })

  test('with another commit under the tag is left alone', async () => {
    room.ecr.addImage(NAME, [COMMIT], {[REVISION]: OTHER})
    const result = await run()
    expect(result.errors).toEqual([expect.stringContaining(OTHER)])
    expect(room.built()).toBe(false)
  })

  test('keeps "latest" with the newer release', async () => {
    const digest = room.ecr.addImage(NAME, ['2.0.0', 'latest'], {[REVISION]: OTHER})
    const result = await run({tags: 'type=semver,pattern={{version}},value=1.9.9'})
    expect(result.errors).toEqual([])
    expect(room.ecr.calls).toContain('public:DescribeImageTags')
    expect(room.ecr.repositories.get(NAME)?.tags.get('latest')).toBe(digest)
  })

  test('to which the role may not log in: the missing action is named', async () => {
    const message = 'User is not authorized to perform: sts:GetServiceBearerToken'
    room.ecr.answer('public:GetAuthorizationToken', awsError('AccessDeniedException', message))
    const result = await run()
    expect(result.errors).toEqual([expect.stringContaining('ecr-public:GetAuthorizationToken')])
    expect(result.log).toContain('sts:GetServiceBearerToken')
    expect(room.built()).toBe(false)
  })

  test.each([
    [
      {repository: 'public.ecr.aws/app'},
      /"repository" is "app" in public\.ecr\.aws, where a name starts with the alias/,
    ],
    [{'scan-fail-on': 'high'}, /"scan-fail-on" is given for a repository of ECR Public, which has no scans/],
    [{'repository-settings': 'mutability=IMMUTABLE'}, /sets mutability, which ECR Public does not have/],
  ])('refuses what it does not have: %j', async (inputs, sentence) => {
    const result = await run(inputs)
    expect(result.errors).toEqual([expect.stringMatching(sentence)])
    expect(room.ecr.calls).toEqual([])
  })
})

describe('base images of ECR Public', () => {
  const files = {...FILES, Dockerfile: 'FROM public.ecr.aws/docker/library/node:24\n'}
  const logins = (): string[] =>
    room.docker
      .calls()
      .filter(({argv}) => argv[0] === 'login')
      .map(({argv}) => argv.at(-1) ?? '')

  test('are pulled with a login, whose limit is that of the account', async () => {
    room.ecr.addImage('team/app', ['old'], {})
    const result = await room.run({}, GOOD_DOCKER, {files, env: {GITHUB_SHA: COMMIT}})
    expect(result.errors).toEqual([])
    expect(logins()).toEqual([room.ecr.host, 'public.ecr.aws'])
  })

  test('are pulled without one where the role may not, and nothing warns of it', async () => {
    room.ecr.addImage('team/app', ['old'], {})
    room.ecr.answer('public:GetAuthorizationToken', awsError('AccessDeniedException', 'no'))
    const result = await room.run({}, GOOD_DOCKER, {files, env: {GITHUB_SHA: COMMIT}})
    expect([result.errors, result.warnings]).toEqual([[], []])
    expect(result.log).toContain('pulls from public.ecr.aws as an unknown caller')
    expect(logins()).toEqual([room.ecr.host])
  })
})
