/**
 * Time as the actions see it. Every wait and every timestamp goes through a clock that is passed in,
 * so that a half-hour wait is tested in milliseconds.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /**
   * Resolves after `ms` milliseconds.
   * @throws the signal's reason as soon as `signal` is aborted: a cancelled wait never runs to its end.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const onAbort = (): void => {
        clearTimeout(timer)
        reject(signal?.reason as Error)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', onAbort, {once: true})
    }),
}

/**
 * A span of time for people: `0.4 s`, `12 s`, `3 min 41 s`, `1 h 02 min`.
 * @param ms milliseconds; negative values count as 0
 */
export function humanDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 10) return `${seconds.toFixed(1).replace(/\.0$/, '')} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${String(whole)} s`
  if (whole < 3600) return `${String(Math.floor(whole / 60))} min ${String(whole % 60)} s`
  const minutes = Math.floor((whole % 3600) / 60)
  return `${String(Math.floor(whole / 3600))} h ${String(minutes).padStart(2, '0')} min`
}

/**
 * The position on a running stopwatch, as deploy logs print it: `00:09`, `12:30`, `61:00`.
 * @param ms milliseconds since the watch was started
 */
export function stopwatch(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
}
