import {BUILT, receiptOf} from '../support/receipts.ts'
import {commentStore} from '../support/github-comments.ts'
import {startGitHub} from '../support/github-server.ts'
import type {GitHubAnswer, GitHubRequest} from '../support/github-server.ts'
import {spawnAction} from '../support/spawn-action.ts'

const line = (...args: Parameters<typeof receiptOf>): string => JSON.stringify(receiptOf(...args))
const preview = JSON.stringify({
  schema: 'slipway.preview/v1',
  stage: 'plan',
  subject: 'terraform/',
  verdict: 'change',
  headline: '**+2**',
  body: 'rows',
  digest: BUILT,
})
const event = (head: string): string =>
  JSON.stringify({
    pull_request: {number: 7, head: {sha: 'abc', repo: {full_name: head}}, base: {repo: {full_name: 'acme/streaming'}}},
  })

test('nothing given: one sentence, exit code 1', async () => {
  const result = await spawnAction('delivery-report')
  expect([result.code, result.errors]).toEqual([
    1,
    ['There is nothing to report on: give "needs", "receipts" or "previews".'],
  ])
})

test('a good delivery: verdict, merged receipt, summary', async () => {
  const receipts = [line('ecs'), '', line('build')].join('\n')
  const result = await spawnAction('delivery-report', {
    inputs: {receipts, needs: '{"build":{"result":"success","outputs":{}}}'},
  })
  expect([result.code, result.outputs['status']]).toEqual([0, 'succeeded'])
  const merged = JSON.parse(result.outputs['receipt'] ?? '') as {stages: {stage: string}[]}
  expect(merged.stages.map(({stage}) => stage)).toEqual(['build', 'ecs'])
  expect(result.summary).toContain('✓ streaming-api 4c1f2e9 is live')
  expect(result.summary).toContain('```mermaid')
})

test('a deploy of another image than the build made is red', async () => {
  const other = `sha256:${'9f2c'.repeat(16)}`
  const result = await spawnAction('delivery-report', {
    inputs: {receipts: [line('build'), line('ecs', {now: {digest: other}})].join('\n')},
  })
  expect([result.code, result.outputs['failure-reason']]).toEqual([1, 'digest-mismatch'])
  expect(result.errors[0]).toContain('APIService runs sha256:9f2c9f2c…, and the build made sha256:51ab51ab…')
})

describe('an approval', () => {
  const of = (more: object): string => JSON.stringify({...(JSON.parse(preview) as object), ...more})
  const other = `sha256:${'9f2c'.repeat(16)}`

  test('is bound to a digest of all changes, which is an output', async () => {
    const [one, two] = [of({}), of({stage: 'ecs', subject: 'APIService', digest: other})]
    const runs = [`${one}\n${two}`, `${two}\n${one}`].map((previews) =>
      spawnAction('delivery-report', {inputs: {previews}}),
    )
    const digests = (await Promise.all(runs)).map(({outputs}) => outputs['preview-digest'])
    expect(digests[0]).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(digests[1]).toBe(digests[0])
  })
  test('covers nothing that could not be previewed: no digest, and it is named', async () => {
    const result = await spawnAction('delivery-report', {inputs: {previews: preview, 'not-previewed': 'APIService\n'}})
    expect([result.code, result.outputs['preview-digest']]).toEqual([0, ''])
    expect(result.summary).toContain('`APIService` | ✗ could not be previewed: no approval covers it')
  })
  test('of exactly this lets it go on', async () => {
    const result = await spawnAction('delivery-report', {inputs: {previews: preview, approved: preview}})
    expect([result.code, result.errors]).toEqual([0, []])
    expect(result.log).toContain('✓ terraform/: exactly what was approved')
  })
  test('of something else stops it, with both', async () => {
    const result = await spawnAction('delivery-report', {
      inputs: {previews: of({digest: other, headline: '**−1**'}), approved: preview},
    })
    expect([result.code, result.outputs['failure-reason']]).toEqual([1, 'plan-changed'])
    expect(result.errors).toEqual([
      'terraform/: what would be done now is not what was approved. Nothing was changed here.',
    ])
    expect(result.log).toMatch(/approved[\s\S]*\*\*\+2\*\*[\s\S]*now[\s\S]*\*\*−1\*\*/)
  })
  test('of another stage is none of this one', async () => {
    const result = await spawnAction('delivery-report', {
      inputs: {previews: preview, approved: of({stage: 'ecs', subject: 'APIService'})},
    })
    expect(result.errors[0]).toMatch(/terraform\/: what would be done here was not shown to those who approved/)
  })
  test('is kept by a re-run that finds nothing left to do', async () => {
    const result = await spawnAction('delivery-report', {
      inputs: {previews: of({verdict: 'none', digest: other}), approved: preview},
    })
    expect(result.code).toBe(0)
  })
})

describe('a delivery that is done', () => {
  const applied = [line('build'), line('apply', {subject: 'terraform', now: {}}), line('ecs')].join('\n')
  const call = async (
    answer: Parameters<typeof startGitHub>[0],
    receipts = applied,
  ): Promise<Awaited<ReturnType<typeof spawnAction>> & {asked: string[]; violations: readonly string[]}> => {
    const server = await startGitHub(answer)
    try {
      const inputs = {previews: preview, receipts, 'github-token': 'ghs_secret', 'attach-to-release': 'v1.4.0'}
      const result = await spawnAction('delivery-report', {inputs, env: {GITHUB_API_URL: server.url}})
      return {...result, asked: server.requests.map(({operation}) => operation), violations: server.violations}
    } finally {
      await server.close()
    }
  }
  const APPROVALS = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals'
  const reviewed =
    (answer: GitHubAnswer) =>
    ({operation}: GitHubRequest): GitHubAnswer =>
      operation === APPROVALS ? answer : {status: 404, body: {message: 'Not Found'}}
  const review = (state: string, login: string): object => ({
    ...{state, comment: 'looks good', user: {login}},
    environments: [{name: 'production-approval'}],
  })

  test('says who approved it, and offers nothing for approval any more', async () => {
    const result = await call(reviewed({body: [review('approved', 'ben'), review('rejected', 'eve')]}))
    expect([result.code, result.asked[0], result.violations]).toEqual([0, APPROVALS, []])
    expect(result.summary).toContain(' · approved by ben · ')
    expect(result.summary).not.toMatch(/Who approves this|Slipway preview|eve/)
    const {approvals} = JSON.parse(result.outputs['receipt'] ?? '') as {approvals: object}
    expect(approvals).toEqual([{by: 'ben', environments: ['production-approval']}])
    // What was shown is still bound to it.
    expect(result.outputs['preview-digest']).toMatch(/^sha256:/)
  })
  test.each([
    ['may not be asked', {status: 403, body: {message: 'Resource not accessible by integration'}}],
    ['is not well', {status: 502, body: {message: 'Bad gateway'}}],
    ['had nobody to ask', {body: []}],
  ])('says nothing of that where GitHub %s', async (_why, answer) => {
    const result = await call(reviewed(answer))
    expect([result.code, result.asked.filter((each) => each === APPROVALS)]).toEqual([0, [APPROVALS]])
    expect(result.summary).not.toMatch(/approve/i)
    expect(JSON.parse(result.outputs['receipt'] ?? '')).not.toHaveProperty('approvals')
  })
  test('of a way back still shows the plan that nobody has applied', async () => {
    const result = await call(reviewed({body: []}), line('ecs'))
    expect(result.summary).toContain('Slipway preview')
  })
  test('that is no release asks GitHub for nothing', async () => {
    const server = await startGitHub(() => ({body: []}))
    const inputs = {receipts: applied, 'github-token': 'ghs_secret'}
    const result = await spawnAction('delivery-report', {inputs, env: {GITHUB_API_URL: server.url}})
    await server.close()
    expect([result.code, server.requests]).toEqual([0, []])
  })
})

describe('previews on a pull request', () => {
  type Result = Awaited<ReturnType<typeof spawnAction>> & {violations: readonly string[]}
  const call = async (head: string, answer: Parameters<typeof startGitHub>[0]): Promise<Result> => {
    const server = await startGitHub(answer)
    try {
      const result = await spawnAction('delivery-report', {
        files: {'event.json': event(head)},
        inputs: {previews: preview, 'github-token': 'ghs_secret'},
        env: {GITHUB_API_URL: server.url, GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: 'event.json'},
      })
      return {...result, violations: server.violations}
    } finally {
      await server.close()
    }
  }

  test('become one comment, as GitHub describes its API', async () => {
    const store = commentStore()
    const result = await call('acme/streaming', (request) => store.answer(request))
    expect([result.code, result.violations, store.comments.length]).toEqual([0, [], 1])
    expect(result.outputs['comment-url']).toBe(store.comments[0]?.html_url)
    expect(store.comments[0]?.body).toContain(
      'for `abc` · [in full](https://github.com/acme/streaming/actions/runs/1001)',
    )
    expect(result.visible).not.toContain('ghs_secret')
  })
  test('without the permission are a warning that names it, not a failure', async () => {
    const result = await call('acme/streaming', () => ({
      status: 403,
      body: {message: 'Resource not accessible by integration'},
    }))
    expect([result.code, result.warnings[0]]).toEqual([0, expect.stringContaining('pull-requests: write')])
    expect(result.summary).toContain('Slipway preview')
  })
  test('of a fork stay in the summary, said plainly, and nothing is called', async () => {
    const asked: string[] = []
    const result = await call('mallory/streaming', ({path}) => {
      asked.push(path)
      return {}
    })
    expect([result.code, asked]).toEqual([0, []])
    expect(result.log).toContain('comes from a fork')
  })
})

describe('attaching the receipt to a release', () => {
  const attach = async (known: readonly string[], tags: readonly string[]): Promise<readonly [string[], string[]]> => {
    const asked: string[] = []
    const server = await startGitHub(({operation}) => {
      asked.push(operation)
      const body = {
        id: 1,
        tag_name: 'v1.4.0',
        upload_url: `${server.url}/repos/acme/streaming/releases/1/assets{?name}`,
        assets: [],
      }
      switch (operation) {
        case 'GET /repos/{owner}/{repo}/releases/tags/{tag}':
          return known.length > 0 ? {body} : undefined
        case 'GET /repos/{owner}/{repo}/git/ref/{ref}':
          return tags.length > 0 ? {body: {ref: 'refs/tags/v1.4.0'}} : undefined
        case 'POST /repos/{owner}/{repo}/releases':
          return {status: 201, body}
        default:
          return {status: 201, body: {browser_download_url: 'https://github.com/acme/streaming/receipt.json'}}
      }
    })
    try {
      const result = await spawnAction('delivery-report', {
        inputs: {receipts: line('build'), 'attach-to-release': 'v1.4.0', 'github-token': 'ghs_secret'},
        env: {GITHUB_API_URL: server.url},
      })
      expect([result.code, server.violations]).toEqual([0, []])
      return [asked.map((operation) => operation.replace('/repos/{owner}/{repo}', '')), [...result.warnings]]
    } finally {
      await server.close()
    }
  }

  test('of a tag that was pushed alone makes the release first', async () => {
    expect(await attach([], ['v1.4.0'])).toEqual([
      ['GET /releases/tags/{tag}', 'GET /git/ref/{ref}', 'POST /releases', 'POST /releases/{release_id}/assets'],
      [],
    ])
  })
  test('of a tag that is not there makes none: a warning', async () => {
    const [asked, warnings] = await attach([], [])
    expect(asked).toEqual(['GET /releases/tags/{tag}', 'GET /git/ref/{ref}'])
    expect(warnings[0]).toContain('The receipt was not attached to release v1.4.0')
  })
})
