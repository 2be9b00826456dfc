import {execFile, execFileSync} from 'node:child_process'
import {cp, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {labEnvironment} from '../../lab/index.ts'
import {runWorkflow} from '../../lab/runner.ts'
import type {WorkflowCall, WorkflowRun} from '../../lab/runner.ts'
import {labVariables} from '../../scripts/demo/chain.ts'
import {cloneRepository} from '../../scripts/demo/repository.ts'
import type {Clone} from '../../scripts/demo/repository.ts'
import {versionOnKubernetes} from '../../scripts/demo/version.ts'

const MINUTES = 60_000
const NAMESPACE = 'another-team'
const lab = labEnvironment()
const execute = promisify(execFile)
const env = {...process.env, ...lab.vars}

const CALLER = `
name: ship
on: push
permissions: {}
jobs:
  delivery:
    permissions:
      contents: read
      id-token: write
    uses: slipway/slipway/.github/workflows/delivery.yml@v1
    with:
      environment: staging
      repository: another-app
      build-args: GIT_COMMIT=\${{ github.sha }}
      manifests: k8s
      namespace: ${NAMESPACE}
      image-name: streaming-api
      image-paths: Deployment:spec.template.metadata.annotations.streaming-api/image-digest
`

const APPROVED = CALLER.replace('environment: staging', 'environment: staging\n      approval-environment: approval')

const OTHER = `sha256:${'9f2c'.repeat(16)}`
const BOUND = CALLER.replace('environment: staging', `environment: staging\n      image-digest: ${OTHER}`)

const MULTI_ARCH = `
name: image
on: push
permissions: {}
jobs:
  build:
    permissions:
      contents: read
      id-token: write
    uses: slipway/slipway/.github/workflows/build-multi-arch.yml@v1
    with:
      repository: another-multi-arch
      context: nothing
`

let repository: string
let suite: Clone

// A repository with an app at its root, and nothing of this suite but the name of a workflow.
beforeAll(async () => {
  suite = await cloneRepository()
  repository = await mkdtemp(join(tmpdir(), 'slipway-another-'))
  await cp(join(suite.folder, 'sample-app'), repository, {recursive: true})
  await mkdir(join(repository, '.github/workflows'), {recursive: true})
  await writeFile(join(repository, '.github/workflows/ship.yml'), CALLER)
  await writeFile(join(repository, '.github/workflows/approved.yml'), APPROVED)
  await writeFile(join(repository, '.github/workflows/bound.yml'), BOUND)
  await writeFile(join(repository, '.github/workflows/image.yml'), MULTI_ARCH)
  // An image that needs no emulator: it runs nothing while it is built.
  await mkdir(join(repository, 'nothing'))
  await writeFile(join(repository, 'nothing/Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n')
  await git('init', '--quiet', '--initial-branch', 'main')
  await git('add', '--all')
  await git('-c', 'user.name=test', '-c', 'user.email=test@example.test', 'commit', '--quiet', '--message', 'app')
}, MINUTES)
afterAll(async () => {
  await execute('kubectl', ['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false'], {env})
  await suite.remove()
  await rm(repository, {recursive: true, force: true})
}, MINUTES)

async function git(...argv: string[]): Promise<string> {
  return (await execute('git', argv, {cwd: repository})).stdout.trim()
}

async function ship(
  vars: Record<string, string> = {},
  workflow = 'ship.yml',
  {onLine, lostAfter}: Pick<WorkflowCall, 'onLine' | 'lostAfter'> = {},
): Promise<WorkflowRun> {
  return await runWorkflow(lab, {
    repository,
    suite: suite.folder,
    workflow: `.github/workflows/${workflow}`,
    event: 'push',
    payload: {ref: 'refs/heads/main', repository: {default_branch: 'main'}},
    vars: {...labVariables(lab), ...vars},
    ...(onLine !== undefined && {onLine}),
    ...(lostAfter !== undefined && {lostAfter}),
  })
}

const results = ({jobs}: WorkflowRun): Record<string, string> =>
  Object.fromEntries(
    [...jobs].filter(([id]) => id !== 'delivery' && id !== 'build-multi-arch').map(([id, {result}]) => [id, result]),
  )

test(
  'another repository calls delivery.yml: what it has no work for is left out, the rest is live',
  async () => {
    const ran = await ship()
    expect([ran.complaint, results(ran)]).toEqual([
      '',
      {build: 'success', approve: 'success', kubernetes: 'success', report: 'success'},
    ])
    const served = await versionOnKubernetes(lab, NAMESPACE, 'streaming-api')
    expect(served).toMatchObject({
      commit: await git('rev-parse', 'HEAD'),
      digest: ran.jobs.get('build')?.outputs['image']?.['digest'],
    })
  },
  5 * MINUTES,
)

describe('an approval of its own', () => {
  test(
    'shows what Kubernetes would change, and a change that nobody approved stops before the rollout',
    async () => {
      const before = await versionOnKubernetes(lab, NAMESPACE, 'streaming-api')
      await git('-c', 'user.name=test', '-c', 'user.email=test@example.test', 'commit', '--allow-empty', '-qm', 'next')
      const ran = await ship({}, 'approved.yml', {
        onLine: (job, line) => {
          // Somebody else changes the cluster while people still look at what would be done.
          if (job !== 'approve' || !line.includes('Goes on to be delivered')) return
          execFileSync('kubectl', ['-n', NAMESPACE, 'delete', 'poddisruptionbudget', 'streaming-api'], {env})
        },
      })
      expect(ran.jobs.get('preview')?.summary).toMatch(/\*\*Kubernetes\*\* `another-team`.*Deployment/)
      expect(ran.jobs.get('approve')?.log).toMatch(/changes sha256:[0-9a-f]{64}/)
      expect(ran.jobs.get('kubernetes')?.result).toBe('failure')
      expect(ran.jobs.get('kubernetes')?.errors).toEqual([
        expect.stringContaining('what would be done now is not what was approved'),
      ])
      expect(await versionOnKubernetes(lab, NAMESPACE, 'streaming-api')).toEqual(before)
    },
    5 * MINUTES,
  )
  test(
    'that still holds is carried out, the same image built anew included',
    async () => {
      const ran = await ship({}, 'approved.yml')
      expect([ran.complaint, ran.jobs.get('kubernetes')?.result]).toEqual(['', 'success'])
      expect(await versionOnKubernetes(lab, NAMESPACE, 'streaming-api')).toMatchObject({
        commit: await git('rev-parse', 'HEAD'),
      })
    },
    5 * MINUTES,
  )
})

test(
  'a stage without work does not let a later one run past a build that failed',
  async () => {
    const ran = await ship({ECR_REGISTRY: 'not-a-registry'})
    expect(results(ran)).toEqual({build: 'failure', report: 'success'})
  },
  5 * MINUTES,
)

test(
  'an image that is not the one of the environment before stops the delivery before anything is done',
  async () => {
    const before = await versionOnKubernetes(lab, NAMESPACE, 'streaming-api')
    const ran = await ship({}, 'bound.yml')
    expect(results(ran)).toEqual({build: 'failure', report: 'success'})
    const found = ran.jobs.get('build')?.outputs['image']?.['digest'] ?? ''
    expect(ran.jobs.get('build')?.errors[0]).toMatch(
      `The environment before this one has ${OTHER}, and the image of this commit is now ${found}`,
    )
    expect(await versionOnKubernetes(lab, NAMESPACE, 'streaming-api')).toEqual(before)
  },
  5 * MINUTES,
)

test(
  'build-multi-arch.yml: each platform on a runner of its own, one index under the tags',
  async () => {
    // A machine that goes away between the platforms: the next run makes the same image again, byte for byte.
    const cut = await ship({}, 'image.yml', {lostAfter: 'amd64'})
    const ran = await ship({}, 'image.yml')
    expect(ran.complaint).toBe('')
    expect(ran.jobs.get('amd64')?.outputs['image']?.['digest']).toBe(
      cut.jobs.get('amd64')?.outputs['image']?.['digest'],
    )
    const image = ran.jobs.get('image')?.outputs['image']
    const legs = ['amd64', 'arm64'].map((arch) => ran.jobs.get(arch)?.outputs['image']?.['digest'])
    const stored = await fetch(`http://${lab.registry}/v2/another-multi-arch/manifests/${image?.['tag'] ?? ''}`, {
      headers: {accept: 'application/vnd.oci.image.index.v1+json'},
    })
    const index = (await stored.json()) as {manifests: {digest: string; platform: {architecture: string}}[]}
    expect(stored.headers.get('docker-content-digest')).toBe(image?.['digest'])
    expect(index.manifests.map(({platform}) => platform.architecture)).toEqual(['amd64', 'arm64'])
    expect(index.manifests.map(({digest}) => digest)).toEqual(legs)
  },
  5 * MINUTES,
)
