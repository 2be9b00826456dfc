import {parseArgsStringToArgv} from 'string-argv'
import {humanDuration} from '../../shared/core/clock.ts'
import {Failure} from '../../shared/core/diagnosis.ts'
import {InputError} from '../../shared/core/errors.ts'
import {lastWords} from '../../shared/core/exec.ts'
import type {World} from '../../shared/core/world.ts'

/** How a built image proves that it starts, before anybody can pull it. */
export interface SmokeTest {
  /** What runs in the container, in place of the image's own command. */
  readonly command: readonly string[]
  /** Ask this port over HTTP; undefined: the command must end with 0. */
  readonly port: number | undefined
  readonly path: string
  readonly status: number
  readonly timeoutMs: number
  /** `NAME=value`, each. */
  readonly environment: readonly string[]
}

const DEFAULT_TIMEOUT_S = 60
const LONGEST_TIMEOUT_S = 1800
const POLL_MS = 500
const LOG_LINES = 40
const SETTINGS = 'command, port, path, status, timeout (seconds) and env.<NAME>'

/**
 * Reads the `smoke-test` input: a command line, or settings, one `name=value` per line.
 * @throws {InputError} for an unknown setting or a number out of range
 */
export function parseSmokeTest(text: string | undefined): SmokeTest | undefined {
  if (text === undefined) return undefined
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const isCommand = lines.length === 1 && !/^(?:[a-z]+|env\.\w+)=/.test(lines[0] ?? '')
  const settings = isCommand ? new Map([['command', lines[0] ?? '']]) : new Map(lines.map(parseSetting))
  const number = (name: string, min: number, max: number): number | undefined => readNumber(settings, name, min, max)
  const port = number('port', 1, 65_535)
  if (port === undefined && !settings.has('command')) {
    throw new InputError(
      'Input "smoke-test" has neither a command nor a port: give one of them, for example port=3000.',
    )
  }
  return {
    command: parseArgsStringToArgv(settings.get('command') ?? ''),
    port,
    path: settings.get('path') ?? '/',
    status: number('status', 100, 599) ?? 200,
    timeoutMs: (number('timeout', 1, LONGEST_TIMEOUT_S) ?? DEFAULT_TIMEOUT_S) * 1000,
    environment: [...settings]
      .filter(([name]) => name.startsWith('env.'))
      .map(([name, value]) => `${name.slice(4)}=${value}`),
  }
}

function parseSetting(line: string): [string, string] {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/.exec(line) ?? []
  const known = ['command', 'port', 'path', 'status', 'timeout'].includes(name) || /^env\.\w+$/.test(name)
  if (!known) throw new InputError(`Input "smoke-test" has "${line}": use ${SETTINGS}, each as name=value.`)
  return [name, value]
}

function readNumber(settings: ReadonlyMap<string, string>, name: string, min: number, max: number): number | undefined {
  const text = settings.get(name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new InputError(
    `Input "smoke-test" sets ${name} to "${text}": give a whole number from ${String(min)} to ${String(max)}.`,
  )
}

/** Asks a URL; gives the status of the answer, or undefined when nothing answers. */
export type Ask = (url: string) => Promise<number | undefined>

/** What a smoke test runs with. */
export interface SmokeRun {
  readonly env: Readonly<Record<string, string>>
  /** The image in the engine of this machine. */
  readonly image: string
  readonly repository: string
  readonly ask: Ask
}

/**
 * Starts the image and waits for its proof. The container is removed in any case; should the step be killed, the post
 * step does it.
 * @throws {Failure} `smoke-test-failed` with the last lines of the container's log
 */
export async function smokeTest(world: World, test: SmokeTest, run: SmokeRun): Promise<void> {
  const name = `slipway-smoke-${world.env['GITHUB_RUN_ID'] ?? 'local'}-${String(world.clock.now())}`
  world.outputs.saveState('smoke-container', name)
  const started = world.clock.now()
  try {
    await start(world, test, run, name)
    const problem = await watch(world, test, run, name)
    if (problem !== undefined) throw await failed(world, run, name, problem)
  } finally {
    await world.processes.call('docker', ['rm', '--force', '--volumes', name], {env: run.env})
  }
  const proof = test.port === undefined ? 'the command ends with 0' : `GET ${test.path} answers ${String(test.status)}`
  world.log.line(`✓ smoke test: ${proof}, after ${humanDuration(world.clock.now() - started)}`)
}

async function start(world: World, test: SmokeTest, {env, image, repository}: SmokeRun, name: string): Promise<void> {
  const argv = [
    'run',
    '--detach',
    '--name',
    name,
    ...test.environment.flatMap((entry) => ['--env', entry]),
    ...(test.port === undefined ? [] : ['--publish', `127.0.0.1::${String(test.port)}`]),
    image,
    ...test.command,
  ]
  const finished = await world.processes.call('docker', argv, {env})
  if (finished.code === 0) return
  throw new Failure({
    reason: 'smoke-test-failed',
    subject: repository,
    cause: `the image cannot be started: ${lastWords('docker run', finished)}`,
    advice: 'check the command of the smoke test and the ENTRYPOINT and CMD of the Dockerfile; nothing was pushed',
  })
}

// Gives what is wrong, or undefined when the proof is there.
async function watch(world: World, test: SmokeTest, run: SmokeRun, name: string): Promise<string | undefined> {
  const deadline = world.clock.now() + test.timeoutMs
  const url = test.port === undefined ? undefined : `http://${await address(world, run, name, test.port)}${test.path}`
  let answer: number | undefined
  for (;;) {
    const exit = await exitCode(world, run, name)
    if (exit !== undefined) return endedWith(test, exit)
    answer = url === undefined ? undefined : ((await run.ask(url)) ?? answer)
    if (answer === test.status) return undefined
    if (world.clock.now() >= deadline) return tooLate(test, answer)
    await world.clock.sleep(POLL_MS, world.cancel)
  }
}

function endedWith(test: SmokeTest, exit: number): string | undefined {
  if (test.port === undefined) return exit === 0 ? undefined : `the command exits with code ${String(exit)}`
  return `the container exits with code ${String(exit)} instead of serving port ${String(test.port)}`
}

function tooLate(test: SmokeTest, answer: number | undefined): string {
  const limit = humanDuration(test.timeoutMs)
  if (test.port === undefined) return `the command has not ended within ${limit}`
  if (answer === undefined) return `nothing answers on port ${String(test.port)} within ${limit}`
  return `GET ${test.path} answers ${String(answer)} and not ${String(test.status)} within ${limit}`
}

async function address(world: World, {env}: SmokeRun, name: string, port: number): Promise<string> {
  const finished = await world.processes.call('docker', ['port', name, String(port)], {env})
  // A container that ended at once has no port any more; the next look says so.
  return finished.stdout.split(/\r?\n/)[0]?.trim() || `127.0.0.1:${String(port)}`
}

async function exitCode(world: World, {env}: SmokeRun, name: string): Promise<number | undefined> {
  const format = '{{.State.Running}} {{.State.ExitCode}}'
  const finished = await world.processes.call('docker', ['inspect', '--format', format, name], {env})
  const [running, code] = finished.stdout.trim().split(' ')
  return running === 'false' ? Number(code) : undefined
}

async function failed(world: World, run: SmokeRun, name: string, problem: string): Promise<Failure> {
  const logs = await world.processes.call('docker', ['logs', '--tail', String(LOG_LINES), name], {env: run.env})
  const lines = `${logs.stdout}\n${logs.stderr}`.split(/\r?\n/).filter((line) => line.trim() !== '')
  return new Failure({
    reason: 'smoke-test-failed',
    subject: run.repository,
    cause: `${problem}${lines.length > 0 ? `: ${(lines.at(-1) ?? '').slice(0, 200)}` : ''}`,
    evidence: [{title: 'last lines of the container', lines: lines.length > 0 ? lines : ['(it printed nothing)']}],
    advice: 'start the image on your machine with the same settings; nothing was pushed',
  })
}

/** Removes a container that a killed step left behind. */
export async function removeContainer(world: World, name: string): Promise<void> {
  await world.processes.call('docker', ['rm', '--force', '--volumes', name])
}
