import {HttpClient} from '@actions/http-client'
import type {HttpClientResponse} from '@actions/http-client'
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

const RETRIES = 3

/**
 * A client of the OCI distribution API (https://github.com/opencontainers/distribution-spec/blob/main/spec.md). Proxy
 * variables are honoured; registries on this machine are asked by plain HTTP, as Docker does.
 * @param credentials undefined for a registry that asks for none
 */
export function makeRegistryClient(host: string, credentials: BasicCredentials | undefined): RegistryClient {
  const base = `${isLoopback(host) ? 'http' : 'https'}://${host}/v2`
  const http = new HttpClient('slipway', [], {allowRetries: true, maxRetries: RETRIES})
  const get = async (path: string, accept: string): Promise<Buffer | undefined> => {
    const url = `${base}/${path}`
    const response = await authorizedGet(http, url, accept, credentials)
    const status = response.message.statusCode ?? 0
    const body = (await response.readBodyBuffer?.()) ?? Buffer.alloc(0)
    if (status === 404) return undefined
    if (status !== 200)
      throw new Error(`${host} answered ${String(status)} to GET ${path}: ${body.toString().slice(0, 300)}`)
    return body
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

async function authorizedGet(
  http: HttpClient,
  url: string,
  accept: string,
  credentials: BasicCredentials | undefined,
): Promise<HttpClientResponse> {
  const basic =
    credentials && `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
  const response = await http.get(url, {accept, ...(basic !== undefined && {authorization: basic})})
  const challenge = response.message.headers['www-authenticate']
  if (response.message.statusCode !== 401 || challenge?.startsWith('Bearer ') !== true) return response
  await response.readBody()
  const authorization = `Bearer ${await fetchToken(http, challenge, basic)}`
  return await http.get(url, {accept, authorization})
}

// https://distribution.github.io/distribution/spec/auth/token/: ECR Public and most other registries want this detour.
async function fetchToken(http: HttpClient, challenge: string, basic: string | undefined): Promise<string> {
  const fields = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]))
  const url = new URL(fields.get('realm') ?? '')
  for (const name of ['service', 'scope']) url.searchParams.set(name, fields.get(name) ?? '')
  const {result} = await http.getJson<{token?: string; access_token?: string}>(
    url.href,
    basic === undefined ? {} : {authorization: basic},
  )
  return result?.token ?? result?.access_token ?? ''
}
