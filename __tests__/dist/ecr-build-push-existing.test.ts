import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {beforeEach, describe, expect, test} from '@jest/globals'
import {buildRoom, COMMIT, OTHER, REVISION} from '../shared/ecr/build-room.ts'
import {GOOD_DOCKER} from '../shared/ecr/fake-docker.ts'
import type {ActionCall} from '../support/spawn-action.ts'

const room = buildRoom()

describe('an image that is there already', () => {
  test('of the same commit is reused without a build, and gets the tags it lacks', async () => {
    const digest = room.ecr.addImage('team/app', [COMMIT], {[REVISION]: COMMIT})
    const result = await room.run({tags: 'type=sha,format=long,prefix=\ntype=ref,event=branch\nlatest'})
    expect(result.errors).toEqual([])
    expect(result.outputs).toMatchObject({
      status: 'unchanged',
      digest,
      reused: 'true',
      pushed: 'false',
      image: `${room.ecr.host}/team/app@${digest}`,
    })
    expect(room.built()).toBe(false)
    expect(room.docker.calls().filter(({argv}) => argv[1] !== 'inspect')).toEqual([])
    expect(room.ecr.repositories.get('team/app')!.tags.get('main')).toBe(digest)
    expect(room.ecr.repositories.get('team/app')!.tags.get('latest')).toBe(digest)
  })

  test('of another commit under the same tag fails before a build, with both commits named', async () => {
    room.ecr.addImage('team/app', ['v1'], {[REVISION]: OTHER})
    const result = await room.run({tags: 'v1'})
    expect(result.code).toBe(1)
    expect(result.outputs['failure-reason']).toBe('tag-immutable')
    expect(result.errors[0]).toContain(OTHER)
    expect(result.errors[0]).toContain(COMMIT)
    expect(room.built()).toBe(false)
  })

  test('under a branch is built over in a mutable repository and refused in an immutable one', async () => {
    room.ecr.addImage('team/app', ['main'], {[REVISION]: OTHER})
    const moved = await room.run({tags: 'type=ref,event=branch'})
    expect(moved.outputs).toMatchObject({status: 'succeeded', pushed: 'true'})
    room.ecr.addImage('team/app', ['main'], {[REVISION]: OTHER})
    room.ecr.repositories.get('team/app')!.settings['imageTagMutability'] = 'IMMUTABLE'
    const refused = await room.run({tags: 'type=ref,event=branch'})
    expect(refused.outputs['failure-reason']).toBe('tag-immutable')
    expect(room.built()).toBe(false)
  })

  test('moves in an immutable repository that excludes its tag', async () => {
    room.ecr.addImage('team/app', ['main'], {[REVISION]: OTHER})
    Object.assign(room.ecr.repositories.get('team/app')!.settings, {
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{filterType: 'WILDCARD', filter: 'ma*'}],
    })
    const moved = await room.run({tags: 'type=ref,event=branch'})
    expect(moved.outputs).toMatchObject({status: 'succeeded', pushed: 'true'})
  })
})

describe('a commit that is delivered again after a newer one', () => {
  const CREATED = 'org.opencontainers.image.created'
  const rules = 'type=sha,format=long,prefix=\ntype=raw,value=latest\ntype=ref,event=branch'

  function pushed(commit: string, timestamp: string, attempt = '1'): Partial<ActionCall> {
    const event = join(room.home, 'event.json')
    writeFileSync(event, JSON.stringify({head_commit: {id: commit, timestamp}}))
    return {env: {GITHUB_EVENT_PATH: event, GITHUB_RUN_ATTEMPT: attempt}}
  }

  let digest: string
  let newer: string
  beforeEach(() => {
    digest = room.ecr.addImage('team/app', [COMMIT], {[REVISION]: COMMIT, [CREATED]: '2026-01-01T00:00:00Z'})
    newer = room.ecr.addImage('team/app', ['latest', 'main'], {[REVISION]: OTHER, [CREATED]: '2026-01-02T00:00:00Z'})
  })
  const tags = (): Map<string, string> => room.ecr.repositories.get('team/app')!.tags

  test('as a re-run, leaves latest and the branch with the newer commit, and says so', async () => {
    const result = await room.run({tags: rules}, GOOD_DOCKER, pushed(COMMIT, '2026-01-01T00:00:00Z', '2'))
    expect(result.errors).toEqual([])
    expect(result.outputs).toMatchObject({status: 'unchanged', digest, tags: `${room.ecr.host}/team/app:${COMMIT}`})
    expect([tags().get('latest'), tags().get('main')]).toEqual([newer, newer])
    expect(result.log).toContain('latest stays where it is: this is a re-run, and 111111111111 is a newer commit')
  })

  test('as a new run (the branch was set back), moves both to it', async () => {
    const result = await room.run({tags: rules}, GOOD_DOCKER, pushed(COMMIT, '2026-01-01T00:00:00Z'))
    expect(result.outputs).toMatchObject({status: 'unchanged', digest})
    expect([tags().get('latest'), tags().get('main')]).toEqual([digest, digest])
  })

  test('as a re-run of a first attempt that failed, takes latest from the older commit', async () => {
    const result = await room.run({tags: rules}, GOOD_DOCKER, pushed(COMMIT, '2026-01-03T00:00:00Z', '2'))
    expect(result.errors).toEqual([])
    expect([tags().get('latest'), tags().get('main')]).toEqual([digest, digest])
  })

  test('as a re-run that must build (its own image is gone), does not call the newer image the one before', async () => {
    tags().delete(COMMIT)
    const result = await room.run({tags: rules}, GOOD_DOCKER, pushed(COMMIT, '2026-01-01T00:00:00Z', '2'))
    expect(result.outputs).toMatchObject({status: 'succeeded', tags: `${room.ecr.host}/team/app:${COMMIT}`})
    expect(JSON.parse(result.outputs['receipt']!)).toMatchObject({before: {digest: null}})
    expect(tags().get('latest')).toBe(newer)
  })

  test('as a re-run with nothing but moving tags, moves them: nothing else is left for it to do', async () => {
    const asked = {tags: 'type=ref,event=branch'}
    const result = await room.run(asked, GOOD_DOCKER, pushed(COMMIT, '2026-01-01T00:00:00Z', '2'))
    expect(result.outputs).toMatchObject({status: 'succeeded', pushed: 'true'})
    expect(tags().get('main')).toBe(result.outputs['digest'])
  })

  test('with if-tag-exists overwrite, moves everything', async () => {
    const asked = {tags: rules, 'if-tag-exists': 'overwrite'}
    const result = await room.run(asked, GOOD_DOCKER, pushed(COMMIT, '2026-01-01T00:00:00Z', '2'))
    expect(result.outputs).toMatchObject({status: 'succeeded', pushed: 'true'})
    expect(tags().get('latest')).toBe(result.outputs['digest'])
  })

  // "streaming-api:latest: the registry has sha256:..., but this run pushed sha256:...": an answer had called the image
  // of this commit by a tag that another commit's had taken meanwhile.
  test.each([
    ['an image by a tag that has moved on', ['latest', 'latest', 'main']],
    ['an image by a tag that was not asked for', ['old', 'latest', 'main']],
  ])('is not confused by a registry that calls %s', async (_what, names) => {
    const blobs = room.ecr.repositories.get('team/app')!.blobs
    const images = [digest, newer, newer].map((imageDigest, at) => ({
      imageId: {imageTag: names[at], imageDigest},
      imageManifest: blobs.get(imageDigest),
    }))
    room.ecr.answer('BatchGetImage', {status: 200, body: {images, failures: []}}, 1)
    const result = await room.run({tags: rules, cache: 'none'}, GOOD_DOCKER, pushed(COMMIT, '2026-01-01T00:00:00Z'))
    expect(result.errors).toEqual([])
    expect(result.outputs).toMatchObject({status: 'unchanged', digest})
    expect([tags().get('latest'), tags().get('main')]).toEqual([digest, digest])
  })
})
