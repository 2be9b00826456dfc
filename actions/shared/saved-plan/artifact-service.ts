import * as z from 'zod/mini'
import type {World} from '../core/world.ts'
import {downloadSigned, fetchAgain, hideSignature, notToBeHad} from './artifact-http.ts'

const SERVICE = '/twirp/github.actions.results.api.v1.ArtifactService/'
/** The first version of artifacts that cannot be changed after they were finished. */
const ARTIFACT_VERSION = 4

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
    hideSignature(this.#world, url)
    const put = {
      method: 'PUT',
      headers: {'x-ms-blob-type': 'BlockBlob', 'Content-Type': 'application/zip'},
      body: Buffer.from(zip),
    }
    await fetchAgain(this.#world, {what: 'the upload', url, init: put}, () => Promise.resolve())
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
    return await downloadSigned(this.#world, url)
  }

  /** Deletes an artifact of this run. @throws {Failure} as {@link upload} does */
  async remove(name: string): Promise<void> {
    const done = await this.#ask('DeleteArtifact', {name}, finished)
    if (!done.ok) throw new Error('The artifact service did not delete it.')
  }

  async #ask<T extends z.ZodMiniType>(method: string, fields: object, answer: T): Promise<z.infer<T>> {
    const init = {
      method: 'POST',
      headers: {Authorization: `Bearer ${this.#token}`, 'Content-Type': 'application/json'},
      body: JSON.stringify({...this.#backend, ...fields}),
    }
    const request = {what: method, url: `${this.#origin}${SERVICE}${method}`, init}
    return await fetchAgain(this.#world, request, async (response) => {
      const parsed = answer.safeParse(await response.json().catch(() => undefined))
      if (!parsed.success) throw notToBeHad(`what answers ${method} is something else, or breaks off`)
      return parsed.data
    })
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
