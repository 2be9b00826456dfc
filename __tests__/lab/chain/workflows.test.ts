import {execFile} from 'node:child_process'
import {generateKeyPairSync} from 'node:crypto'
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {labEnvironment} from '../../../lab/index.ts'
import {runWorkflow} from '../../../lab/runner.ts'
import type {JobRun, WorkflowRun} from '../../../lab/runner.ts'
import {labVariables, makeStateBucket, servedVersions, whatHappened} from '../../../scripts/demo/chain.ts'
import {versionOnKubernetes, versionsOnEcs} from '../../../scripts/demo/version.ts'
import {cloneRepository} from '../../../scripts/demo/repository.ts'
import type {Clone} from '../../../scripts/demo/repository.ts'
import {commentStore} from '../../support/github-comments.ts'
import {startGitHub} from '../../support/github-server.ts'
import {schemaProblem} from '../../support/published-schemas.ts'
import type {GitHubAnswer, GitHubRequest, GitHubServer} from '../../support/github-server.ts'

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
// Releases that are there; the others of the series are tags alone.
const released = new Set<string>()
/** The head of the pull request that GitHub says was merged, whatever commit it is asked about. */
let mergedHead: string | undefined
let github: GitHubServer

const signer = generateKeyPairSync('ed25519', {
  privateKeyEncoding: {type: 'pkcs8', format: 'pem'},
  publicKeyEncoding: {type: 'spki', format: 'pem'},
})

const lastOf = ({path}: GitHubRequest): string => decodeURIComponent(path.split('?')[0]?.split('/').at(-1) ?? '')
const tagBy = ({path}: GitHubRequest): string => tagOf(Number(/\/releases\/(?:assets\/)?(\d+)/.exec(path)?.[1]))

// Releases have their tags as ids of their assets, which GitHub's description allows for as little as it needs.
const APPROVAL = {state: 'approved', comment: '', user: {login: 'ben'}, environments: [{name: 'production-approval'}]}

const ANSWERS: Readonly<Record<string, (request: GitHubRequest) => GitHubAnswer | undefined>> = {
  'GET /repos/{owner}/{repo}/releases/tags/{tag}': (request) =>
    released.has(lastOf(request)) ? {body: release(lastOf(request))} : undefined,
  'GET /repos/{owner}/{repo}/releases': () => ({body: [...released].map(release)}),
  'GET /repos/{owner}/{repo}/git/ref/{ref}': (request) => ({body: {ref: `refs/${lastOf(request)}`}}),
  'POST /repos/{owner}/{repo}/releases': ({body}) => {
    const {tag_name} = body as {tag_name: string}
    released.add(tag_name)
    return {status: 201, body: release(tag_name)}
  },
  'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls': ({path}) => {
    const merge_commit_sha = path.split('/').at(-2)
    const pull = {number: 7, merged_at: '2026-01-01T00:00:00Z', merge_commit_sha, head: {sha: mergedHead}}
    return {body: mergedHead === undefined ? [] : [pull]}
  },
  'POST /repos/{owner}/{repo}/releases/{release_id}/assets': (request) => {
    receipts.set(tagBy(request), request.body as Receipt)
    return {status: 201, body: {browser_download_url: `https://github.com/${REPOSITORY}/receipt.json`}}
  },
  // The runner asks nobody: reviewers are GitHub's business, and what it keeps of them is answered here.
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals': () => ({body: [APPROVAL]}),
  'GET /repos/{owner}/{repo}/releases/assets/{asset_id}': (request) => ({body: receipts.get(tagBy(request))}),
}

beforeAll(async () => {
  await makeStateBucket(lab)
  github = await startGitHub((request) => ANSWERS[request.operation]?.(request) ?? comments.answer(request))
}, MINUTES)
afterAll(async () => {
  await github.close()
}, MINUTES)

function release(tag: string): object {
  const id = tag.slice(`${SERIES}.`.length)
  const at = `${github.url}/repos/${REPOSITORY}/releases`
  const asset = {id: Number(id), name: 'receipt.json', url: `${at}/assets/${id}`}
  return {
    ...{
      id: Number(id),
      tag_name: tag,
      draft: false,
      prerelease: false,
      published_at: `2026-01-0${String(Number(id) + 1)}`,
    },
    ...{upload_url: `${at}/${id}/assets{?name,label}`, assets: receipts.has(tag) ? [asset] : []},
  }
}

interface Call {
  readonly workflow: string
  readonly event: string
  readonly payload: (commit: string) => object
  readonly change?: (folder: string) => Promise<void>
  readonly tag?: string
  readonly vars?: Readonly<Record<string, string>>
  /** The job after which the machine goes away. */
  readonly lostAfter?: string | undefined
}

// The repository as it was when the first release was published: a way back needs that commit in its history.
let original: Clone
// GitHub's own attestation needs GitHub: what stands for it makes sure that there is something to attest.
let attestation: string
beforeAll(async () => {
  original = await cloneRepository()
  attestation = await mkdtemp(join(tmpdir(), 'slipway-attestation-'))
  await writeFile(
    join(attestation, 'action.yml'),
    'name: attest\ninputs: {subject-path: {}}\nruns:\n  using: composite\n  steps:\n    - shell: bash\n      env: {FILE: "${{ inputs.subject-path }}"}\n      run: grep -q slipway.delivery/v1 "$FILE" && echo "Attested $FILE"\n',
  )
}, MINUTES)
afterAll(async () => {
  await original.remove()
  await rm(attestation, {recursive: true, force: true})
}, MINUTES)

async function run({
  workflow,
  event,
  payload,
  change,
  tag,
  vars,
  lostAfter,
}: Call): Promise<WorkflowRun & {readonly commit: string}> {
  const clone = change === undefined ? original : await cloneRepository(change)
  try {
    if (tag !== undefined) await git('git', ['tag', tag], {cwd: clone.folder})
    const ran = await runWorkflow(lab, {
      repository: clone.folder,
      workflow: `.github/workflows/${workflow}`,
      event,
      payload: {repository: {full_name: REPOSITORY, default_branch: 'main'}, ...payload(clone.commit)},
      vars: {...labVariables(lab), RECEIPT_PUBLIC_KEY: signer.publicKey, ...vars},
      secrets: {
        PLAN_KEY: 'a key for a lab that anybody may read',
        RECEIPT_KEY: signer.privateKey,
        GITHUB_TOKEN: 'ghs_lab',
      },
      actions: {'actions/attest-build-provenance': attestation},
      env: {GITHUB_API_URL: github.url, GITHUB_REPOSITORY: REPOSITORY},
      ...(lostAfter !== undefined && {lostAfter}),
    })
    return {...ran, commit: clone.commit}
  } finally {
    if (clone !== original) await clone.remove()
  }
}

const edit = async (file: string, from: string, to: string): Promise<void> => {
  const text = await readFile(file, 'utf8')
  if (!text.includes(from)) throw new Error(`${file} has no "${from}"`)
  await writeFile(file, text.replace(from, to))
}
/** A job of the delivery to an environment; where only one was begun, its jobs are called by their own names. */
const jobIn = ({jobs}: WorkflowRun, environment: string, id: string): JobRun | undefined =>
  jobs.get(`${environment}/${id}`) ?? jobs.get(id)
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

const publish = async (tag: string, change?: Call['change'], lostAfter?: string): ReturnType<typeof run> => {
  released.add(tag)
  return await run({
    workflow: 'release.yml',
    event: 'release',
    payload: () => ({action: 'published', release: {tag_name: tag, prerelease: false}}),
    ...{tag, lostAfter},
    ...(change !== undefined && {change}),
  })
}

const pushTag = async (tag: string, change: Call['change'], vars: Record<string, string>): ReturnType<typeof run> =>
  await run({
    workflow: 'release.yml',
    event: 'push',
    payload: (commit) => ({ref: `refs/tags/${tag}`, after: commit}),
    tag,
    vars,
    ...(change !== undefined && {change}),
  })

const push = async (change: Call['change']): ReturnType<typeof run> =>
  await run({
    workflow: 'deploy.yml',
    event: 'push',
    payload: (commit) => ({ref: 'refs/heads/main', after: commit}),
    vars: {REQUIRE_PREVIEW: 'true'},
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

const goBack = async (tag: string, lostAfter?: string): ReturnType<typeof run> =>
  await run({workflow: 'undo.yml', event: 'workflow_dispatch', payload: () => ({inputs: {release: tag}}), lostAfter})

/** What runs in the environment before production, at the tasks' and the Service's own addresses. */
const staged = async (): Promise<(string | null)[]> => {
  const served = [
    ...(await versionsOnEcs(lab, 'StreamingStaging', 'APIService', 3000)),
    await versionOnKubernetes(lab, 'streaming-staging', 'streaming-api'),
  ]
  return [...new Set(served.map(({digest}) => digest))]
}

/** What a release has attached: every stage of production, in the published shape, signed, with who approved it. */
function expectWholeReceipt(receipt: Receipt | undefined): void {
  const stages = receipt?.stages ?? []
  // A plan that would change nothing is not applied.
  const apply = stages.find(({stage}) => stage === 'plan')?.headline === 'no changes' ? [] : ['apply']
  expect(stages.map(({stage}) => stage)).toEqual(['build', 'plan', ...apply, 'task', 'ecs', 'kubernetes'])
  // The way back is one for production.
  expect(stages.find(({stage}) => stage === 'ecs')?.now['taskDefinition']).toMatch(/^streaming-api:/)
  // What every action really writes is what docs/schema publishes.
  for (const stage of stages) expect([stage.stage, schemaProblem('receipt-v1', stage)]).toEqual([stage.stage, ''])
  expect(schemaProblem('delivery-v1', receipt)).toBe('')
  expect(receipt).toMatchObject({
    signature: {algorithm: 'ed25519'},
    approvals: [{by: 'ben', environments: ['production-approval']}],
  })
}

let first: string | undefined

test(
  'a published release is live on staging and then in production, and has the receipt of its delivery',
  async () => {
    const ran = await publish(tagOf(0))
    expect([whatFailed(ran), ran.complaint, results(ran)]).toEqual([
      '',
      '',
      expect.objectContaining({
        ...{'staging/kubernetes': 'success', 'production/approve': 'success', 'production/kubernetes': 'success'},
        attach: 'success',
      }),
    ])
    const image = ran.jobs.get('staging/build')?.outputs['image']
    first = image?.['digest']
    expect(image?.['tags']).toContain(`:${tagOf(0).slice(1)}`)
    // Production takes over what staging ran; it builds nothing.
    expect(ran.jobs.get('production/build')?.outputs['image']).toMatchObject({digest: first, reused: 'true'})
    expect([await staged(), await digests()]).toEqual([[first], [first]])
    // Nobody looks at staging's changes, so they are not asked for.
    expect([ran.jobs.has('staging/preview'), ran.jobs.has('production/preview')]).toEqual([false, true])
    expectWholeReceipt(receipts.get(tagOf(0)))
    expect(ran.jobs.get('attach')?.summary).toContain('approved by ben')
    expect(ran.jobs.get('attach')?.summary).not.toContain('Who approves this')
    expect(ran.jobs.get('attach')?.log).toContain('Attested ')
  },
  15 * MINUTES,
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

const wanted =
  (level: string) =>
  async (folder: string): Promise<void> => {
    await edit(join(folder, 'sample-app/k8s/deployment.yaml'), 'revisionHistoryLimit: 5', 'revisionHistoryLimit: 6')
    await edit(join(folder, 'sample-app/task-definition.json'), '"value": "info"', `"value": "${level}"`)
  }

test(
  'a commit that came by a pull request is delivered as its preview showed it; another change stops before anything is done',
  async () => {
    const before = await digests()
    mergedHead = (await openPullRequest(REPOSITORY, wanted('warn'))).commit
    const other = await push(wanted('trace'))
    expect([other.jobs.get('preview')?.result, other.jobs.get('preview')?.errors]).toEqual([
      'failure',
      [expect.stringContaining('APIService: what would be done now is not what was approved')],
    ])
    expect([other.jobs.get('apply')?.result, other.jobs.get('migrate')?.result]).toEqual([undefined, undefined])
    expect(await digests()).toEqual(before)

    const ran = await push(wanted('warn'))
    expect([whatFailed(ran), ran.complaint]).toEqual(['', ''])
    expect(ran.jobs.get('preview')?.log).toMatch(/✓ APIService: exactly what was approved/)
    expect(await digests()).toEqual([ran.jobs.get('build')?.outputs['image']?.['digest']])

    mergedHead = undefined
    expect(whatFailed(await push(wanted('warn')))).toMatch(/is not the merge of a pull request/)
  },
  15 * MINUTES,
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
    'a bad day: the next version is live, by its tag alone, which becomes a release with a receipt',
    async () => {
      const change = async (folder: string): Promise<void> => {
        await edit(join(folder, 'sample-app/task-definition.json'), '"value": "info"', '"value": "debug"')
      }
      // Where releases deliver, the tag that comes with one does not do so too.
      expect(results(await pushTag(tagOf(1), change, {}))).toEqual({})
      const ran = await pushTag(tagOf(1), change, {DELIVER_TAGS: 'true'})
      expect([whatFailed(ran), ran.complaint, receipts.get(tagOf(1))?.status]).toEqual(['', '', 'succeeded'])
      const [now] = await digests()
      expect([now === first, await staged()]).toEqual([false, [now]])
      // Everything that production would change was shown, and is one digest: what the approval was bound to.
      const shown = ran.jobs.get('production/preview')
      expect(shown?.summary).toMatch(
        /\*\*Infrastructure\*\*[\s\S]*\*\*ECS\*\* `APIService`[\s\S]*\*\*Kubernetes\*\* `streaming`/,
      )
      const bound = shown?.outputs['report']?.['preview-digest'] ?? 'none'
      expect(ran.jobs.get('production/approve')?.log).toContain(`changes ${bound}.`)
      for (const job of ['production/migrate', 'production/kubernetes'])
        expect(ran.jobs.get(job)?.log).toMatch(/: exactly what was approved, sha256:/)
    },
    15 * MINUTES,
  )

  test(
    'what fails on staging never reaches production, and the release has no receipt',
    async () => {
      const before = await digests()
      const ran = await publish(tagOf(2), async (folder) => {
        const file = join(folder, 'sample-app/task-definition.staging.json')
        await edit(file, '"essential": true', '"essential": true, "command": ["node", "src/sever.js"]')
        await edit(join(folder, 'sample-app/src/app.js'), '\n', '\n// another image\n')
      })
      // One delivery alone: its jobs have no other of their names beside them.
      expect([jobIn(ran, 'staging', 'ecs')?.result, jobIn(ran, 'staging', 'report')?.result]).toEqual([
        'failure',
        'success',
      ])
      expect([...ran.jobs.keys()].filter((id) => /^production|attach/.test(id))).toEqual([])
      expect(whatFailed(ran)).toMatch(/APIService: container "api" exits with code 1/)
      expect([await digests(), receipts.has(tagOf(2))]).toEqual([before, false])
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
      expect(whatFailed(refused)).toMatch(/was changed after it was signed/)
      released.add(tagOf(9))
      expect(whatFailed(await goBack(tagOf(9)))).toMatch(/has no receipt\.json/)
      expect(whatFailed(await goBack('v9'))).toMatch(/there is no release v9/)
      expect(refused.jobs.get('kubernetes')).toBeUndefined()
      expect(await digests()).toEqual(before)
    },
    5 * MINUTES,
  )

  test(
    'the receipt of a release brings its digest back to Kubernetes and ECS, and shows what Terraform would change',
    async () => {
      // The machine goes away after each stage: what is back already stays, and is not done again.
      for (const last of ['receipt', 'kubernetes', 'ecs'])
        expect((await goBack('previous', last)).jobs.get(last)?.result).toBe('success')
      // The one before the last is meant.
      const ran = await goBack('previous')
      expect(['kubernetes', 'ecs'].map((job) => whatHappened(ran.jobs.get(job)).status)).toEqual([
        'unchanged',
        'unchanged',
      ])
      expect(ran.jobs.get('receipt')?.outputs['read']?.['release']).toBe(tagOf(0))
      expect([whatFailed(ran), ran.complaint]).toEqual(['', ''])
      expect(await digests()).toEqual([first])
      const ecs = receipts.get(tagOf(0))?.stages.find(({stage}) => stage === 'ecs')
      expect(ran.jobs.get('ecs')?.outputs['deploy']?.['task-definition-arn']).toContain(ecs?.now['taskDefinition'])
      expect(ran.jobs.get('report')?.summary).toMatch(/sha256:\w{8}… was live already/)
      expect(ran.jobs.get('infrastructure')?.outputs['plan']?.['status']).toBe('planned')
    },
    10 * MINUTES,
  )
})

test(
  'a machine that goes away before staging is told, before production, and before the receipt: run again, the release goes on there',
  async () => {
    const change = async (folder: string): Promise<void> => {
      await edit(join(folder, 'sample-app/src/app.js'), '\n', '\n// one more image\n')
    }
    const before = await digests()
    const cut = await publish(tagOf(3), change, 'staging/kubernetes')
    const image = jobIn(cut, 'staging', 'build')?.outputs['image']?.['digest']
    expect([await staged(), await digests()]).toEqual([[image], before])

    const untold = await publish(tagOf(3), change, 'production/kubernetes')
    expect([await staged(), await digests(), receipts.has(tagOf(3))]).toEqual([[image], [image], false])
    const statusOf = (ran: WorkflowRun, environment: string): string[] =>
      ['build', 'apply', 'ecs', 'kubernetes'].map((job) => whatHappened(jobIn(ran, environment, job)).status)
    const nothing = ['unchanged', 'skipped', 'unchanged', 'unchanged']
    expect(statusOf(untold, 'staging')).toEqual(nothing)

    const ran = await publish(tagOf(3), change)
    expect([whatFailed(ran), ran.complaint]).toEqual(['', ''])
    expect([statusOf(ran, 'staging'), statusOf(ran, 'production')]).toEqual([nothing, nothing])
    expect([await digests(), receipts.get(tagOf(3))?.stages.length]).toEqual([[image], 5])
  },
  20 * MINUTES,
)

test('every call to GitHub was one that GitHub describes', () => {
  expect(github.requests.length).toBeGreaterThan(0)
  expect(github.violations).toEqual([])
})
