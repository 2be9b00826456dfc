import {Failure} from '../core/diagnosis.ts'
import type {World} from '../core/world.ts'

const ATTEMPTS = 5
const ANSWER_MS = 30_000
/** 100 kB a second, for uploads. */
const SLOWEST_BYTES_PER_MS = 100

/** One question to the service of artifacts, or to the storage behind it. */
export interface Question {
  /** What it is about, for messages. */
  readonly what: string
  readonly url: string
  readonly init: RequestInit
}

/**
 * Asks until there is an answer, five times at most. Reading it is part of an attempt: half a body, or a page of some
 * proxy, passes like a broken connection.
 * @throws {Failure} when the service refuses, or is still not to be had
 */
export async function fetchAgain<T>(
  world: World,
  question: Question,
  read: (response: Response) => Promise<T>,
  attempt = 1,
): Promise<T> {
  let failure: unknown
  try {
    const response = await answerTo(world, question)
    if (response.ok) return await read(response)
    failure = refused(question.what, response.status)
    if (response.status !== 429 && response.status < 500) attempt = ATTEMPTS
  } catch (error) {
    world.cancel.throwIfAborted()
    failure = error
  }
  if (attempt >= ATTEMPTS) throw failure
  await world.clock.sleep(500 * 2 ** attempt, world.cancel)
  return await fetchAgain(world, question, read, attempt + 1)
}

/** What lies at a signed address of the storage. @throws {Failure} as {@link fetchAgain} does */
export async function downloadSigned(world: World, url: string): Promise<Uint8Array> {
  hideSignature(world, url)
  const read = async (response: Response): Promise<Uint8Array> => new Uint8Array(await response.arrayBuffer())
  return await fetchAgain(world, {what: 'the download', url, init: {}}, read)
}

/** Whoever has a signed address can read what is there: its signature is shown nowhere. */
export function hideSignature({mask}: World, url: string): void {
  const signature = new URL(url).searchParams.get('sig')
  if (signature !== null) for (const form of [signature, encodeURIComponent(signature)]) mask.add(form)
}

/** A service that is away, or is asked too much. */
export function notToBeHad(cause: string): Failure {
  const advice = 're-run in some minutes, or keep plans elsewhere with "plan-store"'
  return new Failure({reason: 'unreachable', subject: 'Artifact service', cause, advice})
}

// A connection that went dead without a word would be waited on for five minutes.
async function answerTo({cancel}: World, {url, init}: Question): Promise<Response> {
  const bytes = init.body instanceof Uint8Array ? init.body.byteLength : 0
  const limit = new AbortController()
  const timer = setTimeout(
    () => {
      limit.abort(Object.assign(new Error(`${new URL(url).host} did not answer in time`), {code: 'ETIMEDOUT'}))
    },
    ANSWER_MS + bytes / SLOWEST_BYTES_PER_MS,
  )
  try {
    return await fetch(url, {...init, signal: AbortSignal.any([cancel, limit.signal])})
  } finally {
    clearTimeout(timer)
  }
}

function refused(what: string, status: number): Error {
  const cause = `${what} failed: HTTP ${String(status)}`
  if (status === 429 || status >= 500) return notToBeHad(cause)
  if (status !== 401 && status !== 403) return new Error(`The artifact service does not take it: ${cause}.`)
  const advice = 're-run the job: the token that the runner gives to a run is not accepted any more'
  return new Failure({reason: 'access-denied', subject: 'Artifact service', cause, advice})
}
