import {spawn} from 'node:child_process'
import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import type {Readable} from 'node:stream'
import {FAILURES} from '../__tests__/support/tally.ts'
import {addOptional, labEnvironment, labProblem, up} from '../lab/index.ts'

const root = join(import.meta.dirname, '..')
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js']

/** So many lines of a command's output say why it failed. */
const LAST_LINES = 40

// Much of every check is waiting: for one thread, for a service to settle. Two at a time are what two cores bear.
const LANES = 2

/** A check of the suite: a command that is green when it ends with 0. */
interface Check {
  /** One word or two: it stands before every line of the check's output. */
  readonly title: string
  readonly command: string
  readonly argv: readonly string[]
  readonly folder?: string
  /** Added to the environment. */
  readonly env?: NodeJS.ProcessEnv
}

const STATIC: readonly Check[] = [
  {title: 'bundles', command: process.execPath, argv: ['scripts/build.ts', '--check']},
  {title: 'lint', command: 'eslint', argv: ['.']},
  {title: 'types', command: 'tsc', argv: ['--noEmit', '-p', '.']},
  {title: 'format', command: 'prettier', argv: ['--check', '--log-level', 'warn', '.']},
  {title: 'docs', command: process.execPath, argv: ['scripts/docs.ts', '--check']},
  {title: 'docs of modules', command: process.execPath, argv: ['scripts/module-docs.ts', '--check']},
  {title: 'schemas', command: process.execPath, argv: ['scripts/schemas.ts', '--check']},
  {title: 'sample-app', command: process.execPath, argv: ['--test'], folder: 'sample-app'},
]

/** How many tests a check counted, by its closing line `N passed, N failed, N skipped`. */
const counts = {passed: 0, failed: 0, skipped: 0}

/** A check that failed, and the part of its output that says why. */
interface Failure {
  readonly title: string
  readonly why: readonly string[]
}

/** Runs one check; gives its failure, or undefined when it is green. */
async function failureOf(check: Check): Promise<Failure | undefined> {
  const started = Date.now()
  console.log(`▸ ${check.title}`)
  const child = spawn(check.command, check.argv, {
    cwd: join(root, check.folder ?? '.'),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {...process.env, ...check.env},
  })
  const lines: string[] = []
  const told = [child.stdout, child.stderr].map((stream) => tell(check.title, stream, lines))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  await Promise.all(told)
  const seconds = ((Date.now() - started) / 1000).toFixed(0)
  console.log(
    code === 0 ? `✓ ${check.title} (${seconds} s)` : `✗ ${check.title} (${seconds} s, exit code ${String(code)})`,
  )
  return code === 0 ? undefined : {title: check.title, why: whyOf(lines)}
}

/** What the tests' reporter says at the end; of another command's output, its last lines. */
function whyOf(lines: readonly string[]): string[] {
  const start = lines.lastIndexOf(FAILURES)
  return start < 0 ? lines.slice(-LAST_LINES) : lines.slice(start + 1)
}

// Lines of checks that run side by side are told apart by the name before them.
async function tell(title: string, stream: Readable, lines: string[]): Promise<void> {
  for await (const line of createInterface({input: stream})) {
    lines.push(line)
    if (line.trim() !== '') console.log(`${title.padEnd(7)} │ ${line}`)
    const [, ...numbers] = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line) ?? []
    const [passed = 0, failed = 0, skipped = 0] = numbers.map(Number)
    counts.passed += passed
    counts.failed += failed
    counts.skipped += skipped
  }
}

/** Runs the checks, the next one as soon as a lane is free; gives those that failed. */
async function run(checks: readonly Check[], lanes: number): Promise<Failure[]> {
  const waiting = [...checks]
  const failed: Failure[] = []
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const failure = await failureOf(next)
      if (failure !== undefined) failed.push(failure)
    }
  }
  await Promise.all(Array.from({length: lanes}, lane))
  return failed
}

/**
 * Why the lab cannot run here, after trying to bring it up; undefined when it is up. In CI, where nothing is skipped, what
 * only some tests use is built as well.
 */
async function labUnavailable(): Promise<string | undefined> {
  const log = (line: string): void => {
    console.log(`${'lab'.padEnd(7)} │ ${line}`)
  }
  const problem = await labProblem()
  if (problem !== undefined) return problem
  await up({log})
  if (process.env['CI'] === 'true') await addOptional([], log)
  return undefined
}

function suites(problem: string | undefined): Check[] {
  // The lab's tools (terraform, kubectl, linters) serve every room; its endpoints and credentials only the lab's own.
  const env = problem === undefined ? {PATH: labEnvironment().vars['PATH']} : {}
  const suite = (title: string, ...rooms: string[]): Check => {
    return {title, command: process.execPath, argv: [...jest, ...rooms], env}
  }
  const fast = suite('tests', '--selectProjects', 'unit', 'contract', 'dist', 'faults')
  if (problem !== undefined) return [fast]
  // In the lab one test follows the other, because they share one cloud. The chain has a stack of its own there, so that
  // it can be delivered while single actions are tried.
  return [
    suite('chain', '--runInBand', '--selectProjects', 'chain'),
    fast,
    suite('lab', '--runInBand', '--selectProjects', 'lab'),
    // No figure is judged; a row that cannot be measured any more, because an action does something else, is red.
    {title: 'bench', command: process.execPath, argv: ['bench/cli.ts', '--short'], env},
  ]
}

/** Runs everything that can be run; gives the checks that failed. */
async function main(): Promise<readonly Failure[]> {
  // What is compiled for the lab and what is checked share the machine; a lab that is prepared is up in seconds.
  const [failed, problem] = await Promise.all([run(STATIC, LANES), labUnavailable()])
  failed.push(...(await run(suites(problem), LANES)))
  if (problem !== undefined) {
    const files = readdirSync(join(root, '__tests__/lab'), {recursive: true, encoding: 'utf8'})
    const missed = files.filter((name) => name.endsWith('.test.ts')).length
    console.error(`\n!!! SKIPPED: ${String(missed)} test files that need the lab. ${problem}`)
    if (process.env['CI'] === 'true') failed.push({title: 'the lab (nothing may be skipped in CI)', why: [problem]})
  }
  return failed
}

const failed = await main()
// What went wrong half an hour ago is said again where the reader, and a log that was cut, begins: at the end.
for (const {title, why} of failed) console.error(`\n✗ ${title}:\n${why.join('\n')}`)
console.log(`\n${String(counts.passed)} passed, ${String(counts.failed)} failed, ${String(counts.skipped)} skipped`)
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.map(({title}) => title).join(', ')}.`)
  process.exitCode = 1
}
