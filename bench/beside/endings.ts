import {spawn} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {stripVTControlCharacters} from 'node:util'
import {scriptedEcs} from '../../__tests__/support/scripted-ecs.ts'
import type {ScriptedEcs} from '../../__tests__/support/scripted-ecs.ts'
import type {History} from '../../__tests__/support/scripted-ecs-state.ts'
import type {Clock} from '../../actions/shared/core/clock.ts'
import {systemClock} from '../../actions/shared/core/clock.ts'
import type {ActionFile} from '../core/action-file.ts'
import {runStep} from '../core/step.ts'
import {FILES} from './situations.ts'

/** How many times as fast the clock of actions runs; other programs run on the clock on the wall. */
export const FASTER = 15
const CREDENTIALS = {AWS_ACCESS_KEY_ID: 'AKIATEST', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-central-1'}
const FAST = {
  ...CREDENTIALS,
  SLIPWAY_CLOCK_FASTER: String(FASTER),
  NODE_OPTIONS: `--require ${join(import.meta.dirname, 'fast-clock.cjs')}`,
}

/** How a run ended: the words it left its user with, and after how long by its own clock. */
export interface Ending {
  readonly said: string
  readonly tookMs: number
  /** What it ended with. */
  readonly code: number
}

// The history and both actions follow the same fast clock.
function fastClock(): Clock {
  const start = systemClock.now()
  return {
    now: () => start + (systemClock.now() - start) * FASTER,
    sleep: (ms, signal) => systemClock.sleep(ms / FASTER, signal),
  }
}

function since({calls}: ScriptedEcs, ended: number): number {
  const changed = calls.find(({operation}) => /^(Update|Run|Create|Register)/.test(operation)) ?? calls[0]
  return ended - (changed?.at ?? ended)
}

/** Runs an action on a history; what it said are its annotations. @param exits what it must end with */
export async function actionEnding(
  action: ActionFile,
  history: History,
  inputs: Readonly<Record<string, string>>,
  exits: number,
  annotations: readonly string[] = ['error'],
): Promise<Ending> {
  const clock = fastClock()
  const ecs = await scriptedEcs(history, clock)
  try {
    const step = {inputs, files: FILES, env: {...FAST, AWS_ENDPOINT_URL: ecs.endpoint}, exits, limit: 300}
    const {text} = await runStep(action, step)
    const tookMs = since(ecs, clock.now())
    const kinds = new RegExp(`^::(?:${annotations.join('|')})[^:]*::(.*)$`, 'gm')
    const said = [...text.matchAll(kinds)].map(([, message = '']) => plain(message))
    return {said: [...new Set(said)].join('\n'), tookMs, code: exits}
  } finally {
    await ecs.close()
  }
}

function plain(message: string): string {
  return message.replaceAll('%0A', ' ').replaceAll('%0D', '').replaceAll('%25', '%')
}

const LIMIT_MS = 900_000

/** Runs a program on a history; what it said are the last lines it printed. @param lines how many of them */
export async function programEnding(
  history: History,
  argv: readonly string[],
  files: Readonly<Record<string, string>>,
  lines: number,
): Promise<Ending> {
  const ecs = await scriptedEcs(history, systemClock)
  const room = mkdtempSync(join(tmpdir(), 'slipway-beside-'))
  try {
    const workspace = join(room, 'workspace')
    mkdirSync(workspace)
    for (const [name, content] of Object.entries({...FILES, ...files})) writeFileSync(join(workspace, name), content)
    const region = {
      AWS_DEFAULT_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL: ecs.endpoint,
      AWS_EC2_METADATA_DISABLED: 'true',
    }
    const env = {PATH: process.env['PATH'] ?? '', HOME: room, ...CREDENTIALS, ...region}
    const {code, text} = await printed(argv, workspace, env)
    // Where the tool stands on this machine is nobody's business.
    const named = text.replaceAll(`${dirname(argv[0] ?? '')}/`, '')
    return {said: last(named, lines), tookMs: since(ecs, systemClock.now()), code}
  } finally {
    await ecs.close()
    rmSync(room, {recursive: true, force: true})
  }
}

async function printed(
  [program = '', ...words]: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{code: number; text: string}> {
  const child = spawn(program, words, {cwd, env, timeout: LIMIT_MS})
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      text += data.toString()
    })
  }
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (ended) => {
      resolve(ended ?? -1)
    })
  })
  if (code < 0) throw new Error(`${program} did not end by itself:\n${text.slice(-2000)}`)
  return {code, text}
}

// `2026/01/31 12:00:00 `, and `I, [2026-01-31T12:00:00.000000 #1]  INFO -- : ` of Ruby's logger.
const TIMES = /^[\d/-]+[ T][\d:.]+Z? |^[A-Z], \[[^\]]*\] +[A-Z]+ -- : /

// Dots of progress and times say nothing of the failure.
function last(text: string, lines: number): string {
  return stripVTControlCharacters(text)
    .split('\n')
    .map((line) => line.replace(TIMES, '').replace(/^[.\s]+|\s+$/g, ''))
    .filter((line) => line !== '')
    .slice(-lines)
    .join('\n')
}
