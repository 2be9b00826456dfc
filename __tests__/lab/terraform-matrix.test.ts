import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {promisify} from 'node:util'
import {labEnvironment} from '../../lab/index.ts'
import {runWorkflow} from '../../lab/runner.ts'
import type {WorkflowRun} from '../../lab/runner.ts'
import {labVariables, makeStateBucket} from '../../scripts/demo/chain.ts'
import {cloneRepository} from '../../scripts/demo/repository.ts'
import type {Clone} from '../../scripts/demo/repository.ts'

const MINUTES = 60_000
const lab = labEnvironment()
const execute = promisify(execFile)

const WORKFLOW = `
name: terraform
on: push
permissions: {}
jobs:
  terraform:
    permissions:
      contents: read
      id-token: write
      pull-requests: write
    uses: slipway/slipway/.github/workflows/terraform-matrix.yml@v1
    with:
      apply: true
      state-prefix: matrix-${String(Date.now())}/
    secrets:
      PLAN_KEY: \${{ secrets.PLAN_KEY }}
`
const root = (name: string): string => `
terraform {
  backend "s3" {}
}
module "shared" {
  source = "../../modules/shared"
  name   = "${name}"
}
`
const SHARED = 'variable "name" {}\nresource "terraform_data" "it" {\n  input = var.name\n}\n'

let repository: string
let suite: Clone

beforeAll(async () => {
  await makeStateBucket(lab)
  suite = await cloneRepository()
  repository = await mkdtemp(join(tmpdir(), 'slipway-matrix-'))
  await git('init', '--quiet', '--initial-branch', 'main')
  await commit({
    '.github/workflows/terraform.yml': WORKFLOW,
    'roots/one/main.tf': root('one'),
    'roots/two/main.tf': root('two'),
    'modules/shared/main.tf': SHARED,
  })
})
afterAll(async () => {
  await suite.remove()
  await rm(repository, {recursive: true, force: true})
})

async function git(...argv: string[]): Promise<string> {
  const as = ['-c', 'user.name=test', '-c', 'user.email=test@example.test']
  return (await execute('git', [...as, ...argv], {cwd: repository})).stdout.trim()
}

async function commit(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(repository, path)), {recursive: true})
    await writeFile(join(repository, path), text)
  }
  await git('add', '--all')
  await git('commit', '--quiet', '--message', 'change')
}

async function push(before: string): Promise<WorkflowRun> {
  return await runWorkflow(lab, {
    repository,
    suite: suite.folder,
    workflow: '.github/workflows/terraform.yml',
    event: 'push',
    payload: {ref: 'refs/heads/main', before, after: await git('rev-parse', 'HEAD')},
    vars: labVariables(lab),
    secrets: {PLAN_KEY: 'a key for a lab that anybody may read'},
  })
}

const applied = ({jobs}: WorkflowRun): string[] =>
  [...jobs.values()].flatMap(({log}) => [...log.matchAll(/✓ applied (\S+)/g)].map(([, name = '']) => name)).sort()
const touched = ({jobs}: WorkflowRun): string | undefined => jobs.get('roots')?.outputs['roots']?.['roots']

test(
  'a new branch plans and applies every root, in jobs of its own each',
  async () => {
    const ran = await push('0'.repeat(40))
    expect([ran.complaint, ran.exitCode, touched(ran)]).toEqual(['', 0, '["roots/one","roots/two"]'])
    expect(applied(ran)).toEqual(['roots/one', 'roots/two'])
  },
  5 * MINUTES,
)

test(
  'a change of one root leaves the others alone, and one of a module that changes nothing applies nothing',
  async () => {
    await commit({'roots/two/main.tf': root('2')})
    const one = await push(await git('rev-parse', 'HEAD~1'))
    expect([one.complaint, touched(one), applied(one)]).toEqual(['', '["roots/two"]', ['roots/two']])
    await commit({'modules/shared/main.tf': `# A comment.\n${SHARED}`})
    const both = await push(await git('rev-parse', 'HEAD~1'))
    expect([both.complaint, touched(both), applied(both)]).toEqual(['', '["roots/one","roots/two"]', []])
  },
  5 * MINUTES,
)

test(
  'a change outside every root starts no job of Terraform',
  async () => {
    await commit({'README.md': 'Nothing to plan.\n'})
    const ran = await push(await git('rev-parse', 'HEAD~1'))
    expect([ran.complaint, ran.exitCode, touched(ran), [...ran.jobs.keys()].includes('plan')]).toEqual([
      '',
      0,
      '[]',
      false,
    ])
  },
  5 * MINUTES,
)
