import {spawn} from 'node:child_process'

/** How a tool ended. `stdout` and `stderr` are complete. */
export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** What a tool run may be given besides its arguments. */
export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly input?: string
  /** Milliseconds after which the tool is killed and counts as failed (exit code 124, as timeout(1) has it). */
  readonly timeout?: number
  /** Aborted: the tool is killed where it stands (SIGKILL), as by the end of its machine, and counts as failed. */
  readonly kill?: AbortSignal
  /** Called for every complete line of either stream as it comes. */
  readonly onLine?: (line: string) => void
}

/** A tool that was expected to succeed did not; `message` holds the command and the end of what it said. */
export class ToolError extends Error {
  readonly ran: Ran
  constructor(argv: readonly string[], ran: Ran) {
    const said = (ran.stderr.trim() || ran.stdout.trim()).split('\n').slice(-8).join('\n')
    super(`${argv.join(' ')} ended with ${String(ran.code)}${said ? `:\n${said}` : '.'}`)
    this.name = 'ToolError'
    this.ran = ran
  }
}

/** Cuts a stream of chunks into lines; the last line is given by `flush`. */
function lineCutter(onLine: (line: string) => void): {push: (chunk: string) => void; flush: () => void} {
  let rest = ''
  return {
    push(chunk) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line)
    },
    flush() {
      if (rest) onLine(rest)
      rest = ''
    },
  }
}

/**
 * Runs a tool to its end and gives its exit code and output; a tool that is not there gives code 127.
 * Never throws for what the tool does.
 */
export function attempt(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [tool, ...args] = argv
  return new Promise((resolve) => {
    const child = spawn(tool ?? '', args, {
      env: options.env ?? process.env,
      cwd: options.cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.timeout === undefined ? {} : {timeout: options.timeout, killSignal: 'SIGKILL' as const}),
    })
    options.kill?.addEventListener('abort', () => child.kill('SIGKILL'))
    const out = {stdout: '', stderr: ''}
    for (const name of ['stdout', 'stderr'] as const) {
      const cutter = lineCutter((line) => options.onLine?.(line))
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        out[name] += chunk
        cutter.push(chunk)
      })
      child[name].on('end', () => {
        cutter.flush()
      })
    }
    child.on('error', (error) => {
      resolve({code: 127, stdout: out.stdout, stderr: error.message})
    })
    child.on('close', (code) => {
      resolve({code: code ?? 124, ...out})
    })
    child.stdin.on('error', () => undefined) // a tool that does not read its input may close it early
    child.stdin.end(options.input ?? '')
  })
}

/**
 * Runs a tool that must succeed and gives its standard output, trimmed.
 * @throws ToolError with the last lines it wrote.
 */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const ran = await attempt(argv, options)
  if (ran.code !== 0) throw new ToolError(argv, ran)
  return ran.stdout.trim()
}
