import {spawn} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {delimiter, join} from 'node:path'
import {requirePublished} from './published-schemas.ts'

const root = join(import.meta.dirname, '../..')

/** How the built action is started: as the runner does it, inputs by environment, files for what it hands back. */
export interface ActionCall {
  /** Inputs by their names in action.yml. */
  readonly inputs?: Readonly<Record<string, string>>
  /** Added to a bare environment; nothing else of this machine's environment reaches the action but PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>
  /** Folders put first on PATH, for fake tools. */
  readonly path?: readonly string[]
  /** Files made in the workspace before the start: relative path to content. */
  readonly files?: Readonly<Record<string, string>>
  /** Use this workspace instead of a fresh one (it is then not removed). */
  readonly workspace?: string
  /** `index` is the action itself, `post` its post step. */
  readonly entry?: string
  /** State that a main step saved, for its post step. */
  readonly state?: Readonly<Record<string, string>>
  /** Called with the child as soon as it runs, for tests that send signals at a moment of their own. */
  readonly onStart?: (child: ChildProcess) => void
  /** A command that is put before Node, with its arguments, and ends as Node does: for tests that narrow the machine. */
  readonly before?: readonly string[]
  /** Called with each chunk of the log, and the child, for tests that send signals when a line appears. */
  readonly onOutput?: (text: string, child: ChildProcess) => void
}

/** What the runner would have seen. */
export interface ActionResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Standard output and standard error, in order of arrival. */
  readonly log: string
  readonly outputs: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  readonly exported: Readonly<Record<string, string>>
  readonly summary: string
  /** Values given to `::add-mask::`. */
  readonly masks: readonly string[]
  /** Texts of the `::error::` annotations, unescaped. */
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
  /** Everything a person could read: the log without add-mask commands, summary, outputs. For secret hunts. */
  readonly visible: string
  /** Milliseconds from start to exit. */
  readonly tookMs: number
}

/** Runs `dist/<action>` under the Node that runs the tests (24, as `runs.using` declares) and waits for its end. */
export async function spawnAction(action: string, call: ActionCall = {}): Promise<ActionResult> {
  const entry = join(
    root,
    'dist',
    action,
    call.entry === undefined || call.entry === 'index' ? '' : call.entry,
    'index.js',
  )
  if (!existsSync(entry)) throw new Error(`${entry} does not exist: run "npm run build".`)
  const room = mkdtempSync(join(tmpdir(), 'slipway-action-'))
  try {
    const result = await runIn(room, entry, call)
    requirePublished(action, result.outputs)
    return result
  } finally {
    rmSync(room, {recursive: true, force: true})
  }
}

async function runIn(room: string, entry: string, call: ActionCall): Promise<ActionResult> {
  const workspace = call.workspace ?? join(room, 'workspace')
  for (const folder of [workspace, join(room, 'temp')]) mkdirSync(folder, {recursive: true})
  for (const [path, content] of Object.entries(call.files ?? {})) {
    mkdirSync(join(workspace, path, '..'), {recursive: true})
    writeFileSync(join(workspace, path), content)
  }
  const started = performance.now()
  const [command, ...before] = call.before ?? []
  const argv = command === undefined ? [entry] : [...before, process.execPath, entry]
  const child = spawn(command ?? process.execPath, argv, {cwd: workspace, env: environment(room, workspace, call)})
  call.onStart?.(child)
  let log = ''
  const take = (data: Buffer): void => {
    log += data.toString()
    call.onOutput?.(data.toString(), child)
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exit, by) => {
      resolve([exit, by])
    })
  })
  return {code, signal, tookMs: performance.now() - started, ...harvest(room, log)}
}

function environment(room: string, workspace: string, call: ActionCall): Record<string, string> {
  const files = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY']
  for (const name of files) writeFileSync(join(room, name), '')
  return {
    PATH: [...(call.path ?? []), process.env['PATH'] ?? ''].join(delimiter),
    HOME: process.env['HOME'] ?? room,
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: workspace,
    GITHUB_REPOSITORY: 'acme/streaming',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: '4c1f2e9000000000000000000000000000000000',
    GITHUB_RUN_ID: '1001',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_REF: 'refs/heads/main',
    RUNNER_TEMP: join(room, 'temp'),
    ...Object.fromEntries(files.map((name) => [name, join(room, name)])),
    ...prefixed('STATE_', call.state),
    ...call.env,
    ...prefixed('INPUT_', call.inputs, (name) => name.replaceAll(' ', '_').toUpperCase()),
  }
}

function prefixed(
  prefix: string,
  values: Readonly<Record<string, string>> = {},
  name = (key: string): string => key,
): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [prefix + name(key), value]))
}

function harvest(room: string, log: string): Omit<ActionResult, 'code' | 'signal' | 'tookMs'> {
  const read = (name: string): string => readFileSync(join(room, name), 'utf8')
  const outputs = fileCommands(read('GITHUB_OUTPUT'))
  const summary = read('GITHUB_STEP_SUMMARY')
  const shown = log.replace(/^::add-mask::.*$/gm, '')
  return {
    log,
    outputs,
    summary,
    state: fileCommands(read('GITHUB_STATE')),
    exported: fileCommands(read('GITHUB_ENV')),
    masks: commands(log, 'add-mask'),
    errors: commands(log, 'error'),
    warnings: commands(log, 'warning'),
    visible: [shown, summary, JSON.stringify(outputs)].join('\n'),
  }
}

/** What a file of commands sets (https://docs.github.com/actions/reference/workflow-commands-for-github-actions#multiline-strings). */
export function fileCommands(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const match of text.matchAll(/^(.+?)<<(ghadelimiter_\S+)\r?\n([\s\S]*?)\r?\n?\2$/gm)) {
    const [, name, , value] = match
    if (name !== undefined) values[name] = value ?? ''
  }
  return values
}

function commands(log: string, name: string): string[] {
  const found = log.matchAll(new RegExp(`^::${name}(?: [^:]*(?::[^:]+)*?)?::(.*)$`, 'gm'))
  return [...found].map((match) => unescape(match[1] ?? ''))
}

function unescape(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}
