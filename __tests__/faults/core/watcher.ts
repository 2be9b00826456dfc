import {readdirSync, readFileSync} from 'node:fs'

/** The variable by which the processes of a cell are told, down to their grandchildren. */
export const MARK = 'SLIPWAY_FAULT_CELL'
const EVERY_MS = 40

/** Looks at the process list while cells run, as anybody on the machine may. */
export class Watcher {
  readonly #secrets = new Map<string, string>()
  readonly #found = new Set<string>()
  readonly #timer = setInterval(() => {
    this.#look()
  }, EVERY_MS)

  /** From now on, `secret` must not be in an argument of any process. */
  guard(cell: string, secrets: readonly string[]): void {
    for (const secret of secrets) this.#secrets.set(secret, cell)
  }

  /** Whether a secret of the cell was seen in the process list. */
  sawSecretOf(cell: string): boolean {
    return this.#found.has(cell)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    if (this.#secrets.size === 0) return
    for (const pid of pids()) {
      const line = read(`/proc/${pid}/cmdline`)
      for (const [secret, cell] of this.#secrets) if (line.includes(secret)) this.#found.add(cell)
    }
  }
}

/** Processes that still run for a cell, as `pid command`. */
export function processesOf(cell: string): readonly {readonly pid: number; readonly command: string}[] {
  const mark = `${MARK}=${cell}\0`
  return pids()
    .filter((pid) => read(`/proc/${pid}/environ`).includes(mark))
    .map((pid) => ({pid: Number(pid), command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()}))
    .filter(({command}) => command !== '')
}

/** Ends what still runs for a cell, as a machine that goes away does. */
export function endProcessesOf(cell: string): void {
  for (const {pid} of processesOf(cell)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself meanwhile.
    }
  }
}

function pids(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
