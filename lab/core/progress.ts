import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {dirname} from 'node:path'
import {z} from 'zod'
import type {LabPaths} from './paths.ts'

/** Shows what is being done, for how long, and how long it took last time. */
export interface Progress {
  /** Starts one thing; the function it gives ends it, says so, and returns the seconds it took. */
  readonly begin: (what: string, lastSeconds?: number) => (verdict?: string) => number
  /** Ends the display. */
  readonly close: () => void
}

const HEARTBEAT_MS = 15_000

/** `95` -> `1:35`. */
export function clockTime(seconds: number): string {
  const whole = Math.round(seconds)
  return `${String(Math.floor(whole / 60))}:${String(whole % 60).padStart(2, '0')}`
}

/** Progress as lines: one when a thing starts, one when it ends, and one for all that runs every quarter of a minute. */
export function lineProgress(say: (line: string) => void, now: () => number = Date.now): Progress {
  const running = new Map<string, {since: number; last: number | undefined}>()
  const elapsed = (since: number): number => (now() - since) / 1000
  const beat = (): void => {
    if (running.size === 0) return
    const items = [...running].map(([what, {since, last}]) => {
      return `${what} ${clockTime(elapsed(since))}${last === undefined ? '' : ` of about ${clockTime(last)}`}`
    })
    say(`  … ${items.join(', ')}`)
  }
  const timer = setInterval(beat, HEARTBEAT_MS)
  timer.unref()
  return {
    begin(what, lastSeconds) {
      const since = now()
      running.set(what, {since, last: lastSeconds})
      say(`  ▸ ${what}${lastSeconds === undefined ? '' : ` (${clockTime(lastSeconds)} last time)`}`)
      return (verdict = 'done') => {
        running.delete(what)
        say(`  ${verdict === 'done' ? '✓' : '✗'} ${what} ${verdict} in ${clockTime(elapsed(since))}`)
        return elapsed(since)
      }
    },
    close: () => {
      clearInterval(timer)
    },
  }
}

const times = z.record(z.string(), z.number())

/** Seconds each installation took last time; empty when nothing is known, as it only serves the display. */
export function readTimes(paths: LabPaths): Record<string, number> {
  try {
    return times.parse(JSON.parse(readFileSync(paths.times, 'utf8')))
  } catch {
    return {}
  }
}

/** Remembers how long an installation took. */
export function writeTime(paths: LabPaths, name: string, seconds: number): void {
  mkdirSync(dirname(paths.times), {recursive: true})
  const all = {...readTimes(paths), [name]: Math.round(seconds)}
  writeFileSync(paths.times, `${JSON.stringify(all, null, 2)}\n`)
}
