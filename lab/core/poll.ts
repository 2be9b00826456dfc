import {setTimeout as sleep} from 'node:timers/promises'

/** How long to wait for something that starts, and what to say when it does not. */
export interface Patience {
  readonly seconds: number
  readonly what: string
  /** Gives a reason to stop waiting at once, such as a process that has ended. */
  readonly doomed?: () => Promise<string | undefined> | string | undefined
}

const STEP_MS = 100

/**
 * Asks `ready` until it gives a value, quickly at first.
 * @throws Error naming what did not come, after `patience.seconds` or as soon as it is doomed.
 */
export async function waitFor<T>(ready: () => Promise<T | undefined>, patience: Patience): Promise<T> {
  const end = Date.now() + patience.seconds * 1000
  for (let step = STEP_MS; ; step = Math.min(step * 1.5, 1000)) {
    const value = await ready()
    if (value !== undefined) return value
    const doom = await patience.doomed?.()
    if (doom) throw new Error(`${patience.what}: ${doom}`)
    if (Date.now() > end) throw new Error(`${patience.what} did not come up within ${String(patience.seconds)} s.`)
    await sleep(step)
  }
}

/** True when a GET of the address is answered with a 2xx status within two seconds. */
export async function answers(url: string): Promise<true | undefined> {
  try {
    const response = await fetch(url, {signal: AbortSignal.timeout(2000)})
    await response.arrayBuffer()
    return response.ok ? true : undefined
  } catch {
    return undefined
  }
}
