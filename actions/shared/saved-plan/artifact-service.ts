import * as z from 'zod/mini'
import type {World} from '../core/world.ts'

const SERVICE = '/twirp/github.actions.results.api.v1.ArtifactService/'
/** The first version of artifacts that cannot be changed after they were finished. */
const ARTIFACT_VERSION = 4
const ATTEMPTS = 5

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
 * (packages/artifact, API v1). That package carries a whole storage SDK of two megabytes; a plan is one small file.
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

  /** Stores a zip under a name that no artifact of the run has yet. */
  async upload(name: string, zip: Uint8Array): Promise<void> {
    const {signed_upload_url: url} = await this.#ask('CreateArtifact', {name, version: ARTIFACT_VERSION}, created)
    this.#hideSignature(url)
    await this.#fetch('the upload of the plan', url, {
      method: 'PUT',
      headers: {'x-ms-blob-type': 'BlockBlob', 'Content-Type': 'application/zip'},
      body: Buffer.from(zip),
    })
    const done = await this.#ask('FinalizeArtifact', {name, size: String(zip.byteLength)}, finished)
    if (!done.ok) throw new Error('The artifact service did not take the plan.')
  }

  /** The zip of an artifact of this run, or undefined when there is none of that name. */
  async download(name: string): Promise<Uint8Array | undefined> {
    const found = await this.#ask('ListArtifacts', {name_filter: name}, listed)
    if (!found.artifacts?.some((artifact) => artifact.name === name)) return undefined
    const {signed_url: url} = await this.#ask('GetSignedArtifactURL', {name}, signed)
    this.#hideSignature(url)
    const response = await this.#fetch('the download of the plan', url, {})
    return new Uint8Array(await response.arrayBuffer())
  }

  async #ask<T extends z.ZodMiniType>(method: string, request: object, answer: T): Promise<z.infer<T>> {
    const response = await this.#fetch(`${method} of the artifact service`, `${this.#origin}${SERVICE}${method}`, {
      method: 'POST',
      headers: {Authorization: `Bearer ${this.#token}`, 'Content-Type': 'application/json'},
      body: JSON.stringify({...this.#backend, ...request}),
    })
    const parsed = answer.safeParse(await response.json())
    if (!parsed.success) throw new Error(`${method} of the artifact service gave an answer that cannot be read.`)
    return parsed.data
  }

  async #fetch(what: string, url: string, init: RequestInit, attempt = 1): Promise<Response> {
    const response = await fetch(url, {...init, signal: this.#world.cancel}).catch((error: unknown) => {
      this.#world.cancel.throwIfAborted()
      if (attempt >= ATTEMPTS) throw error
      return undefined
    })
    if (response?.ok) return response
    const passing = response === undefined || response.status === 429 || response.status >= 500
    if (!passing || attempt >= ATTEMPTS) throw new Error(`${what} failed: HTTP ${String(response?.status)}.`)
    await this.#world.clock.sleep(500 * 2 ** attempt, this.#world.cancel)
    return await this.#fetch(what, url, init, attempt + 1)
  }

  #hideSignature(url: string): void {
    const signature = new URL(url).searchParams.get('sig')
    if (signature !== null) for (const form of [signature, encodeURIComponent(signature)]) this.#world.mask.add(form)
  }
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
