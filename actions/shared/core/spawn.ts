import {spawn} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {open} from 'node:fs/promises'
import {StringDecoder} from 'node:string_decoder'
import {setTimeout as pause} from 'node:timers/promises'
import {getExecOutput} from '@actions/exec'
import {which} from '@actions/io'
import {InputError} from './errors.ts'
import type {CallOptions, Finished, LiveOptions, Processes} from './exec.ts'
import {openTranscripts} from './transcript.ts'
import type {Transcript} from './transcript.ts'

const KEEP_CHARACTERS = 4 * 1024 * 1024
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGTERM: 15}

/** What starts the tools of this machine. */
export const spawning: Processes = {
  call: async (tool, argv, options = {}) => {
    const {onLine} = options
    const listeners = {
      ...(onLine && {
        stdline: (line: string) => {
          onLine(line, 'stdout')
        },
        errline: (line: string) => {
          onLine(line, 'stderr')
        },
      }),
    }
    const result = await getExecOutput(await mustFind(tool), [...argv], {
      silent: true,
      ignoreReturnCode: true,
      env: childEnvironment(options.env),
      listeners,
      ...(options.cwd !== undefined && {cwd: options.cwd}),
      ...(options.input !== undefined && {input: Buffer.from(options.input)}),
    })
    return {code: result.exitCode, stdout: result.stdout, stderr: result.stderr}
  },
  live: async (tool, argv, options) => {
    options.cancel.throwIfAborted()
    const path = await mustFind(tool)
    const files = options.outlives ? await openTranscripts() : undefined
    const child = spawn(path, [...argv], {
      cwd: options.cwd,
      env: childEnvironment(options.env),
      stdio: files ? ['ignore', files[0].fd, files[1].fd] : ['pipe', 'pipe', 'pipe'],
      // A group of its own, so that a Ctrl-C on a terminal does not reach the child a second time.
      detached: true,
    })
    if (child.pid !== undefined) options.onStart?.(child.pid)
    const interrupt = (): void => {
      child.kill('SIGINT')
    }
    options.cancel.addEventListener('abort', interrupt, {once: true})
    try {
      return await (files ? follow(child, files, options) : finish(child, options))
    } finally {
      options.cancel.removeEventListener('abort', interrupt)
      await Promise.all((files ?? []).map((file) => file.close()))
    }
  },
  save: async (tool, argv, file, options = {}) => {
    const out = await open(file, 'wx', 0o600)
    try {
      const child = spawn(await mustFind(tool), [...argv], {
        cwd: options.cwd,
        env: childEnvironment(options.env),
        stdio: ['ignore', out.fd, 'pipe'],
      })
      return await finish(child, {})
    } finally {
      await out.close()
    }
  },
  find: async (tool) => (await which(tool, false)) || undefined,
}

async function mustFind(tool: string): Promise<string> {
  const path = await spawning.find(tool)
  if (path === undefined) throw new InputError(`"${tool}" was not found on PATH: install it in a step before this one.`)
  return path
}

function childEnvironment(added: CallOptions['env'] = {}): Record<string, string> {
  const merged = Object.entries({...process.env, ...added})
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

async function finish(child: ChildProcess, options: Omit<LiveOptions, 'cancel'>): Promise<Finished> {
  const [stdout, stderr] = [collector('stdout', options), collector('stderr', options)]
  for (const [name, to] of [['stdout', stdout] as const, ['stderr', stderr] as const]) {
    child[name]?.on('data', to.take)
    child[name]?.on('close', to.end)
  }
  // A child that ends without reading its input is judged by its exit code, not by the broken pipe.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(options.input)
  const code = await exitCode(child)
  return {code, stdout: stdout.text(), stderr: stderr.text()}
}

function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exit, signal) => {
      resolve(exit ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0))
    })
  })
}

/** How often the files of a child are looked at, in milliseconds: a log that is read by people needs no more. */
const FOLLOW_EVERY_MS = 50

async function follow(
  child: ChildProcess,
  files: readonly [Transcript, Transcript],
  options: Omit<LiveOptions, 'cancel'>,
): Promise<Finished> {
  const [stdout, stderr] = [collector('stdout', options), collector('stderr', options)]
  const drain = async (): Promise<void> => {
    await files[0].drain(stdout.take)
    await files[1].drain(stderr.take)
  }
  const ended = exitCode(child)
  let code: number | undefined
  while (code === undefined) {
    code = await Promise.race([ended, pause(FOLLOW_EVERY_MS, undefined)])
    await drain()
  }
  for (const to of [stdout, stderr]) to.end()
  return {code, stdout: stdout.text(), stderr: stderr.text()}
}

/** Keeps what a stream says and hands it on line by line. */
interface Collector {
  readonly take: (data: Buffer) => void
  readonly end: () => void
  text(): string
}

function collector(
  name: 'stdout' | 'stderr',
  {keep = KEEP_CHARACTERS, onLine}: Pick<LiveOptions, 'keep' | 'onLine'>,
): Collector {
  const decoder = new StringDecoder('utf8')
  let text = ''
  let partial = ''
  const add = (piece: string): void => {
    text = (text + piece).slice(-keep)
    const lines = (partial + piece).split(/\r?\n/)
    partial = lines.pop() ?? ''
    for (const line of lines) onLine?.(line, name)
  }
  return {
    take: (data) => {
      add(decoder.write(data))
    },
    end: () => {
      add(decoder.end())
      if (partial !== '') onLine?.(partial, name)
      partial = ''
    },
    text: () => text,
  }
}
