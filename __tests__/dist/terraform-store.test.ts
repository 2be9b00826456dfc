import {jest} from '@jest/globals'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {startArtifacts} from '../support/artifact-service.ts'
import type {ArtifactServer} from '../support/artifact-service.ts'
import {commentStore} from '../support/github-comments.ts'
import {startGitHub} from '../support/github-server.ts'
import type {GitHubAnswer, GitHubServer} from '../support/github-server.ts'
import {answersFor, LIST, ZIP} from '../support/run-artifacts.ts'
import type {ActionResult} from '../support/spawn-action.ts'
import {data, terraformRoot} from '../support/terraform-root.ts'
import type {TerraformRoot} from '../support/terraform-root.ts'

jest.setTimeout(180_000)

let root: TerraformRoot
afterEach(() => {
  root.remove()
})

describe('plans as artifacts of the run', () => {
  let service: ArtifactServer
  beforeEach(async () => {
    root = terraformRoot({'plan-store': 'artifact'})
    service = await startArtifacts()
  })
  afterEach(async () => {
    await service.close()
  })

  test('the plan of one job is applied in the next, through a service that stumbles; no address gives its signature away', async () => {
    root.write(data('a'))
    service.failNext(503)
    const planned = await root.plan({}, {env: service.env})
    expect(planned.errors).toEqual([])
    const id = planned.outputs['plan-id']!
    expect([...service.artifacts.keys()]).toEqual([`slipway-plan-${id}`])
    const applied = await root.apply({'plan-id': id}, {env: service.env})
    expect(applied.errors).toEqual([])
    expect(applied.outputs['status']).toBe('succeeded')
    expect(service.violations).toEqual([])
    expect(planned.masks).toEqual(expect.arrayContaining(['s3cr3t+signature']))
    expect(planned.visible + applied.visible).not.toContain('s3cr3t')
  })

  test('a plan that the run does not have, and one of another run without a token', async () => {
    root.write(data('a'))
    const gone = await root.apply({'plan-id': 'infra-default-00000000-4c1f2e900000-1001-1'}, {env: service.env})
    expect(gone.errors).toEqual([
      expect.stringContaining(
        'it would be artifact slipway-plan-infra-default-00000000-4c1f2e900000-1001-1 of run 1001',
      ),
    ])
    const other = await root.apply({'plan-id': 'infra-default-00000000-4c1f2e900000-55-1'}, {env: service.env})
    expect(other.errors).toEqual([expect.stringContaining('give "github-token", with "permissions: actions: read"')])
  })

  describe('applied by another run', () => {
    const LATER = {GITHUB_RUN_ID: '2002'}
    let github: GitHubServer
    let answers: Readonly<Record<string, GitHubAnswer>>
    let id: string
    beforeEach(async () => {
      root.write(data('a'))
      id = (await root.plan({}, {env: service.env})).outputs['plan-id']!
      answers = answersFor(service, `slipway-plan-${id}`)
      github = await startGitHub(({operation}) => answers[operation])
    })
    afterEach(async () => {
      await github.close()
    })
    const applied = async (): Promise<ActionResult> =>
      await root.apply(
        {'plan-id': id, 'github-token': 'ghs_secret'},
        {env: {...service.env, ...LATER, GITHUB_API_URL: github.url}},
      )

    test('it is fetched by the number of its run; the token never reaches the storage, the signature no log', async () => {
      service.failNext(503)
      const run = await applied()
      expect([run.errors, run.outputs['status']]).toEqual([[], 'succeeded'])
      expect(github.requests.map(({path}) => path)).toEqual([
        `/repos/acme/streaming/actions/runs/1001/artifacts?name=slipway-plan-${id}`,
        '/repos/acme/streaming/actions/artifacts/17/zip',
      ])
      expect([...github.violations, ...service.violations]).toEqual([])
      expect(run.masks).toEqual(expect.arrayContaining(['s3cr3t+signature']))
      expect(run.visible).not.toContain('s3cr3t')
    })

    test('a plan that has expired, one that expires meanwhile, and a run that is gone, are all no plan', async () => {
      const whole = answers
      const old = {id: 17, name: `slipway-plan-${id}`, expired: true}
      for (const gone of [
        {[LIST]: {body: {total_count: 1, artifacts: [old]}}},
        {[ZIP]: {status: 410, body: {message: 'Artifact has expired'}}},
        {[LIST]: {status: 404, body: {message: 'Not Found'}}},
      ]) {
        answers = {...whole, ...gone}
        const run = await applied()
        expect([run.outputs['failure-reason'], run.errors]).toEqual([
          'not-found',
          [expect.stringContaining(`it would be artifact slipway-plan-${id} of run 1001`)],
        ])
      }
    })

    test('a token that may not read the run says which permission is missing', async () => {
      answers = {[LIST]: {status: 403, body: {message: 'Resource not accessible by integration'}}}
      const run = await applied()
      expect(run.outputs['failure-reason']).toBe('access-denied')
      expect(run.errors).toEqual([expect.stringContaining('may not read the artifacts of run 1001')])
      expect(run.summary).toContain('give the job "permissions: actions: read"')
    })
  })

  test('a service that refuses makes the plan fail, not vanish', async () => {
    root.write(data('a'))
    service.failNext(403)
    const run = await root.plan({}, {env: service.env})
    expect(run.code).toBe(1)
    expect(run.errors[0]).toContain('Artifact service: CreateArtifact failed: HTTP 403')
    expect(run.outputs['failure-reason']).toBe('access-denied')
  })
})

describe('the comment on the pull request', () => {
  const event = (fork = false): Readonly<Record<string, string>> => {
    const path = join(root.folder, 'event.json')
    const head = {
      sha: '4c1f2e9000000000000000000000000000000000',
      repo: {full_name: fork ? 'mallory/x' : 'acme/streaming'},
    }
    writeFileSync(
      path,
      JSON.stringify({pull_request: {number: 7, head, base: {sha: 'x', repo: {full_name: 'acme/streaming'}}}}),
    )
    return {GITHUB_EVENT_PATH: path, GITHUB_EVENT_NAME: 'pull_request'}
  }
  beforeEach(() => {
    root = terraformRoot()
  })

  test('one, updated in place, without a secret, gone when nothing would change; requests are as GitHub describes them', async () => {
    const store = commentStore()
    const github = await startGitHub((request) => store.answer(request))
    try {
      const inputs = {comment: 'changes-only', 'github-token': 't0ken'}
      const call = {env: {...event(), GITHUB_API_URL: github.url, GITHUB_GRAPHQL_URL: `${github.url}/graphql`}}
      root.write(`variable "p" { sensitive = true }\n${data('a', 'input = var.p')}`)
      const first = await root.plan({...inputs, variables: 'p=s3cr3t-value'}, call)
      expect(first.warnings).toEqual([])
      expect(first.outputs['comment-url']).toBe('https://github.com/acme/streaming/pull/7#issuecomment-1')
      expect(store.comments[0]?.body).toContain('### Plan for `infra`: +1')
      root.write(data('a') + data('b'))
      await root.plan(inputs, call)
      expect(store.comments.map(({body}) => /### .*/.exec(body)?.[0])).toEqual(['### Plan for `infra`: +2'])
      root.write('')
      await root.plan(inputs, call)
      expect(store.comments).toEqual([])
      expect(JSON.stringify(github.requests)).not.toContain('s3cr3t')
      expect(github.violations).toEqual([])
    } finally {
      await github.close()
    }
  })

  test('a comment that GitHub refuses is a warning; a fork gets a line and the summary', async () => {
    root.write(data('a'))
    const github = await startGitHub(() => ({status: 403, body: {message: 'Resource not accessible by integration'}}))
    try {
      const env = {GITHUB_API_URL: github.url, GITHUB_GRAPHQL_URL: `${github.url}/graphql`}
      const inputs = {comment: 'update', 'github-token': 't0ken'}
      const refused = await root.plan(inputs, {env: {...event(), ...env}})
      expect([refused.code, refused.warnings]).toEqual([0, [expect.stringContaining('pull-requests: write is needed')]])
      const before = github.requests.length
      const fork = await root.plan(inputs, {env: {...event(true), ...env}})
      expect([fork.code, fork.warnings, github.requests.length]).toEqual([0, [], before])
      expect(fork.log).toContain('GitHub gives the token of a fork no right to write')
      expect(fork.summary).toContain('### Plan for `infra`: +1')
    } finally {
      await github.close()
    }
  })
})
