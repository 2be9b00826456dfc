import {execFile} from 'node:child_process'
import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {labEnvironment} from '../../../lab/index.ts'
import {runWorkflow} from '../../../lab/runner.ts'
import type {WorkflowRun} from '../../../lab/runner.ts'
import {labVariables, makeStateBucket, servedVersions} from '../../../scripts/demo/chain.ts'
import {cloneRepository} from '../../../scripts/demo/repository.ts'
import type {Clone} from '../../../scripts/demo/repository.ts'
import {commentStore} from '../../support/github-comments.ts'
import {startGitHub} from '../../support/github-server.ts'
import type {GitHubServer} from '../../support/github-server.ts'

const MINUTES = 60_000
const REPOSITORY = 'acme/streaming'
const lab = labEnvironment()
const git = promisify(execFile)
// A version names one commit for ever, and the registry remembers those of earlier runs.
const SERIES = `v1.${String(Math.floor(Date.now() / 1000))}`
const tagOf = (patch: string | number): string => `${SERIES}.${String(patch)}`

interface Receipt {
  readonly status: string
  readonly stages: {headline: string; readonly stage: string; readonly now: Readonly<Record<string, unknown>>}[]
}

const comments = commentStore()
const receipts = new Map<string, Receipt>()
let github: GitHubServer

// Releases have their tags as ids of their assets, which GitHub's description allows for as little as it needs.
beforeAll(async () => {
  await makeStateBucket(lab)
  github = await startGitHub((request) => {
    const [path = ''] = request.path.split('?')
    const tag = decodeURIComponent(path.split('/').at(-1) ?? '')
    const id = Number(/\/releases\/(?:assets\/)?(\d+)/.exec(path)?.[1])
    switch (request.operation) {
      case 'GET /repos/{owner}/{repo}/releases/tags/{tag}':
        return tag.startsWith(SERIES) ? {body: release(tag)} : undefined
      case 'POST /repos/{owner}/{repo}/releases/{release_id}/assets':
        receipts.set(tagOf(id), request.body as Receipt)
        return {status: 201, body: {browser_download_url: `https://github.com/${REPOSITORY}/receipt.json`}}
      case 'GET /repos/{owner}/{repo}/releases/assets/{asset_id}':
        return {body: receipts.get(tagOf(id))}
      default:
        return comments.answer(request)
    }
  })
})
afterAll(async () => {
  await github.close()
})

function release(tag: string): object {
  const id = tag.slice(`${SERIES}.`.length)
  const at = `${github.url}/repos/${REPOSITORY}/releases`
  const asset = {id: Number(id), name: 'receipt.json', url: `${at}/assets/${id}`}
  return {id: Number(id), upload_url: `${at}/${id}/assets{?name,label}`, assets: receipts.has(tag) ? [asset] : []}
}

interface Call {
  readonly workflow: string
  readonly event: string
  readonly payload: (commit: string) => object
  readonly change?: (folder: string) => Promise<void>
  readonly tag?: string
}

// The repository as it was when the first release was published: a way back needs that commit in its history.
let released: Clone
beforeAll(async () => {
  released = await cloneRepository()
})
afterAll(async () => {
  await released.remove()
})

async function run({workflow, event, payload, change, tag}: Call): Promise<WorkflowRun & {readonly commit: string}> {
  const clone = change === undefined ? released : await cloneRepository(change)
  try {
    if (tag !== undefined) await git('git', ['tag', tag], {cwd: clone.folder})
    const ran = await runWorkflow(lab, {
      repository: clone.folder,
      workflow: `.github/workflows/${workflow}`,
      event,
      payload: {repository: {full_name: REPOSITORY, default_branch: 'main'}, ...payload(clone.commit)},
      vars: labVariables(lab),
      secrets: {PLAN_KEY: 'a key for a lab that anybody may read', GITHUB_TOKEN: 'ghs_lab'},
      env: {GITHUB_API_URL: github.url, GITHUB_REPOSITORY: REPOSITORY},
    })
    return {...ran, commit: clone.commit}
  } finally {
    if (clone !== released) await clone.remove()
  }
}

const edit = async (file: string, from: string, to: string): Promise<void> => {
  const text = await readFile(file, 'utf8')
  if (!text.includes(from)) throw new Error(`${file} has no "${from}"`)
  await writeFile(file, text.replace(from, to))
}
const results = ({jobs}: WorkflowRun): Record<string, string> =>
  Object.fromEntries([...jobs].map(([id, {result}]) => [id, result]))
const whatFailed = (ran: WorkflowRun): string =>
  [...ran.jobs]
    // In a new lab there is no service yet that an approval could be shown against: that is said, and is no failure.
    .filter(([id]) => !id.endsWith('-preview'))
    .flatMap(([id, {errors}]) => errors.map((error) => `${id}: ${error}`))
    .join('\n')
const digests = async (): Promise<(string | null)[]> => [
  ...new Set((await servedVersions(lab)).map(({digest}) => digest)),
]

const publish = async (tag: string, change?: Call['change']): ReturnType<typeof run> =>
  await run({
    workflow: 'release.yml',
    event: 'release',
    payload: () => ({action: 'published', release: {tag_name: tag, prerelease: false}}),
    tag,
    ...(change !== undefined && {change}),
  })

const openPullRequest = async (from: string, change?: Call['change']): ReturnType<typeof run> =>
  await run({
    workflow: 'plan.yml',
    event: 'pull_request',
    payload: (commit) => ({
      number: 7,
      pull_request: {
        number: 7,
        head: {ref: 'change', sha: commit, repo: {full_name: from}},
        base: {ref: 'main', sha: commit, repo: {full_name: REPOSITORY}},
      },
    }),
    ...(change !== undefined && {change}),
  })

const goBack = async (tag: string): ReturnType<typeof run> =>
  await run({workflow: 'undo.yml', event: 'workflow_dispatch', payload: () => ({inputs: {release: tag}})})

let first: string | undefined

test(
  'a published release is live, and has the receipt of its delivery',
  async () => {
    const ran = await publish(tagOf(0))
    expect([whatFailed(ran), ran.complaint, results(ran)]).toEqual([
      '',
      '',
      expect.objectContaining({approve: 'success', kubernetes: 'success', attach: 'success'}),
    ])
    first = ran.jobs.get('build')?.outputs['image']?.['digest']
    expect(ran.jobs.get('build')?.outputs['image']?.['tags']).toContain(`:${tagOf(0).slice(1)}`)
    expect(await digests()).toEqual([first])
    const stages = receipts.get(tagOf(0))?.stages.map(({stage}) => stage)
    expect(stages).toEqual(['build', 'plan', 'apply', 'task', 'ecs', 'kubernetes'])
  },
  10 * MINUTES,
)

test(
  'a pull request gets one comment with what it would change in all three places, updated in place',
  async () => {
    const change = async (folder: string): Promise<void> => {
      await edit(join(folder, 'sample-app/k8s/deployment.yaml'), 'replicas: 3', 'replicas: 4')
      await edit(join(folder, 'sample-app/task-definition.json'), '"value": "info"', '"value": "debug"')
      await edit(join(folder, 'terraform/variables.tf'), 'default     = 3000', 'default     = 3100')
    }
    const before = await digests()
    const ran = await openPullRequest(REPOSITORY, change)
    expect([whatFailed(ran), ran.complaint]).toEqual(['', ''])
    await openPullRequest(REPOSITORY)
    expect(comments.comments).toHaveLength(1)
    expect(comments.comments[0]?.body).toContain('### Slipway preview · ')
    expect(ran.jobs.get('report')?.summary).toMatch(/\*\*Infrastructure\*\*.*destroys .*aws_lb_target_group/)
    // The load balancer would ask a port that the task definition does not open: only both previews together tell.
    expect(ran.jobs.get('report')?.summary).toMatch(
      /\*\*Finding\*\* `.*aws_ecs_service.*` sends to port 3100 of container `api`, and .* opens 3000\./,
    )
    expect(ran.jobs.get('report')?.summary).toMatch(/\*\*ECS\*\* `APIService`.*LOG_LEVEL/)
    expect(ran.jobs.get('report')?.summary).toMatch(/\*\*Kubernetes\*\* `streaming`.*Deployment\/streaming-api/)
    expect(await digests()).toEqual(before)
  },
  10 * MINUTES,
)

test(
  'a pull request from a fork has no credentials: its image is built, and the summary says what was not looked at',
  async () => {
    const known = github.requests.length
    const ran = await openPullRequest('stranger/streaming')
    expect([whatFailed(ran), ran.complaint]).toEqual(['', ''])
    expect(results(ran)).toEqual({build: 'success', report: 'success'})
    expect(ran.jobs.get('build')?.outputs['image']?.['pushed']).toBe('false')
    expect([...ran.jobs.values()].map(({log}) => log).join('\n')).not.toContain('Lab credentials')
    expect(ran.jobs.get('report')?.summary).toMatch(/comes from a fork[\s\S]*get no credentials/)
    expect(github.requests.slice(known).filter(({method}) => method !== 'GET')).toEqual([])
  },
  5 * MINUTES,
)

describe('a way back', () => {
  test(
    'a bad day: the next release is live',
    async () => {
      const ran = await publish(tagOf(1), async (folder) => {
        await edit(join(folder, 'sample-app/task-definition.json'), '"value": "info"', '"value": "debug"')
      })
      expect([whatFailed(ran), ran.complaint]).toEqual(['', ''])
      const [now] = await digests()
      expect(now).not.toBe(first)
    },
    10 * MINUTES,
  )

  test(
    'a receipt that was changed afterwards, and a release without one, move nothing',
    async () => {
      const honest = receipts.get(tagOf(0))!
      const before = await digests()
      const forged = structuredClone(honest)
      forged.stages[0]!.headline = 'forged'
      receipts.set(tagOf(0), forged)
      const refused = await goBack(tagOf(0))
      receipts.set(tagOf(0), honest)
      expect(whatFailed(refused)).toMatch(/was changed after it was written \(stage 0\)/)
      expect(whatFailed(await goBack(tagOf(9)))).toMatch(/has no receipt\.json/)
      expect(whatFailed(await goBack('v9'))).toMatch(/There is no release v9/)
      expect(refused.jobs.get('kubernetes')).toBeUndefined()
      expect(await digests()).toEqual(before)
    },
    5 * MINUTES,
  )

  test(
    'the receipt of a release brings its digest back to Kubernetes and ECS, and shows what Terraform would change',
    async () => {
      const ran = await goBack(tagOf(0))
      expect([whatFailed(ran), ran.complaint]).toEqual(['', ''])
      expect(await digests()).toEqual([first])
      const ecs = receipts.get(tagOf(0))?.stages.find(({stage}) => stage === 'ecs')
      expect(ran.jobs.get('ecs')?.outputs['deploy']?.['task-definition-arn']).toContain(ecs?.now['taskDefinition'])
      expect(ran.jobs.get('report')?.summary).toMatch(/sha256:\w{8}… is live/)
      expect(ran.jobs.get('infrastructure')?.outputs['plan']?.['status']).toBe('planned')
    },
    10 * MINUTES,
  )
})

test('every call to GitHub was one that GitHub describes', () => {
  expect(github.requests.length).toBeGreaterThan(0)
  expect(github.violations).toEqual([])
})
