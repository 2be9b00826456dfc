import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from '@jest/globals'
import {BatchGetImageCommand, DescribeRepositoriesCommand} from '@aws-sdk/client-ecr'
import {COMMIT, labRoom, MINUTE, OTHER} from '../shared/ecr/lab-room.ts'
import type {ActionResult} from '../support/spawn-action.ts'

const room = labRoom({'Dockerfile.broken': 'FROM scratch\nCOPY hello.txt /\nCOPY missing.txt /\n'})

describe('a real build into a real registry', () => {
  test(
    'makes the repository, pushes, caches, and then reuses what is there',
    async () => {
      const repository = room.repositoryName('main')
      const settings = 'mutability=IMMUTABLE\nscan-on-push=true\ntag.team=video'
      const first = await room.run({
        repository,
        'create-repository': 'true',
        'repository-settings': settings,
        cache: 'none',
      })
      expect(first.errors).toEqual([])
      expect(first.outputs).toMatchObject({status: 'succeeded', pushed: 'true', tag: COMMIT})
      expect(first.outputs['digest']).toBe(await room.digestInEcr(repository, COMMIT))
      expect(first.outputs['image']).toBe(`${room.lab.registry}/${repository}@${first.outputs['digest']!}`)
      const {repositories} = await room.ecr.send(new DescribeRepositoriesCommand({repositoryNames: [repository]}))
      expect(repositories?.[0]).toMatchObject({
        imageTagMutability: 'IMMUTABLE',
        imageScanningConfiguration: {scanOnPush: true},
      })

      const again = await room.run({repository})
      expect(again.errors).toEqual([])
      expect(again.outputs).toMatchObject({status: 'unchanged', reused: 'true', digest: first.outputs['digest']!})
      expect(again.log).not.toContain('::group::Build')

      const other = await room.run({repository, tags: COMMIT}, {GITHUB_SHA: OTHER})
      expect(other.outputs['failure-reason']).toBe('tag-immutable')
      expect(other.errors[0]).toContain(COMMIT)
      expect(other.errors[0]).toContain(OTHER)
    },
    2 * MINUTE,
  )

  test(
    'writes the cache in a form that the registry takes, and reads it in the next build',
    async () => {
      const repository = room.repositoryName('cache')
      const inputs = {repository, 'create-repository': 'true', 'if-tag-exists': 'overwrite'}
      const first = await room.run(inputs)
      expect(first.errors).toEqual([])
      const {images} = await room.ecr.send(
        new BatchGetImageCommand({repositoryName: repository, imageIds: [{imageTag: 'buildcache-linux-amd64'}]}),
      )
      expect(JSON.parse(images![0]!.imageManifest!)).toMatchObject({
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
      })
      const second = await room.run(inputs)
      expect(second.log).toContain('importing cache manifest from')
      expect(second.outputs['digest']).toBe(first.outputs['digest'])
    },
    2 * MINUTE,
  )

  test(
    'a branch moves from commit to commit in a mutable repository',
    async () => {
      const repository = room.repositoryName('branch')
      const inputs = {repository, 'create-repository': 'true', tags: 'type=ref,event=branch', cache: 'none'}
      const first = await room.run(inputs)
      const second = await room.run(inputs, {GITHUB_SHA: OTHER})
      expect(second.outputs).toMatchObject({status: 'succeeded', pushed: 'true'})
      expect(second.outputs['digest']).not.toBe(first.outputs['digest'])
      expect(await room.digestInEcr(repository, 'main')).toBe(second.outputs['digest'])
      expect(JSON.parse(second.outputs['receipt']!)).toMatchObject({before: {digest: first.outputs['digest']}})
    },
    2 * MINUTE,
  )

  test(
    'a commit that is delivered again takes latest back in a new run, and leaves it to a newer commit in a re-run',
    async () => {
      const repository = room.repositoryName('again')
      // The order in which the registry once called an image by a tag that had moved on.
      const inputs = {repository, 'create-repository': 'true', tags: 'type=raw,value=latest\ntype=sha', cache: 'none'}
      const event = (id: string, timestamp: string): Record<string, string> => {
        const path = join(room.workspace, `event-${id.slice(0, 8)}.json`)
        writeFileSync(path, JSON.stringify({head_commit: {id, timestamp}}))
        return {GITHUB_EVENT_PATH: path, GITHUB_SHA: id}
      }
      const [older, newer] = [event(COMMIT, '2026-01-01T00:00:00Z'), event(OTHER, '2026-01-02T00:00:00Z')]
      const first = await room.run(inputs, older)
      const second = await room.run(inputs, newer)
      expect([first.errors, second.errors]).toEqual([[], []])
      const rerun = await room.run(inputs, {...older, GITHUB_RUN_ATTEMPT: '2'})
      expect(rerun.errors).toEqual([])
      expect(rerun.outputs).toMatchObject({status: 'unchanged', digest: first.outputs['digest']!})
      expect(await room.digestInEcr(repository, 'latest')).toBe(second.outputs['digest'])
      const again = await room.run(inputs, older)
      expect(again.errors).toEqual([])
      expect(again.outputs).toMatchObject({status: 'unchanged', digest: first.outputs['digest']!})
      expect(await room.digestInEcr(repository, 'latest')).toBe(first.outputs['digest'])
      expect(await room.digestInEcr(repository, 'sha-6b6b6b6')).toBe(second.outputs['digest'])
    },
    2 * MINUTE,
  )

  test(
    'platforms that were pushed by digest become one image',
    async () => {
      const repository = room.repositoryName('merge')
      const common = {repository, 'create-repository': 'true', cache: 'none'}
      const parts: ActionResult[] = []
      for (const platforms of ['linux/amd64', 'linux/arm64'])
        parts.push(await room.run({...common, platforms, 'push-by-digest': 'true'}))
      expect(parts.map(({errors}) => errors)).toEqual([[], []])
      const merge = parts.map(({outputs}) => outputs['digest']!).join('\n')
      const merged = await room.run({repository, merge, tags: 'v1\nlatest'})
      expect(merged.errors).toEqual([])
      expect(merged.summary).toContain('size linux/amd64')
      expect(merged.summary).toContain('size linux/arm64')
      const {images} = await room.ecr.send(
        new BatchGetImageCommand({repositoryName: repository, imageIds: [{imageTag: 'latest'}]}),
      )
      const index = JSON.parse(images![0]!.imageManifest!) as {
        manifests: {digest: string; platform: {architecture: string}}[]
      }
      expect(index.manifests.map(({platform}) => platform.architecture)).toEqual(['amd64', 'arm64'])
      expect(index.manifests.map(({digest}) => digest).join('\n')).toBe(merge)
      expect(images![0]!.imageId!.imageDigest).toBe(merged.outputs['digest'])
      const again = await room.run({repository, merge, tags: 'v1\nlatest'})
      expect(again.errors).toEqual([])
      expect(again.outputs).toMatchObject({status: 'unchanged', digest: merged.outputs['digest']!})
      const twins = await room.run({
        repository,
        merge: `${merge}\n${parts[0]!.outputs['digest']!}\nsha256:${'0'.repeat(64)}`,
        tags: 'v2',
      })
      expect(twins.errors[0]).toContain('is not in the repository')
    },
    3 * MINUTE,
  )
})

describe('what goes wrong', () => {
  test(
    'a missing repository is named before anything is built',
    async () => {
      const result = await room.run({repository: 'ecr-build-push-test/nowhere'})
      expect(result.outputs['failure-reason']).toBe('not-found')
      expect(result.log).not.toContain('::group::Build')
    },
    MINUTE,
  )

  test(
    'a broken Dockerfile is annotated at its line, and leaves no tag',
    async () => {
      const repository = room.repositoryName('broken')
      const result = await room.run({repository, 'create-repository': 'true', file: 'Dockerfile.broken'})
      expect(result.code).toBe(1)
      expect(result.outputs['failure-reason']).toBe('build-failed')
      expect(result.errors[0]).toContain('wants /missing.txt, which is not in the build context')
      expect(result.log).toContain('::error file=Dockerfile.broken,line=3::')
      expect(await room.digestInEcr(repository, COMMIT)).toBeUndefined()
    },
    MINUTE,
  )

  test(
    'an engine that does not answer changes nothing',
    async () => {
      const name = 'ecr-build-push-test/no-engine'
      const result = await room.run(
        {repository: name, 'create-repository': 'true'},
        {DOCKER_HOST: 'unix:///nowhere.sock', BUILDX_BUILDER: ''},
      )
      expect(result.outputs['failure-reason']).toBe('unreachable')
      await expect(room.ecr.send(new DescribeRepositoriesCommand({repositoryNames: [name]}))).rejects.toThrow()
    },
    MINUTE,
  )
})
