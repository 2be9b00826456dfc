import {createHash, createHmac} from 'node:crypto'
import type {Hash} from 'node:crypto'
import {Readable} from 'node:stream'
import {HttpClient} from '@actions/http-client'
import {defaultProvider} from '@aws-sdk/credential-provider-node'
import {SignatureV4} from '@smithy/signature-v4'
import type {ClientConfig} from '../aws/client-config.ts'
import {AwsCallError, isTransient} from '../aws/errors.ts'
import type {World} from '../core/world.ts'

/** One answer of S3, read whole. */
interface Answer {
  readonly status: number
  readonly body: Buffer
  /** The region that the bucket is really in. */
  readonly region: string | undefined
}

/**
 * Puts, gets and deletes single objects of one bucket: three calls of S3's REST API
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html), signed by the SDK's own signer with the
 * credentials of the SDK's own chain. The whole S3 client would double the size of the action.
 */
export class S3Objects {
  readonly #world: World
  readonly #bucket: string
  readonly #config: ClientConfig
  readonly #http: HttpClient
  readonly #credentials = defaultProvider()
  #region: string

  constructor(world: World, bucket: string, config: ClientConfig) {
    this.#world = world
    this.#bucket = bucket
    this.#config = config
    this.#region = config.region
    this.#http = new HttpClient(config.customUserAgent, [], {allowRedirects: false})
  }

  /** Writes an object. @throws {Error} named by S3's code: `AccessDenied`, `NoSuchBucket`... */
  async put(key: string, content: Uint8Array): Promise<void> {
    await this.#request('PUT', key, Buffer.from(content))
  }

  /** An object's content, or undefined when there is none. @throws as {@link put} does */
  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      return (await this.#request('GET', key)).body
    } catch (error) {
      if (error instanceof AwsCallError && error.name === 'NoSuchKey') return undefined
      throw error
    }
  }

  /** Deletes an object; one that is not there is no error. @throws as {@link put} does */
  async remove(key: string): Promise<void> {
    await this.#request('DELETE', key)
  }

  async #request(method: string, key: string, body = Buffer.alloc(0), attempt = 1): Promise<Answer> {
    const {cancel, clock} = this.#world
    cancel.throwIfAborted()
    try {
      const answer = await this.#once(method, key, body)
      if (answer.status < 300) return answer
      if (answer.region !== undefined && answer.region !== this.#region && attempt === 1) {
        this.#region = answer.region
        return await this.#request(method, key, body, attempt + 1)
      }
      throw errorOf(answer)
    } catch (error) {
      if (!isTransient(error) || attempt >= this.#config.maxAttempts) throw error
      await clock.sleep(200 * 2 ** attempt, cancel)
      return await this.#request(method, key, body, attempt + 1)
    }
  }

  async #once(method: string, key: string, body: Buffer): Promise<Answer> {
    const url = objectUrl(this.#world.env, this.#region, this.#bucket, key)
    const signer = new SignatureV4({
      service: 's3',
      region: this.#region,
      credentials: this.#credentials,
      sha256: Sha256,
      uriEscapePath: false,
      applyChecksum: true,
    })
    const signed = await signer.sign(
      {
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        ...(url.port !== '' && {port: Number(url.port)}),
        path: url.pathname,
        query: {},
        headers: {host: url.host, 'content-length': String(body.length), 'x-amz-content-sha256': sha256Hex(body)},
        body,
      },
      {signingDate: new Date(this.#world.clock.now())},
    )
    const sent = body.length === 0 ? null : Readable.from([body])
    const response = await this.#http.request(method, url.href, sent, signed.headers)
    const region = response.message.headers['x-amz-bucket-region']
    return {
      status: response.message.statusCode ?? 0,
      body: (await response.readBodyBuffer?.()) ?? Buffer.alloc(0),
      region: typeof region === 'string' ? region : undefined,
    }
  }
}

function errorOf({status, body}: Answer): AwsCallError {
  const text = body.toString('utf8')
  const field = (name: string): string | undefined => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1]
  const unnamed = status === 403 ? 'AccessDenied' : status === 404 ? 'NoSuchKey' : `HTTP${String(status)}`
  return new AwsCallError(field('Code') ?? unnamed, field('Message') ?? `S3 answered HTTP ${String(status)}`, status)
}

// https://docs.aws.amazon.com/general/latest/gr/rande.html, by the first part of the region's name
const SUFFIXES: readonly (readonly [string, string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['eusc-', 'amazonaws.eu'],
]

/**
 * The address of an object: by the bucket's own host name, or by path at a custom endpoint (AWS_ENDPOINT_URL) and for
 * names with dots, which no wildcard certificate covers.
 */
export function objectUrl(env: World['env'], region: string, bucket: string, key: string): URL {
  const path = key.split('/').map(encodeRfc3986).join('/')
  const custom = env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL']
  if (custom) return new URL(`${custom.replace(/\/+$/, '')}/${bucket}/${path}`)
  const suffix = SUFFIXES.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'amazonaws.com'
  const host = `s3.${region}.${suffix}`
  return new URL(bucket.includes('.') ? `https://${host}/${bucket}/${path}` : `https://${bucket}.${host}/${path}`)
}

function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256Hex(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex')
}

type Digester = Pick<Hash, 'digest'> & {update(data: Uint8Array): unknown}

/** SHA-256 in the shape that the signer asks for, on Node's own implementation. */
class Sha256 {
  #hash: Digester
  readonly #begin: () => Digester

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#begin = () => (secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret)))
    this.#hash = this.#begin()
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data))
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()))
  }

  reset(): void {
    this.#hash = this.#begin()
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data)
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}
