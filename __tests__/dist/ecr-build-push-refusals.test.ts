import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from '@jest/globals'
import {buildRoom} from '../shared/ecr/build-room.ts'
import {GOOD_DOCKER} from '../shared/ecr/fake-docker.ts'
import {awsError} from '../shared/ecr/fake-ecr.ts'

const room = buildRoom()

describe('what is wrong is said before anything is changed', () => {
  test('a missing repository', async () => {
    const result = await room.run({})
    expect(result.outputs['failure-reason']).toBe('not-found')
    expect(result.errors).toEqual([`${room.ecr.host}/team/app: the registry has no such repository.`])
    expect(room.ecr.calls).not.toContain('CreateRepository')
    expect(room.built()).toBe(false)
  })

  test('create-repository makes it with the settings that were given and no others', async () => {
    const settings =
      'scan-on-push=true\nmutability=IMMUTABLE_WITH_EXCLUSION\nexclusions=latest,buildcache*\nencryption=KMS\nkms-key=alias/images\ntag.team=video'
    const result = await room.run({'create-repository': 'true', 'repository-settings': settings})
    expect(result.errors).toEqual([])
    expect(room.ecr.bodies[room.ecr.calls.indexOf('CreateRepository')]).toEqual({
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
    const result = await room.run({'create-repository': 'true'}, {...GOOD_DOCKER, 'buildx inspect': noEngine})
    expect(result.outputs['failure-reason']).toBe('unreachable')
    expect(result.errors[0]).toContain('no Docker engine answers')
    expect(room.ecr.calls).not.toContain('CreateRepository')
  })

  test('"did not accept the login" for a host that is not there: the network and the region are named', async () => {
    const words = `Error response from daemon: Get "https://${room.ecr.host}/v2/": dial tcp: lookup registry: no such host\n`
    const result = await room.run({}, {...GOOD_DOCKER, login: {code: 1, stderr: words}})
    expect(result.outputs['failure-reason']).toBe('unreachable')
    expect(result.errors[0]).toContain(`${room.ecr.host}: the registry cannot be reached: Error response from daemon`)
    expect(result.log).toContain('check the account and the region in its host')
    expect(room.built()).toBe(false)
  })

  test('no docker but podman, or neither: each is named, and nothing is made', async () => {
    const tools = mkdtempSync(join(tmpdir(), 'slipway-podman-'))
    try {
      writeFileSync(join(tools, 'podman'), '#!/bin/sh\n', {mode: 0o755})
      const only = {path: [], env: {PATH: tools}}
      const podman = await room.run({'create-repository': 'true'}, GOOD_DOCKER, only)
      expect(podman.errors[0]).toContain('No "docker" was found on PATH, only "podman", which has no buildx')
      rmSync(join(tools, 'podman'))
      const neither = await room.run({'create-repository': 'true'}, GOOD_DOCKER, only)
      expect(neither.errors[0]).toContain('No "docker" was found on PATH: run the job on a runner with Docker')
      expect([podman.code, neither.code]).toEqual([1, 1])
      expect(room.ecr.calls).not.toContain('CreateRepository')
    } finally {
      rmSync(tools, {recursive: true, force: true})
    }
  })

  test('no credentials', async () => {
    const result = await room.run({}, GOOD_DOCKER, {
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
    room.ecr.answer(
      operation,
      awsError('AccessDeniedException', `User: arn:aws:iam::1:user/x is not authorized to perform: ${action}`),
    )
    const result = await room.run({'create-repository': 'true'})
    expect(result.outputs['failure-reason']).toBe('access-denied')
    expect(result.errors[0]).toMatch(new RegExp(`^${action}: AWS refused the call`))
    expect(result.log).toContain(resource)
    expect(room.built()).toBe(false)
  })

  test('a role that may push but not describe is enough', async () => {
    room.ecr.repositories.set('team/app', {settings: {}, tags: new Map(), blobs: new Map()})
    room.ecr.answer(
      'DescribeRepositories',
      awsError('AccessDeniedException', 'not authorized to perform: ecr:DescribeRepositories'),
    )
    const result = await room.run({})
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
    [{merge: `sha256:${'0'.repeat(64)}`, 'smoke-test': 'true'}, 'Input "smoke-test" is given with "merge"'],
    [{merge: `sha256:${'0'.repeat(64)}`, 'push-by-digest': 'true'}, 'Input "push-by-digest" is given with "merge"'],
    [{merge: 'v1.2.3'}, 'Input "merge" has "v1.2.3", which is not a digest'],
    [{'push-retries': '99'}, 'Input "push-retries" is "99": give a whole number from 0 to 20.'],
  ])('%j', async (inputs, sentence) => {
    const result = await room.run(inputs)
    expect(result.code).toBe(1)
    expect(result.outputs['failure-reason']).toBe('invalid-input')
    expect(result.errors).toHaveLength(1)
    expect(result.errors[0]).toContain(sentence)
    expect(room.ecr.calls).toEqual([])
    expect(room.docker.calls()).toEqual([])
  })
})
