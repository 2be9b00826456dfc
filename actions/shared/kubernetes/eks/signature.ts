import {createHash, createHmac} from 'node:crypto'

/** AWS credentials that a call is signed with. */
export interface SigningKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** A GET without a body. */
export interface SignedCall {
  readonly service: string
  readonly region: string
  /** Escaped already. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Lower-case names; all of them are signed. */
  readonly headers: Readonly<Record<string, string>>
}

/** Where services answer, by the start of a region's name: https://docs.aws.amazon.com/general/latest/gr/rande.html */
const DOMAINS: readonly (readonly [string, string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['us-iso-', 'c2s.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
]

/** The host of a service in a region of any partition: `sts.eu-west-1.amazonaws.com`. */
export function serviceHost(service: string, region: string): string {
  return `${service}.${region}.${DOMAINS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'amazonaws.com'}`
}

/**
 * The query of a call that is signed in its query (Signature Version 4,
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html). The SDK's presigner would add
 * parameters of its own, which an EKS cluster refuses.
 * @param now milliseconds since the epoch
 */
export function presign(key: SigningKey, call: SignedCall, now: number): string {
  const {service, region, path, headers} = call
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  const scope = `${day}/${region}/${service}/aws4_request`
  const names = Object.keys(headers).sort()
  const query = canonicalQuery({
    ...call.query,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${key.accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    ...(key.sessionToken !== undefined && {'X-Amz-Security-Token': key.sessionToken}),
    'X-Amz-SignedHeaders': names.join(';'),
  })
  const lines = names.map((name) => `${name}:${headers[name] ?? ''}\n`).join('')
  const request = ['GET', path, query, lines, names.join(';'), sha256('')].join('\n')
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(request)].join('\n')
  const secret = [day, region, service, 'aws4_request'].reduce(hmac, Buffer.from(`AWS4${key.secretAccessKey}`))
  return `${query}&X-Amz-Signature=${hmac(secret, text).toString('hex')}`
}

function canonicalQuery(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([name, value]) => `${name}=${rfc3986(value)}`)
    .sort()
    .join('&')
}

function rfc3986(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
