import {execFile} from 'node:child_process'
import {copyFile, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {labEnvironment} from '../../lab/index.ts'
import {asWorkflow, documentedYaml, isWholeWorkflow, workflows} from '../support/workflows.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const env = {...process.env, ...labEnvironment().vars}

const documented = documentedYaml().flatMap((sample) => {
  const workflow = asWorkflow(sample)
  return workflow === undefined ? [] : [{where: sample.where, workflow, whole: isWholeWorkflow(sample)}]
})

let project: string

// A folder that looks like this repository, so that the samples' local actions are found, inputs and outputs included.
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'slipway-linters-'))
  await mkdir(join(project, '.git'))
  await mkdir(join(project, '.github/workflows'), {recursive: true})
  await copyFile(join(root, '.github/actionlint.yaml'), join(project, '.github/actionlint.yaml'))
  for (const {file, text} of workflows()) await writeFile(join(project, file), text)
  for (const folder of ['actions', 'dist']) await symlink(join(root, folder), join(project, folder))
})
afterAll(async () => {
  await rm(project, {recursive: true, force: true})
})

/** What actionlint says about a workflow of this repository. */
async function actionlint(text: string): Promise<string> {
  const file = join(project, '.github/workflows/sample.yml')
  await writeFile(file, text)
  // ShellCheck is left to machines that have it: with it, the same file would pass here and fail there.
  const argv = ['-no-color', '-oneline', '-shellcheck=', '-pyflakes=', file]
  const failed = await run('actionlint', argv, {cwd: project, env}).then(
    () => undefined,
    (error: unknown) => error as {stdout: string; stderr: string},
  )
  return failed === undefined ? '' : failed.stdout + failed.stderr
}

interface ZizmorFinding {
  readonly ident: string
  readonly desc: string
  readonly determinations: {readonly severity: string}
  readonly locations: readonly {
    readonly symbolic: {readonly key: {readonly Local?: {readonly given_path?: string}}}
    readonly concrete: {readonly location: {readonly start_point: {readonly row: number}}}
  }[]
  readonly ignored: boolean
}

/** What zizmor says about the workflows of a folder, with this repository's own rules for it. */
async function zizmor(folder: string): Promise<string[]> {
  const argv = ['--offline', '--no-exit-codes', '--persona', 'pedantic', '--format', 'json']
  const {stdout} = await run('zizmor', [...argv, '--config', '.github/zizmor.yml', folder], {
    cwd: root,
    env,
    maxBuffer: 64 * 1024 * 1024,
  })
  return (JSON.parse(stdout) as ZizmorFinding[])
    .filter(({ignored}) => !ignored)
    .map(({ident, desc, locations: [first]}) => {
      const file = first?.symbolic.key.Local?.given_path ?? ''
      return `${file}:${String((first?.concrete.location.start_point.row ?? 0) + 1)} ${ident}: ${desc}`
    })
}

describe('actionlint', () => {
  test.each(workflows().map((sample) => [sample.where, asWorkflow(sample)!] as const))('%s', async (_where, text) => {
    expect(await actionlint(text)).toBe('')
  })
  test.each(documented.map(({where, workflow}) => [where, workflow] as const))('%s', async (_where, workflow) => {
    expect(await actionlint(workflow)).toBe('')
  })
  test('says what is wrong with a bad one', async () => {
    const bad =
      'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: ./actions/ecs-deploy\n        with: {servce: api}\n'
    expect(await actionlint(bad)).toMatch(/input "servce" is not defined in action/)
  })
})

describe('zizmor', () => {
  const folderOf = async (files: readonly (readonly [string, string])[]): Promise<string> => {
    const folder = await mkdtemp(join(project, 'zizmor-'))
    await mkdir(join(folder, '.github/workflows'), {recursive: true})
    for (const [name, text] of files) await writeFile(join(folder, '.github/workflows', name), text)
    return folder
  }

  const named = ({where, workflow}: (typeof documented)[number]): [string, string] => [
    `${where.replaceAll(/[^\w.-]/g, '_')}.yml`,
    workflow,
  ]

  test('has nothing to say about the workflows of this repository', async () => {
    expect(await zizmor('.github/workflows')).toEqual([])
  })

  test('has nothing to say about the workflows that the documents show', async () => {
    const whole = documented.filter((sample) => sample.whole)
    expect(whole.length).toBeGreaterThan(0)
    expect(await zizmor(await folderOf(whole.map(named)))).toEqual([])
  })

  test('has nothing to say about the parts of workflows that they show', async () => {
    const parts = documented.filter((sample) => !sample.whole)
    expect(parts.length).toBeGreaterThan(0)
    const said = await zizmor(await folderOf(parts.map(named)))
    // A part has the group of the workflow that it is put into.
    expect(said.filter((line) => !line.includes(' concurrency-limits: '))).toEqual([])
  })

  test('says what is wrong with a bad one', async () => {
    const bad =
      'on: issues\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo ${{ github.event.issue.title }}\n'
    const said = await zizmor(await folderOf([['bad.yml', bad]]))
    expect(said).toEqual(expect.arrayContaining([expect.stringContaining('template-injection')]))
  })
})
