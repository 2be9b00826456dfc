import {spawn} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {delimiter, dirname, join} from 'node:path'
import type {ActionFile} from './action-file.ts'
import {readAction} from './action-file.ts'
import type {Sample} from './row.ts'

const ROOT = join(import.meta.dirname, '../..')
const WRAPPER = join(import.meta.dirname, 'rusage.py')
const FILES = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY']

/** A step as the runner starts it. */
export interface Step {
  readonly inputs?: Readonly<Record<string, string>>
  /** On top of a bare environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Folders put first on PATH. */
  readonly path?: readonly string[]
  /** Files of the workspace: relative path to content. */
  readonly files?: Readonly<Record<string, string>>
  readonly exits: number
  /** Seconds after which the run is given up; 120 when left out. */
  readonly limit?: number
  /** What the log or the outputs must say, so that no run is counted that did something else. */
  readonly says?: RegExp
  /** Called with each piece of the log. */
  readonly onLog?: (text: string) => void
}

/** What a command cost, and when it ended. */
export interface Cost {
  /** Seconds. */
  readonly wall: number
  /** Seconds, user and system, of the command and the children it waited for. */
  readonly cpu: number
  /** MiB of its largest process. */
  readonly peak: number
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly endedAt: number
  /** Log, outputs and summary. */
  readonly text: string
}

/** One of this repository's actions, as it is committed. */
export function ourAction(name: string): ActionFile {
  const action = readAction(join(ROOT, 'actions', name))
  return action
}

/** Wall, CPU and memory of a cost, as measures of that name. */
export function costs({wall, cpu, peak}: Cost): Sample {
  return {wall, cpu, peak}
}

/** Runs an action's bundle under this Node. @throws Error when it does not end as the step says it does */
export async function runStep(action: ActionFile, step: Step): Promise<Cost> {
  const room = mkdtempSync(join(tmpdir(), 'slipway-bench-'))
  try {
    const workspace = join(room, 'workspace')
    mkdirSync(join(room, 'temp'))
    for (const [path, content] of Object.entries({'.keep': '', ...step.files})) {
      mkdirSync(dirname(join(workspace, path)), {recursive: true})
      writeFileSync(join(workspace, path), content)
    }
    const env = environment(room, workspace, {...step, inputs: {...action.defaults, ...step.inputs}})
    return await run([process.execPath, action.main], {...step, room, env, cwd: workspace})
  } finally {
    rmSync(room, {recursive: true, force: true})
  }
}

/** Runs any command, measured in the same way. */
export async function runTool(
  argv: readonly string[],
  step: Step & {readonly cwd: string; readonly env: Readonly<Record<string, string>>},
): Promise<Cost> {
  const room = mkdtempSync(join(tmpdir(), 'slipway-bench-'))
  try {
    return await run(argv, {...step, room})
  } finally {
    rmSync(room, {recursive: true, force: true})
  }
}

interface Place {
  readonly room: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

async function run(argv: readonly string[], step: Omit<Step, 'env'> & Place): Promise<Cost> {
  const report = join(step.room, 'cost.json')
  const startedAt = Date.now()
  const child = spawn('python3', ['-S', '-E', WRAPPER, report, ...argv], {cwd: step.cwd, env: step.env})
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      log += data.toString()
      step.onLog?.(data.toString())
    })
  }
  const timer = setTimeout(() => child.kill('SIGTERM'), (step.limit ?? 120) * 1000)
  await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  clearTimeout(timer)
  const endedAt = Date.now()
  const text = log + FILES.map((name) => readIfThere(join(step.room, name))).join('\n')
  const {code, wall, cpu, peakKiB} = JSON.parse(readIfThere(report) || '{"code":"none: python3 failed"}') as Report
  if (code !== step.exits || step.says?.test(text) === false) {
    const wanted = `exit code ${String(step.exits)}${step.says === undefined ? '' : ` and ${String(step.says)}`}`
    // The page of results names no folder of the machine it was made on.
    const command = argv.join(' ').replaceAll(`${ROOT}/`, '')
    throw new Error(`${command} ended with ${String(code)}, not with ${wanted}:\n${text.slice(-3000)}`)
  }
  return {wall, cpu, peak: peakKiB / 1024, startedAt, endedAt, text}
}

interface Report {
  readonly code: number
  readonly wall: number
  readonly cpu: number
  readonly peakKiB: number
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function environment(room: string, workspace: string, step: Omit<Step, 'exits'>): Record<string, string> {
  for (const name of FILES) writeFileSync(join(room, name), '')
  writeFileSync(join(room, 'event.json'), '{"repository": {"default_branch": "main"}}')
  const {PATH: path = process.env['PATH'] ?? '', ...env} = step.env ?? {}
  const inputs = Object.entries(step.inputs ?? {})
  return {
    PATH: [...(step.path ?? []), path].join(delimiter),
    HOME: room,
    GITHUB_ACTIONS: 'true',
    CI: 'true',
    GITHUB_WORKSPACE: workspace,
    GITHUB_REPOSITORY: 'acme/streaming',
    GITHUB_REPOSITORY_OWNER: 'acme',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_API_URL: 'http://127.0.0.1:9',
    GITHUB_SHA: '4c1f2e9000000000000000000000000000000000',
    GITHUB_RUN_ID: '1001',
    GITHUB_RUN_NUMBER: '1',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_JOB: 'bench',
    GITHUB_WORKFLOW: 'bench',
    GITHUB_ACTOR: 'bench',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_EVENT_PATH: join(room, 'event.json'),
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REF_NAME: 'main',
    RUNNER_TEMP: join(room, 'temp'),
    RUNNER_OS: 'Linux',
    RUNNER_TOOL_CACHE: join(room, 'temp'),
    ...Object.fromEntries(FILES.map((name) => [name, join(room, name)])),
    ...env,
    ...Object.fromEntries(inputs.map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value])),
  }
}
