import * as z from 'zod/mini'
import {isTransient, transientWords} from '../aws/errors.ts'
import {Failure} from '../core/diagnosis.ts'
import type {Clock} from '../core/clock.ts'
import type {HttpAnswer, HttpGet} from '../core/http-get.ts'
import {MANIFEST_TYPES, digestOf, parseConfig, parseManifest, platformImages} from './manifest.ts'
import type {ImageConfig, Manifest} from './manifest.ts'
import {isLoopback} from './registry-host.ts'

/** A manifest as the registry gives it out. */
export interface StoredManifest {
  /** Computed from the bytes that came back, not taken from a header. */
  readonly digest: string
  readonly mediaType: string
  readonly text: string
  readonly manifest: Manifest
}

/** Reads from a registry by the protocol that every `docker pull` uses: what it answers is what others will pull. */
export interface RegistryClient {
  /** The manifest behind a tag or digest; undefined when the registry has none. */
  manifest(repository: string, reference: string): Promise<StoredManifest | undefined>
  /** The configuration (labels, platform) of an image; of its first platform when it is an index. */
  config(repository: string, manifest: Manifest): Promise<ImageConfig | undefined>
}

/** What the registry knows the caller by. */
export interface BasicCredentials {
  readonly username: string
  readonly password: string
}

const TRIES = 4
const FIRST_PAUSE_MS = 500
const LONGEST_WORDS = 300
const RETRIED: readonly number[] = [429, 500, 502, 503, 504]

/**
 * A client of the OCI distribution API (https://github.com/opencontainers/distribution-spec/blob/main/spec.md).
 * Registries on this machine are asked by plain HTTP, as Docker does. Throttling, 5xx and broken connections are tried
 * again.
 * @param credentials undefined for a registry that asks for none
 */
export function makeRegistryClient(
  http: HttpGet,
  clock: Clock,
  host: string,
  credentials: BasicCredentials | undefined,
): RegistryClient {
  const base = `${isLoopback(host) ? 'http' : 'https'}://${host}/v2`
  const get = async (path: string, accept: string): Promise<Buffer | undefined> => {
    const answer = await patiently(clock, () => authorizedGet(http, `${base}/${path}`, accept, credentials)).catch(
      (error: unknown) => {
        throw isTransient(error) ? notReached(host, transientWords(error)) : error
      },
    )
    const {status, body} = answer
    if (status === 404) return undefined
    if (comesRight(answer)) throw notReached(host, `what answered is not a registry, HTTP ${String(status)}`)
    if (status === 200) return body
    throw refused(host, path, status, body.toString().slice(0, LONGEST_WORDS))
  }
  const manifest = async (repository: string, reference: string): Promise<StoredManifest | undefined> => {
    const body = await get(`${repository}/manifests/${reference}`, MANIFEST_TYPES.join(', '))
    if (body === undefined) return undefined
    const text = body.toString('utf8')
    const parsed = parseManifest(text)
    return {digest: digestOf(body), mediaType: parsed.mediaType ?? '', text, manifest: parsed}
  }
  return {
    manifest,
    config: async (repository, given) => {
      const first = platformImages(given)[0]
      const image = first === undefined ? given : (await manifest(repository, first.digest))?.manifest
      if (image?.config === undefined) return undefined
      const body = await get(`${repository}/blobs/${image.config.digest}`, '*/*')
      return body && parseConfig(body.toString('utf8'))
    },
  }
}

// A page instead of a manifest is from a proxy or a guest network; registries never send one.
function comesRight({status, headers}: HttpAnswer): boolean {
  return RETRIED.includes(status) || (status === 200 && headers['content-type']?.startsWith('text/html') === true)
}

// ECR answers 400 to a token that has run out, and 403 to a role that may not pull.
function refused(host: string, path: string, status: number, words: string): Failure {
  return new Failure({
    reason: 'access-denied',
    subject: host,
    cause: `the registry refused GET ${path} with ${String(status)}: ${words}`,
    advice:
      'check that the role may pull from the repository (ecr:BatchGetImage, ecr:GetDownloadUrlForLayer) and that its credentials have not run out, then re-run',
  })
}

function notReached(host: string, words: string): Failure {
  return new Failure({
    reason: 'unreachable',
    subject: host,
    cause: `the registry could not be reached: ${words}`,
    advice: 'check the network of the runner (proxy, DNS, VPC endpoint), then re-run',
  })
}

async function patiently(clock: Clock, ask: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await ask().catch((error: unknown) => error)
    const failed = answer instanceof Error
    if (attempt === TRIES || (failed ? !isTransient(answer) : !comesRight(answer as HttpAnswer))) {
      if (failed) throw answer
      return answer as HttpAnswer
    }
    await clock.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1))
  }
}

async function authorizedGet(
  http: HttpGet,
  url: string,
  accept: string,
  credentials: BasicCredentials | undefined,
): Promise<HttpAnswer> {
  const basic =
    credentials && `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
  const answer = await http(url, {accept, ...(basic !== undefined && {authorization: basic})})
  const challenge = answer.headers['www-authenticate']
  if (answer.status !== 401 || challenge?.startsWith('Bearer ') !== true) return answer
  return await http(url, {accept, authorization: `Bearer ${await fetchToken(http, challenge, basic)}`})
}

const tokenSchema = z.object({token: z.optional(z.string()), access_token: z.optional(z.string())})

// https://distribution.github.io/distribution/spec/auth/token/: ECR Public and most other registries want this detour.
async function fetchToken(http: HttpGet, challenge: string, basic: string | undefined): Promise<string> {
  const fields = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]))
  const url = new URL(fields.get('realm') ?? '')
  for (const name of ['service', 'scope']) url.searchParams.set(name, fields.get(name) ?? '')
  const {body} = await http(url.href, basic === undefined ? {} : {authorization: basic})
  const {token, access_token: accessToken} = tokenSchema.parse(JSON.parse(body.toString('utf8')))
  return token ?? accessToken ?? ''
}
