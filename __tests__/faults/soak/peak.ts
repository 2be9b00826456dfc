import {readFileSync} from 'node:fs'
import {processesOf} from '../core/watcher.ts'

const EVERY_MS = 250

/** Watches how much memory the bundles of a run take. */
export interface Peak {
  /** MiB of the bundle that took most; the tools it starts are not in it. */
  stop(): number
}

/** @param id by which the processes are told */
export function peakOf(id: string): Peak {
  let most = 0
  const timer = setInterval(() => {
    for (const {pid, command} of processesOf(id)) {
      if (command.includes('/dist/')) most = Math.max(most, highWater(pid))
    }
  }, EVERY_MS)
  return {
    stop: () => {
      clearInterval(timer)
      return Math.round(most)
    },
  }
}

// https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
function highWater(pid: number): number {
  try {
    const [, kib = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? []
    return Number(kib) / 1024
  } catch {
    return 0
  }
}
