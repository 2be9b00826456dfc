import * as z from 'zod/mini'
import {Failure} from '../core/diagnosis.ts'
import type {World} from '../core/world.ts'

const SERVICE = '/twirp/github.actions.results.api.v1.ArtifactService/'
/** The first version of artifacts that cannot be changed after they were finished. */
const ARTIFACT_VERSION = 4
const ATTEMPTS = 5
const ANSWER_MS = 30_000
/** 100 kB a second, for uploads. */
const SLOWEST_BYTES_PER_MS = 100

const created = z.object({ok: z.boolean(), signed_upload_url: z.string()})
const finished = z.object({ok: z.boolean()})
const listed = z.object({artifacts: z.optional(z.array(z.object({name: z.string()})))})
const signed = z.object({signed_url: z.string()})

/** The run and job that the runner's token speaks for. */
interface Backend {
  readonly workflow_run_backend_id: string
  readonly workflow_job_run_backend_id: string
}

/**
 * The artifact service of the run that this step belongs to, spoken to as actions/toolkit's artifact package does
 * (packages/artifact, API v1). That package carries a whole storage SDK of two megabytes; a plan or a state is one small file.
 */
export class ArtifactService {
  readonly #world: World
  readonly #origin: string
  readonly #token: string
  readonly #backend: Backend

  private constructor(world: World, origin: string, token: string, backend: Backend) {
    this.#world = world
    this.#origin = origin
    this.#token = token
    this.#backend = backend
  }

  /** The service of this run, or undefined where the runner has none. */
  static from(world: World): ArtifactService | undefined {
    const {ACTIONS_RESULTS_URL: url, ACTIONS_RUNTIME_TOKEN: token} = world.env
    if (!url || !token) return undefined
    const backend = backendOf(token)
    return backend && new ArtifactService(world, new URL(url).origin, token, backend)
  }

  /**
   * Stores a zip under a name that no artifact of the run has yet.
   * @throws {Failure} when the service refuses, or is still not to be had after five tries
   */
  async upload(name: string, zip: Uint8Array): Promise<void> {
    const {signed_upload_url: url} = await this.#ask('CreateArtifact', {name, version: ARTIFACT_VERSION}, created)
    this.#hideSignature(url)
    const put = {
      method: 'PUT',
      headers: {'x-ms-blob-type': 'BlockBlob', 'Content-Type': 'application/zip'},
      body: Buffer.from(zip),
    }
    await this.#fetch('the upload', url, put, () => Promise.resolve())
    const done = await this.#ask('FinalizeArtifact', {name, size: String(zip.byteLength)}, finished)
    if (!done.ok) throw new Error('The artifact service did not take the file.')
  }

  /**
   * The zip of an artifact of this run, or undefined when there is none of that name.
   * @throws {Failure} as {@link upload} does
   */
  async download(name: string): Promise<Uint8Array | undefined> {
    const found = await this.#ask('ListArtifacts', {name_filter: name}, listed)
    if (!found.artifacts?.some((artifact) => artifact.name === name)) return undefined
    const {signed_url: url} = await this.#ask('GetSignedArtifactURL', {name}, signed)
    this.#hideSignature(url)
    const read = async (response: Response): Promise<Uint8Array> => new Uint8Array(await response.arrayBuffer())
    return await this.#fetch('the download', url, {}, read)
  }

  /** Deletes an artifact of this run. @throws {Failure} as {@link upload} does */
  async remove(name: string): Promise<void> {
    const done = await this.#ask('DeleteArtifact', {name}, finished)
    if (!done.ok) throw new Error('The artifact service did not delete it.')
  }

  async #ask<T extends z.ZodMiniType>(method: string, request: object, answer: T): Promise<z.infer<T>> {
    const init = {
      method: 'POST',
      headers: {Authorization: `Bearer ${this.#token}`, 'Content-Type': 'application/json'},
      body: JSON.stringify({...this.#backend, ...request}),
    }
    return await this.#fetch(method, `${this.#origin}${SERVICE}${method}`, init, async (response) => {
      const parsed = answer.safeParse(await response.json().catch(() => undefined))
      if (!parsed.success) throw notToBeHad(`what answers ${method} is something else, or breaks off`)
      return parsed.data
    })
  }

  // Reading the answer is part of an attempt: half a body, or a page of some proxy, passes like a broken connection.
  async #fetch<T>(
    what: string,
    url: string,
    init: RequestInit,
    read: (response: Response) => Promise<T>,
    attempt = 1,
  ): Promise<T> {
    let failure: unknown
    try {
      const response = await this.#answer(url, init)
      if (response.ok) return await read(response)
      failure = refused(what, response.status)
      if (response.status !== 429 && response.status < 500) attempt = ATTEMPTS
    } catch (error) {
      this.#world.cancel.throwIfAborted()
      failure = error
    }
    if (attempt >= ATTEMPTS) throw failure
    await this.#world.clock.sleep(500 * 2 ** attempt, this.#world.cancel)
    return await this.#fetch(what, url, init, read, attempt + 1)
  }

  // A connection that went dead without a word would be waited on for five minutes.
  async #answer(url: string, init: RequestInit): Promise<Response> {
    const bytes = init.body instanceof Uint8Array ? init.body.byteLength : 0
    const limit = new AbortController()
    const timer = setTimeout(
      () => {
        limit.abort(Object.assign(new Error(`${new URL(url).host} did not answer in time`), {code: 'ETIMEDOUT'}))
      },
      ANSWER_MS + bytes / SLOWEST_BYTES_PER_MS,
    )
    try {
      return await fetch(url, {...init, signal: AbortSignal.any([this.#world.cancel, limit.signal])})
    } finally {
      clearTimeout(timer)
    }
  }

  #hideSignature(url: string): void {
    const signature = new URL(url).searchParams.get('sig')
    if (signature !== null) for (const form of [signature, encodeURIComponent(signature)]) this.#world.mask.add(form)
  }
}

function refused(what: string, status: number): Error {
  const cause = `${what} failed: HTTP ${String(status)}`
  if (status === 429 || status >= 500) return notToBeHad(cause)
  if (status !== 401 && status !== 403) return new Error(`The artifact service does not take it: ${cause}.`)
  const advice = 're-run the job: the token that the runner gives to a run is not accepted any more'
  return new Failure({reason: 'access-denied', subject: 'Artifact service', cause, advice})
}

function notToBeHad(cause: string): Failure {
  const advice = 're-run in some minutes, or keep plans elsewhere with "plan-store"'
  return new Failure({reason: 'unreachable', subject: 'Artifact service', cause, advice})
}

// The scope "Actions.Results:<run>:<job>" of the runner's token names both.
function backendOf(token: string): Backend | undefined {
  const [, claims = ''] = token.split('.')
  const scopes = /"scp":"([^"]*)"/.exec(Buffer.from(claims, 'base64url').toString('utf8'))?.[1] ?? ''
  const [, run, job] = /(?:^| )Actions\.Results:([^: ]+):([^: ]+)/.exec(scopes) ?? []
  return run === undefined || job === undefined
    ? undefined
    : {workflow_run_backend_id: run, workflow_job_run_backend_id: job}
}
