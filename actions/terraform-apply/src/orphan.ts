import {readFileSync} from 'node:fs'
import {humanDuration} from '../../shared/core/clock.ts'
import type {World} from '../../shared/core/world.ts'

/** The tool at work on an apply: what the post step needs to find it again. */
export interface ApplyProcess {
  readonly pid: number
  /** The plan on its command line, which no other process has. */
  readonly file: string
}

/** Ten minutes: an apply that is not done by then is told of, and goes on while the machine lives. */
const LONGEST_WAIT_MS = 600_000
const LOOK_EVERY_MS = 500
const SAY_EVERY_MS = 30_000

/**
 * Waits for the tool of an action that was killed itself, for want of memory for example: the tool goes on, and the machine
 * may end when this does. Gives how it stands with it.
 */
export async function waitForOrphan(
  world: World,
  alive: (process: ApplyProcess) => boolean = isAlive,
): Promise<'gone' | 'ended' | 'running'> {
  const orphan = readProcess(world.env['STATE_process'])
  if (orphan === undefined || !alive(orphan)) return 'gone'
  const {clock, log} = world
  const started = clock.now()
  let said = -Infinity
  while (alive(orphan)) {
    const waited = clock.now() - started
    if (waited >= LONGEST_WAIT_MS) return 'running'
    if (waited - said >= SAY_EVERY_MS) {
      log.line(
        `the action was killed, its apply goes on (process ${String(orphan.pid)}): waited ${humanDuration(waited)}`,
      )
      said = waited
    }
    await clock.sleep(LOOK_EVERY_MS, world.cancel)
  }
  return 'ended'
}

function readProcess(text = ''): ApplyProcess | undefined {
  try {
    return JSON.parse(text) as ApplyProcess
  } catch {
    return undefined
  }
}

function isAlive({pid, file}: ApplyProcess): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    // Another process may have got the number meanwhile; of one that ended and was not waited for, nothing is left to read.
    return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8')
      .split('\0')
      .includes(file)
  } catch {
    return process.platform !== 'linux'
  }
}
