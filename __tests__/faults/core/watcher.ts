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
      for (const [secret, cell] of this.#secrets) {
        if (line.includes(secret) && (isOnlyOne(secret) || isOf(pid, cell))) this.#found.add(cell)
      }
    }
  }
}

// A value that is written in a test may be an argument of somebody else on this machine, who tests the same.
const isOnlyOne = (secret: string): boolean => /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.test(secret)
const isOf = (pid: string, cell: string): boolean => read(`/proc/${pid}/environ`).includes(`${MARK}=${cell}\0`)

/** Processes that still run for a cell, as `pid command`. */
export function processesOf(cell: string): readonly {readonly pid: number; readonly command: string}[] {
  return pids()
    .filter((pid) => isOf(pid, cell))
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
