import type {ChildProcess} from 'node:child_process'
import {join} from 'node:path'
import type {ActionCall, ActionResult} from '../../support/spawn-action.ts'
import type {Machine, MachineFault, NetworkFault, SignalFault} from './faults.ts'
import {trouble} from './machine.ts'
import type {Trouble} from './machine.ts'
import type {Cell, Phase, Room} from './model.ts'
import {nameless} from './nameless.ts'
import type {Harm, Passing} from './proxy.ts'
import {endProcessesOf, processesOf} from './watcher.ts'

/** A fault that waits for its phase. */
export interface Armed {
  /** The call, changed where the fault is one of the machine. */
  readonly call: ActionCall
  /** Whether the fault has struck. */
  met(): boolean
  /** Everything passes from now on, and no signal is sent any more. */
  disarm(): Promise<void>
  /** Takes away what was there for the fault alone, after the last run. */
  close?(): void
  /** What a run handed back, with what the runner would have read elsewhere. */
  amended?(result: ActionResult): ActionResult
}

/**
 * Makes the fault of a cell strike at its phase.
 * @param call the run that it strikes
 * @param id of the cell, by which its processes are known
 * @param folder a folder that is there, for files that must be missing in it
 */
export async function arm(cell: Cell, room: Room, call: ActionCall, id: string, folder: string): Promise<Armed> {
  const phase = cell.fault.whole === true ? undefined : phaseOf(cell)
  const trap = new Trap(room, phase)
  switch (cell.fault.family) {
    case 'network':
      return armNetwork(trap, cell.fault as NetworkFault, room, call)
    case 'signal':
      return armSignal(trap, cell.fault as SignalFault, call, id)
    case 'machine':
      return phase === undefined
        ? await armMachine((cell.fault as MachineFault).machine, room, call, folder)
        : armTrouble(trap, trouble((cell.fault as MachineFault).machine, room, call, folder), id)
    case 'tool':
      return {call, met: () => true, disarm: () => Promise.resolve()}
  }
}

function phaseOf({subject, phase}: Cell): Phase {
  const found = subject.phases.find(({name}) => name === phase)
  if (found === undefined) throw new Error(`${subject.action} has no phase "${phase}".`)
  return found
}

/** Notices that a run has come to a phase. */
class Trap {
  sprung = false
  readonly #room: Room
  readonly #phase: Phase | undefined
  #log = ''
  #released = false

  constructor(room: Room, phase: Phase | undefined) {
    this.#room = room
    this.#phase = phase
  }

  /** Asks `harm` about each request from the phase on. */
  onRequests(harm: (request: Passing) => Harm | undefined): void {
    for (const proxy of this.#room.proxies) {
      proxy.harm = (request) => {
        this.sprung ||= this.#phase === undefined || this.#phase.request?.(request) === true
        return this.sprung ? harm(request) : undefined
      }
    }
  }

  /** Whether the log has come to the phase with this piece of text. */
  reads(text: string): boolean {
    this.#log += text
    this.sprung ||= this.#phase?.line?.test(this.#log) === true
    return this.sprung
  }

  /** The call, watched: `strike` is called once, when the run comes to the phase. @param id of the cell */
  watching(call: ActionCall, id: string, strike: (child: ChildProcess) => void): ActionCall {
    let [child, struck]: [ChildProcess | undefined, boolean] = [undefined, false]
    const once = (): void => {
      if (struck || this.#released || child === undefined) return
      struck = true
      strike(child)
    }
    this.onRequests(() => {
      if (this.sprung) once()
      return undefined
    })
    return {
      ...call,
      onStart: (started) => {
        child ??= started
        if (this.#phase?.tool !== undefined) whenStarted(this.#phase.tool, id, once)
      },
      onOutput: (text) => {
        if (this.reads(text)) once()
      },
    }
  }

  async release(): Promise<void> {
    this.#released = true
    await Promise.all(this.#room.proxies.map((proxy) => proxy.mend()))
  }
}

function armNetwork(trap: Trap, fault: NetworkFault, {dialect}: Room, call: ActionCall): Armed {
  let struck = 0
  trap.onRequests((request) => {
    if (struck >= fault.times) return undefined
    const harm = fault.harm(request, dialect)
    if (harm !== undefined) struck += 1
    return harm
  })
  const onOutput: ActionCall['onOutput'] = (text) => {
    trap.reads(text)
  }
  return {call: {...call, onOutput}, met: () => struck > 0, disarm: () => trap.release()}
}

function armSignal(trap: Trap, fault: SignalFault, call: ActionCall, id: string): Armed {
  let sent = false
  const strike = (child: ChildProcess): void => {
    sent = true
    for (const signal of fault.signals) child.kill(signal)
    if (fault.alone === true) endProcessesOf(id)
  }
  return {call: trap.watching(call, id, strike), met: () => sent, disarm: () => trap.release()}
}

function armTrouble(trap: Trap, {call, strike, mend, close, amended}: Trouble, id: string): Armed {
  let struck = false
  const watched = trap.watching(call, id, () => {
    struck = true
    strike()
  })
  const disarm = async (): Promise<void> => {
    mend()
    await trap.release()
  }
  return {call: watched, met: () => struck, disarm, close, ...(amended && {amended})}
}

function whenStarted(tool: string, id: string, strike: () => void): void {
  let looks = 0
  const timer = setInterval(() => {
    looks += 1
    const runs = processesOf(id).some(({command}) => command.includes(`/${tool} `))
    if (runs) strike()
    if (runs || looks > 1000) clearInterval(timer)
  }, 20)
}

async function armMachine(what: Machine, room: Room, call: ActionCall, folder: string): Promise<Armed> {
  if (what === 'no-network') for (const proxy of room.proxies) await proxy.cut()
  return {
    call: narrowed(what, room, call, folder),
    met: () => true,
    disarm: async () => {
      await Promise.all(room.proxies.map((proxy) => proxy.mend()))
    },
  }
}

const FILES: Partial<Readonly<Record<Machine, readonly string[]>>> = {
  'no-output-file': ['GITHUB_OUTPUT'],
  'no-summary-file': ['GITHUB_STEP_SUMMARY'],
  'no-state-file': ['GITHUB_STATE'],
}
const ALL_FILES = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_STEP_SUMMARY']

// Mounts that only this process and its children see. Bash, as other shells take away variables with a dash: most inputs.
const inMount = (prepare: string): readonly string[] => [
  'unshare',
  '--mount',
  'bash',
  '-c',
  `${prepare} && exec "$@"`,
  'bash',
]

function narrowed(what: Machine, room: Room, call: ActionCall, folder: string): ActionCall {
  const missing = FILES[what]?.map((name) => [name, join(folder, 'nowhere', name)] as const)
  if (missing !== undefined) return {...call, env: {...call.env, ...Object.fromEntries(missing)}}
  if (what === 'full-output') {
    return {...call, env: {...call.env, ...Object.fromEntries(ALL_FILES.map((name) => [name, '/dev/full']))}}
  }
  if (what === 'full-temp') {
    const full = 'mount -t tmpfs -o size=4k tmpfs "$RUNNER_TEMP" && head -c 4096 /dev/zero > "$RUNNER_TEMP/ballast"'
    return {...call, before: inMount(full)}
  }
  if (what === 'read-only-temp') return {...call, before: inMount('mount -t tmpfs -o ro tmpfs "$RUNNER_TEMP"')}
  return what === 'no-names' ? nameless(room, call) : call
}
