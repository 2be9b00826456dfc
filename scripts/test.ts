import {spawn} from 'node:child_process'
import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {labEnvironment, labProblem, up} from '../lab/index.ts'

const root = join(import.meta.dirname, '..')
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js']

/** A check of the suite: a command that is green when it ends with 0. */
interface Check {
  readonly title: string
  readonly command: string
  readonly argv: readonly string[]
  readonly folder?: string
  /** Added to the environment. */
  readonly env?: NodeJS.ProcessEnv
}

const STATIC: readonly Check[] = [
  {title: 'types', command: 'tsc', argv: ['--noEmit', '-p', '.']},
  {title: 'lint', command: 'eslint', argv: ['.']},
  {title: 'format', command: 'prettier', argv: ['--check', '--log-level', 'warn', '.']},
  {title: 'documentation is current', command: process.execPath, argv: ['scripts/docs.ts', '--check']},
  {title: 'bundles are current', command: process.execPath, argv: ['scripts/build.ts', '--check']},
  {title: 'sample-app', command: process.execPath, argv: ['--test'], folder: 'sample-app'},
]

async function passes(check: Check): Promise<boolean> {
  const started = Date.now()
  console.log(`▸ ${check.title}`)
  const folder = join(root, check.folder ?? '.')
  // The machine's own variables for colour and the like are kept; npm's belong to the script that called us.
  const child = spawn(check.command, check.argv, {cwd: folder, stdio: 'inherit', env: {...process.env, ...check.env}})
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const seconds = ((Date.now() - started) / 1000).toFixed(0)
  console.log(
    code === 0 ? `✓ ${check.title} (${seconds} s)\n` : `✗ ${check.title} (${seconds} s, exit code ${String(code)})\n`,
  )
  return code === 0
}

/** Why the lab cannot run here, after trying to bring it up; undefined when it is up. */
async function labUnavailable(): Promise<string | undefined> {
  const problem = await labProblem()
  if (problem !== undefined) return problem
  console.log('▸ lab up')
  await up()
  return undefined
}

/** Runs everything that can be run; gives the names of the checks that failed. */
async function main(): Promise<readonly string[]> {
  const failed: string[] = []
  for (const check of STATIC) if (!(await passes(check))) failed.push(check.title)
  const problem = await labUnavailable()
  // The lab's tools (terraform, kubectl, linters) serve every room; its endpoints and credentials only the lab's own.
  const env = problem === undefined ? {PATH: labEnvironment().vars['PATH']} : {}
  const rooms = ['unit', 'contract', 'dist', 'faults']
  const suites: Check[] = [
    {title: 'tests', command: process.execPath, argv: [...jest, '--selectProjects', ...rooms], env},
  ]
  // One after the other: they share one cloud, and the chain has one state.
  const inBand = [...jest, '--runInBand', '--selectProjects', 'lab']
  if (problem === undefined) suites.push({title: 'tests in the lab', command: process.execPath, argv: inBand, env})
  for (const suite of suites) if (!(await passes(suite))) failed.push(suite.title)
  if (problem !== undefined) {
    const files = readdirSync(join(root, '__tests__/lab')).filter((name) => name.endsWith('.test.ts')).length
    console.error(`\n!!! SKIPPED: ${String(files)} test files that need the lab. ${problem}`)
    if (process.env['CI'] === 'true') failed.push('the lab (nothing may be skipped in CI)')
  }
  return failed
}

const failed = await main()
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(', ')}.`)
  process.exitCode = 1
}
