import {stripVTControlCharacters} from 'node:util'
import {errorMessage} from './errors.ts'

/** How a child process ended, with all that it wrote. */
export interface Finished {
  /** The exit code; 128 + signal number when a signal ended the child, as shells count. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** How a tool is called. Secrets go by `env` or `input`, never by argv: process lists are public. */
export interface CallOptions {
  readonly cwd?: string
  /** Added to this process's environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Written to the child's standard input, which is then closed. */
  readonly input?: string
  /** Called for each line of output as it arrives. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
}

/** Runs tools. A fake of it runs in tests; the real one is {@link systemProcesses}. */
export interface Processes {
  /** Runs `tool` quietly to its end. Never throws for an exit code: the caller decides what a code means. */
  call(tool: string, argv: readonly string[], options?: CallOptions): Promise<Finished>
  /**
   * Runs `tool` to its end, live: for what takes long. When `cancel` is aborted the child gets exactly one SIGINT and
   * is then waited for, so that it can put its house in order (Terraform releases its lock on the first interrupt and
   * gives up at the second: https://developer.hashicorp.com/terraform/cli/commands/apply).
   */
  live(tool: string, argv: readonly string[], options: LiveOptions): Promise<Finished>
  /**
   * Runs `tool` quietly to its end with its standard output going straight into a new private file, for output that is
   * too large to pass through this process. @throws {Error} when the file exists
   */
  save(tool: string, argv: readonly string[], file: string, options?: SaveOptions): Promise<Finished>
  /** The path of `tool` on PATH, or undefined. */
  find(tool: string): Promise<string | undefined>
}

/** {@link CallOptions} for a long call. */
export interface LiveOptions extends CallOptions {
  readonly cancel: AbortSignal
  /** Longest output kept in memory per stream, in characters; older text is dropped. Default 4 Mi. */
  readonly keep?: number
  /**
   * Lets the child finish its work when this process is killed: it writes to files instead of pipes, because a pipe that
   * nobody reads ends it at its next word, in the middle of whatever it does (https://pkg.go.dev/os/signal#hdr-SIGPIPE).
   * Its standard input is empty then. Where there is no room for such files it gets its pipes after all.
   */
  readonly outlives?: boolean
  /** Called with the child's process id as soon as it runs. */
  readonly onStart?: (pid: number) => void
}

/** What {@link Processes.save} takes of {@link CallOptions}. */
export type SaveOptions = Pick<CallOptions, 'cwd' | 'env'>

/**
 * The tools of this machine. What starts them is loaded with the first one: an action that refuses its inputs starts none,
 * and Node's own part of it takes 3 MiB.
 */
export const systemProcesses: Processes = {
  call: async (...args) => (await load()).call(...args),
  live: async (...args) => (await load()).live(...args),
  save: async (...args) => (await load()).save(...args),
  find: async (tool) => (await load()).find(tool),
}

async function load(): Promise<Processes> {
  const {spawning} = await import('./spawn.ts')
  return spawning
}

/**
 * The last line that a failed tool had to say: standard error first, then standard output, else its exit code.
 * A tool that fails without a word is still a failure.
 */
export function lastWords(tool: string, finished: Finished): string {
  const line = lastLine(finished.stderr) ?? lastLine(finished.stdout)
  return line ?? `${tool} ended with exit code ${String(finished.code)} and no message`
}

function lastLine(text: string): string | undefined {
  return (
    text
      .split(/\r?\n/)
      .map((line) => stripVTControlCharacters(line).trim())
      // The frame that a tool draws around its words is none.
      .findLast((line) => /[\p{L}\p{N}]/u.test(line))
  )
}

/** `finished` itself when its code is 0. @throws {Error} with the tool's last words otherwise */
export function mustSucceed(tool: string, finished: Finished): Finished {
  if (finished.code !== 0) throw new Error(errorMessage(lastWords(tool, finished)))
  return finished
}
