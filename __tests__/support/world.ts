import {writeFile} from 'node:fs/promises'
import type {Clock} from '../../actions/shared/core/clock.ts'
import type {CallOptions, Finished, Processes} from '../../actions/shared/core/exec.ts'
import {makeLog} from '../../actions/shared/core/log.ts'
import {makeMask} from '../../actions/shared/core/mask.ts'
import {makeSummary} from '../../actions/shared/core/summary.ts'
import type {World} from '../../actions/shared/core/world.ts'

/** A clock that jumps: a sleep costs nothing and moves the time on. */
export interface FakeClock extends Clock {
  /** Every sleep so far, in milliseconds. */
  readonly sleeps: readonly number[]
  /** Runs `event` once the time has come to `at` milliseconds after the start. */
  at(at: number, event: () => void): void
}

/** A fake clock. @param start milliseconds since the epoch */
export function fakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start
  const sleeps: number[] = []
  const events: {at: number; event: () => void}[] = []
  const advance = (to: number): void => {
    for (const due of events.filter((item) => item.at <= to).sort((a, b) => a.at - b.at)) {
      events.splice(events.indexOf(due), 1)
      due.event()
    }
    now = to
  }
  return {
    sleeps,
    now: () => now,
    at: (at, event) => {
      events.push({at: start + at, event})
    },
    sleep: async (ms, signal) => {
      signal?.throwIfAborted()
      sleeps.push(ms)
      advance(now + ms)
      // Real timers and sockets of the loopback servers get their turn between two looks.
      await new Promise((resolve) => setImmediate(resolve))
      signal?.throwIfAborted()
    },
  }
}

/** One call of a tool, as the action made it. */
export interface ToolCall {
  readonly tool: string
  readonly argv: readonly string[]
  readonly options: CallOptions
}

/** Tools whose answers a test writes. */
export interface ScriptedProcesses extends Processes {
  readonly calls: readonly ToolCall[]
}

/** @param answer what a call ends with; lines of stdout and stderr reach `onLine` first */
export function scriptedProcesses(
  answer: (call: ToolCall) => Partial<Finished> | Promise<Partial<Finished>>,
): ScriptedProcesses {
  const calls: ToolCall[] = []
  const call = async (tool: string, argv: readonly string[], options: CallOptions = {}): Promise<Finished> => {
    calls.push({tool, argv, options})
    const finished = {code: 0, stdout: '', stderr: '', ...(await answer({tool, argv, options}))}
    for (const stream of ['stdout', 'stderr'] as const) {
      const lines = finished[stream].split('\n').filter((line) => line !== '')
      for (const line of lines) options.onLine?.(line, stream)
    }
    return finished
  }
  const save: Processes['save'] = async (tool, argv, file, options) => {
    const finished = await call(tool, argv, options)
    await writeFile(file, finished.stdout, {flag: 'wx'})
    return {...finished, stdout: ''}
  }
  return {calls, call, live: call, save, find: (tool) => Promise.resolve(`/fake/bin/${tool}`)}
}

/** A world in which everything that would leave the process is kept for the test to look at. */
export interface FakeWorld extends World {
  readonly clock: FakeClock
  readonly outputsSet: Readonly<Record<string, string>>
  readonly stateSaved: Readonly<Record<string, string>>
  readonly masked: readonly string[]
  /** Annotations, `warning: text`. */
  readonly annotations: readonly string[]
  /** The log so far. */
  logged(): string
  /** Asks the run to stop, as the runner does. */
  stop(reason: Error): void
}

/** @param parts what the test wants to be different, for example inputs by `env: {'INPUT_CLUSTER': 'main'}` */
export function fakeWorld(parts: Partial<Pick<World, 'env' | 'processes'>> & {clock?: FakeClock} = {}): FakeWorld {
  const env: Record<string, string | undefined> = {...parts.env}
  const masked: string[] = []
  const mask = makeMask((secret) => masked.push(secret))
  const outputsSet: Record<string, string> = {}
  const stateSaved: Record<string, string> = {}
  const annotations: string[] = []
  const controller = new AbortController()
  const text: string[] = []
  const note =
    (kind: string) =>
    (message: string): void => {
      annotations.push(`${kind}: ${message}`)
    }
  const log = makeLog((piece) => text.push(piece))
  return {
    env,
    clock: parts.clock ?? fakeClock(),
    processes: parts.processes ?? scriptedProcesses(() => ({})),
    mask,
    summary: makeSummary(env, mask),
    log: {
      ...log,
      debug: () => undefined,
      notice: note('notice'),
      warning: note('warning'),
      error: note('error'),
      group: async (title, body) => {
        text.push(`▸ ${title}\n`)
        return await body()
      },
    },
    outputs: {
      set: (name, value) => {
        outputsSet[name] = value === undefined ? '' : mask.scrub(String(value))
      },
      setSecret: (name, value) => {
        outputsSet[name] = value
      },
      saveState: (name, value) => {
        stateSaved[name] = value
      },
      exportVariable: (name, value) => {
        env[name] = value
      },
    },
    cancel: controller.signal,
    outputsSet,
    stateSaved,
    masked,
    annotations,
    logged: () => text.join(''),
    stop: (reason) => {
      controller.abort(reason)
    },
  }
}
