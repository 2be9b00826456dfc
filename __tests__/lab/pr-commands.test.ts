import {execFile} from 'node:child_process'
import {cp, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {promisify} from 'node:util'
import {HeadObjectCommand, PutObjectCommand, S3Client} from '@aws-sdk/client-s3'
import {labClient, labEnvironment} from '../../lab/index.ts'
import {runWorkflow} from '../../lab/runner.ts'
import type {WorkflowRun} from '../../lab/runner.ts'
import {labVariables, makeStateBucket} from '../../scripts/demo/chain.ts'
import {cloneRepository} from '../../scripts/demo/repository.ts'
import type {Clone} from '../../scripts/demo/repository.ts'
import {versionOnKubernetes} from '../../scripts/demo/version.ts'
import {commentEvent, pullOnGitHub} from '../support/github-pull.ts'
import type {PullOnGitHub, PullScene} from '../support/github-pull.ts'
import {startGitHub} from '../support/github-server.ts'
import type {GitHubServer} from '../support/github-server.ts'

const MINUTES = 60_000
const NAME = `commands-${String(Date.now())}`
const lab = labEnvironment()
const execute = promisify(execFile)
const s3 = new S3Client({...labClient(lab), forcePathStyle: true})

const CALLER = `
name: commands
on:
  issue_comment:
    types: [created]
permissions: {}
jobs:
  commands:
    permissions:
      contents: read
      id-token: write
      pull-requests: write
      checks: read
      statuses: read
    uses: slipway/slipway/.github/workflows/pr-commands.yml@v1
    with:
      environments: production, staging
      repository: ${NAME}
      terraform-directory: infrastructure
      manifests: k8s
      namespace: '${NAME}-{0}'
      image-name: streaming-api
      image-paths: Deployment:spec.template.metadata.annotations.streaming-api/image-digest
    secrets:
      PLAN_KEY: \${{ secrets.PLAN_KEY }}
`
const root = (text: string): string =>
  `terraform {\n  backend "s3" {\n    use_lockfile = true\n  }\n}\nresource "terraform_data" "it" {\n  input = "${text}"\n}\noutput "text" {\n  value = terraform_data.it.output\n}\n`

let repository: string
let suite: Clone
let head: string
let earlier: string
let scene: PullScene
let pull: PullOnGitHub
let github: GitHubServer

// The pull request's branch has a commit that main does not have, as GitHub would hand it over: as a commit, not as a branch.
beforeAll(async () => {
  await makeStateBucket(lab)
  suite = await cloneRepository()
  repository = await mkdtemp(join(tmpdir(), 'slipway-commands-'))
  await git('init', '--quiet', '--initial-branch', 'main')
  await cp(join(suite.folder, 'sample-app'), repository, {recursive: true})
  await commit({'.github/workflows/commands.yml': CALLER, 'infrastructure/main.tf': root('main')})
  await git('checkout', '--quiet', '-b', 'change')
  earlier = await commit({'infrastructure/main.tf': root('an earlier commit')})
  head = await commit({'infrastructure/main.tf': root('the pull request')})
  await git('checkout', '--quiet', 'main')
  scene = {
    roles: {maintainer: 'maintain', writer: 'write', reader: 'read'},
    headSha: head,
    pushedAt: '2026-03-01T11:00:00Z',
    reviews: [{by: 'writer', state: 'APPROVED', commit: head}],
  }
  pull = pullOnGitHub(scene)
  github = await startGitHub((request) => pull.answer(request))
}, MINUTES)
afterAll(async () => {
  await github.close()
  const namespaces = [`${NAME}-staging`, `${NAME}-production`]
  await execute('kubectl', ['delete', 'namespace', ...namespaces, '--ignore-not-found', '--wait=false'], {
    env: {...process.env, ...lab.vars},
  })
  await suite.remove()
  await rm(repository, {recursive: true, force: true})
}, MINUTES)

async function git(...argv: string[]): Promise<string> {
  const as = ['-c', 'user.name=test', '-c', 'user.email=test@example.test']
  return (await execute('git', [...as, ...argv], {cwd: repository})).stdout.trim()
}

async function commit(files: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(repository, path)), {recursive: true})
    await writeFile(join(repository, path), text)
  }
  await git('add', '--all')
  await git('commit', '--quiet', '--message', 'change')
  return await git('rev-parse', 'HEAD')
}

async function say(body: string, by = 'maintainer'): Promise<WorkflowRun> {
  pull.reactions.clear()
  return await runWorkflow(lab, {
    repository,
    suite: suite.folder,
    workflow: '.github/workflows/commands.yml',
    event: 'issue_comment',
    payload: commentEvent(body, by, {}),
    vars: labVariables(lab),
    secrets: {PLAN_KEY: 'a key for a lab that anybody may read', GITHUB_TOKEN: 'ghs_lab'},
    env: {GITHUB_API_URL: github.url, GITHUB_REPOSITORY: 'acme/streaming'},
  })
}

const CALLS = ['commands', 'plan-preview', 'delivery', 'pr-commands', 'plan', 'deploy']
const ran = ({jobs}: WorkflowRun): string[] =>
  [...jobs].filter(([id, {result}]) => result === 'success' && !CALLS.includes(id)).map(([id]) => id)
const whatFailed = (run: WorkflowRun): string =>
  [...run.jobs].flatMap(([id, {errors}]) => errors.map((error) => `${id}: ${error}`)).join('\n')
const answers = (): string[] => pull.store.comments.map(({body}) => body)

/** Runs nothing but the decision, and says why in the conversation. */
async function expectRefused(body: string, changed: PullScene, why: RegExp, by?: string): Promise<void> {
  pull = pullOnGitHub({...scene, ...changed})
  const run = await say(body, by)
  expect(whatFailed(run)).toMatch(why)
  expect(answers().join('\n')).toMatch(why)
  expect([...pull.reactions]).toEqual(['-1'])
  expect(ran(run)).toEqual([])
  pull = pullOnGitHub(scene)
}

test(
  'a comment that is no command runs nothing, and is not answered',
  async () => {
    const run = await say('/lgtm')
    expect([whatFailed(run), ran(run), answers(), [...pull.reactions]]).toEqual(['', ['command'], [], []])
  },
  2 * MINUTES,
)

test(
  'a stranger, a push after the comment, and a fork are refused before anything is checked out',
  async () => {
    await expectRefused('/plan', {}, /mallory has "none"/, 'mallory')
    await expectRefused(
      '/deploy staging',
      {pushedAt: '2026-03-01T12:00:09Z'},
      /was pushed after the command was written/,
    )
    await expectRefused('/plan', {headRepository: 'stranger/streaming'}, /comes from a fork/)
    await expectRefused('/apply', {}, /there is no preview with a plan/)
  },
  3 * MINUTES,
)

test(
  '/plan writes the preview of the head commit; /apply applies exactly that plan, and only for that commit',
  async () => {
    const planned = await say('/plan')
    expect([whatFailed(planned), planned.complaint]).toEqual(['', ''])
    const [preview = '', answer = ''] = answers()
    expect(preview).toContain(`for \`${head.slice(0, 7)}\``)
    expect(preview).toMatch(/\*\*Infrastructure\*\* `infrastructure\/` \| \*\*\+1/)
    expect(answer).toMatch(/`\/plan`: \*\*✓ done\*\*/)
    expect([...pull.reactions]).toEqual(['rocket'])

    const preview1 = pull.store.comments
    pull = pullOnGitHub({...scene, headSha: earlier, reviews: [{by: 'writer', state: 'APPROVED', commit: earlier}]})
    pull.store.comments.push(...preview1)
    expect(whatFailed(await say('/apply'))).toMatch(/the plan of the preview is of /)

    pull = pullOnGitHub(scene)
    pull.store.comments.push(...preview1)
    const applied = await say('/apply')
    expect([whatFailed(applied), applied.complaint]).toEqual(['', ''])
    expect(applied.jobs.get('apply')?.outputs['apply']?.['text']).toBe('the pull request')
    expect(answers().at(-1)).toMatch(/`\/apply`: \*\*✓ done\*\*[\s\S]*`apply` \|/)
  },
  6 * MINUTES,
)

test(
  '/unlock frees the lock that a killed apply left, and no other one',
  async () => {
    const lock = {ID: '6a1c8c2e-5d0f-4a57-9d3c-0b7f4d5e6a7b', Operation: 'OperationTypeApply', Who: 'a@lost-runner'}
    const at = {Bucket: labVariables(lab)['STATE_BUCKET'], Key: `${NAME}/production.tfstate.tflock`}
    const held = async (): Promise<boolean> =>
      await s3.send(new HeadObjectCommand(at)).then(
        () => true,
        () => false,
      )
    const full = {
      ...lock,
      Info: '',
      Version: '1.14.0',
      Created: new Date().toISOString(),
      Path: `${at.Bucket ?? ''}/${NAME}/production.tfstate`,
    }
    await s3.send(new PutObjectCommand({...at, Body: JSON.stringify(full)}))

    const wrong = await say('/unlock 00000000-0000-4000-8000-000000000000')
    expect(whatFailed(wrong)).toMatch(/unlock: .*/)
    expect([await held(), answers().at(-1)]).toEqual([true, expect.stringMatching(/✗ not done/)])

    const freed = await say(`/unlock ${lock.ID}`)
    expect([whatFailed(freed), freed.complaint, await held()]).toEqual(['', '', false])
    expect(answers().at(-1)).toMatch(/`\/unlock [\w-]+`: \*\*✓ done\*\*/)
  },
  4 * MINUTES,
)

test(
  'a deploy of a commit whose checks are red is refused, and says which',
  async () => {
    await expectRefused(
      '/deploy staging',
      {checks: [{name: 'test', ended: 'failure'}]},
      /has checks that failed: .*test/,
    )
  },
  2 * MINUTES,
)

test(
  '/deploy staging delivers the head commit, and not the newest one of main',
  async () => {
    const run = await say('/deploy staging')
    expect([whatFailed(run), run.complaint]).toEqual(['', ''])
    const served = await versionOnKubernetes(lab, `${NAME}-staging`, 'streaming-api')
    expect(served).toMatchObject({commit: head, digest: run.jobs.get('build')?.outputs['image']?.['digest']})
    const receipt = JSON.parse(run.jobs.get('build')?.outputs['image']?.['receipt'] ?? '') as {commit: string}
    expect(receipt.commit).toBe(head)
    expect(answers().at(-1)).toMatch(/`\/deploy staging`: \*\*✓ done\*\* for/)
  },
  6 * MINUTES,
)

test('every call to GitHub was one that GitHub describes', () => {
  expect(github.requests.length).toBeGreaterThan(0)
  expect(github.violations).toEqual([])
})
