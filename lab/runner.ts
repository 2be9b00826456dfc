import {existsSync} from 'node:fs'
import {cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {labPaths} from './core/paths.ts'
import {attempt} from './core/run.ts'
import type {LabEnvironment} from './env.ts'
import {collectEvents} from './runner/events.ts'
import type {Collected, OnLine} from './runner/events.ts'

export type {JobRun} from './runner/events.ts'

/** A workflow to run, as an event on GitHub would start it. */
export interface WorkflowCall {
  /** The checkout that holds the workflow; left as it is. */
  readonly repository: string
  /** The workflow's path below the checkout. */
  readonly workflow: string
  /** The checkout that answers for `slipway/slipway`, where the workflow is of another repository. */
  readonly suite?: string
  /** The event's name, for example `push`. */
  readonly event: string
  /** The event's payload; the runner's own guess when left out. */
  readonly payload?: unknown
  /** Repository variables (`vars`). */
  readonly vars?: Readonly<Record<string, string>>
  readonly secrets?: Readonly<Record<string, string>>
  /** Folders that answer for actions of other repositories, by `owner/name`; any ref of theirs is that folder. */
  readonly actions?: Readonly<Record<string, string>>
  /** Added to the environment of the steps. */
  readonly env?: Readonly<Record<string, string>>
  /** The machine goes away as soon as this job has ended: nothing after it runs, and nobody cleans up. */
  readonly lostAfter?: string
  /** Called for each line of a step's log. */
  readonly onLine?: OnLine
}

/** How a workflow went. */
export interface WorkflowRun extends Collected {
  readonly exitCode: number
}

/** Actions that the lab stands in for; every commit of theirs is answered by the same folder. */
const STAND_INS: Readonly<Record<string, string>> = {
  'actions/checkout': join(import.meta.dirname, 'actions/checkout'),
  'aws-actions/configure-aws-credentials': join(import.meta.dirname, 'actions/configure-aws-credentials'),
  'hashicorp/setup-terraform': join(import.meta.dirname, 'actions/setup-terraform'),
}

/** Reusable workflows name this suite's actions as any repository does; here they are those of the checkout. */
const OWN_REPOSITORY = 'slipway/slipway'

const RUNNER_LABELS = ['ubuntu-latest', 'ubuntu-24.04', 'ubuntu-24.04-arm']

/**
 * Runs a workflow on this machine, each job on a copy of the checkout, with the lab as its cloud.
 * @throws {Error} when the runner itself could not be started
 */
export async function runWorkflow(lab: LabEnvironment, call: WorkflowCall): Promise<WorkflowRun> {
  const {run} = labPaths()
  await mkdir(run, {recursive: true})
  const room = await mkdtemp(join(run, 'runner-'))
  const events = collectEvents(call.onLine)
  const machine = new AbortController()
  const take = (line: string): void => {
    events.take(line)
    if (call.lostAfter !== undefined && events.hasEnded(call.lostAfter)) machine.abort()
  }
  try {
    const checkout = join(room, 'checkout')
    await cp(call.repository, checkout, {recursive: true})
    await takeQueuesOut(join(checkout, '.github/workflows'))
    const ran = await attempt([await runnerOf(lab), ...(await argumentsOf(call, room))], {
      cwd: checkout,
      env: {...runnerEnv(lab, room), LAB_REPOSITORY: call.repository},
      onLine: take,
      kill: machine.signal,
    })
    if (ran.code === 127) throw new Error('The workflow runner could not be started: run `npm run lab -- up` first.')
    return {exitCode: ran.code, ...events.collected()}
  } finally {
    await rm(room, {recursive: true, force: true})
  }
}

/**
 * The lab without its credentials: a job gets those from the step that configures them, as it would in AWS. The words of
 * another runner around this one, and those of npm, are not for jobs either.
 */
function runnerEnv(lab: LabEnvironment, room: string): NodeJS.ProcessEnv {
  const withheld = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION', 'AWS_DEFAULT_REGION']
  const foreign = /^(npm_|GITHUB_|RUNNER_|ACTIONS_|INPUT_|NODE_OPTIONS$|AWS_(?!CA_BUNDLE))/
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name))
  return {
    ...Object.fromEntries(own),
    ...Object.fromEntries(Object.entries(lab.vars).filter(([name]) => !withheld.includes(name))),
    LAB_AWS_ACCESS_KEY_ID: lab.vars['AWS_ACCESS_KEY_ID'],
    LAB_AWS_SECRET_ACCESS_KEY: lab.vars['AWS_SECRET_ACCESS_KEY'],
    LAB_AWS_SESSION_TOKEN: 'lab-session-token',
    LAB_AWS_ACCOUNT_ID: lab.accountId,
    ACT_DISABLE_VERSION_CHECK: '1',
    XDG_CACHE_HOME: room,
    XDG_CONFIG_HOME: join(room, 'config'), // an .actrc of the user's own would change what runs
  }
}

async function runnerOf(lab: LabEnvironment): Promise<string> {
  const found = await attempt(['sh', '-c', 'command -v act'], {env: {...process.env, ...lab.vars}})
  return found.stdout.trim() || 'act'
}

async function argumentsOf(call: WorkflowCall, room: string): Promise<string[]> {
  const pairs = (flag: string, values: Readonly<Record<string, string>> = {}): string[] =>
    Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`])
  const event = join(room, 'event.json')
  // Secrets by file: a process list is public.
  const secrets = join(room, 'secrets')
  await writeFile(secrets, dotenv(call.secrets ?? {}), {mode: 0o600})
  if (call.payload !== undefined) await writeFile(event, JSON.stringify(call.payload))
  return [
    ...[call.event, '--json', '--workflows', call.workflow, '--secret-file', secrets],
    ...RUNNER_LABELS.flatMap((label) => ['-P', `${label}=-self-hosted`]),
    ...(call.payload === undefined ? [] : ['--eventpath', event]),
    ...pairs('--var', call.vars),
    ...pairs('--env', call.env),
    ...(await standIns(call, room)),
  ]
}

/**
 * The runner knows nothing of concurrency, and refuses the word `queue`, which GitHub has known since May 2026:
 * https://github.blog/changelog/2026-05-07-github-actions-concurrency-groups-now-allow-larger-queues
 */
async function takeQueuesOut(folder: string): Promise<void> {
  for (const name of existsSync(folder) ? await readdir(folder) : []) {
    const text = await readFile(join(folder, name), 'utf8')
    await writeFile(join(folder, name), text.replaceAll(/^ *queue: (?:max|single)\b.*\n/gm, ''))
  }
}

/** The form of a .env file: single quotes keep everything; double quotes know escapes and, unescaped, variables. */
function dotenv(values: Readonly<Record<string, string>>): string {
  const quoted = (value: string): string => {
    if (!/['\n\r]/.test(value)) return `'${value}'`
    return `"${value
      .replace(/[\\"$]/g, '\\$&')
      .replaceAll('\n', '\\n')
      .replaceAll('\r', '\\r')}"`
  }
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quoted(value)}\n`)
    .join('')
}

// A foreign action is named with its commit, so the commits are read from the workflows.
async function standIns(call: WorkflowCall, room: string): Promise<string[]> {
  const suite = call.suite ?? call.repository
  // A workflow may be made of others, so all of its folder is read, and that of the suite it may call.
  const folders = new Set([dirname(join(call.repository, call.workflow)), join(suite, '.github/workflows')])
  const texts = await Promise.all([...folders].map(yamlTexts))
  const uses = /uses: *['"]?([\w.-]+\/[\w.-]+)(?:\/[\w./-]+)?@([\w./-]+)/g
  const used = new Set([...texts.join('\n').matchAll(uses)].map(([, name = '', ref = '']) => `${name}@${ref}`))
  const own = await published(suite, room)
  return [...used].flatMap((reference) => {
    const action = reference.split('@')[0] ?? ''
    const standIn = action === OWN_REPOSITORY ? own : (call.actions?.[action] ?? STAND_INS[action])
    return standIn === undefined ? [] : ['--local-repository', `${reference}=${standIn}`]
  })
}

// Only what actions and workflows consist of: the runner copies the folder for every step that uses one of them.
async function published(suite: string, room: string): Promise<string> {
  const folder = join(room, 'suite')
  for (const part of ['.github/workflows', 'actions', 'dist']) {
    if (existsSync(join(suite, part))) await cp(join(suite, part), join(folder, part), {recursive: true})
  }
  await takeQueuesOut(join(folder, '.github/workflows'))
  return folder
}

async function yamlTexts(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name))
  return (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('\n')
}
