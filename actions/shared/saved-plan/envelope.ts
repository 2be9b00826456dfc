import {createCipheriv, createDecipheriv, createHash, randomBytes, scrypt, scryptSync} from 'node:crypto'
import * as z from 'zod/mini'
import {Failure} from '../core/diagnosis.ts'

const MAGIC = Buffer.from('SLIPWAY-PLAN/1\n')
const TAG_BYTES = 16
const KEY_BYTES = 32
const LENGTH_BYTES = 4
/** N, r and p of scrypt as RFC 7914 names them: about 32 MiB and 0.1 s per guess of a key. */
const SCRYPT = {N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024} as const
const MAX_HEADER_BYTES = 1024 * 1024

const text = z.string()

/** What a saved plan is bound to. Everything here is authenticated when the plan is sealed. */
export const bindingSchema = z.object({
  /** `owner/name` */
  repository: text,
  /** The commit that was planned. */
  headSha: text,
  /** The commit that a pull request was planned against; empty elsewhere. */
  baseSha: text,
  /** `<run id>/<attempt>` */
  run: text,
  workingDirectory: text,
  workspace: text,
  backendType: text,
  backendPlace: z.record(text, text),
  tool: text,
  toolVersion: text,
  /** `sha256:<hex>` of .terraform.lock.hcl. */
  lockFile: text,
  /** `sha256:<hex>` of the binary plan. */
  planHash: text,
  /** `sha256:<hex>` of what the plan would do. */
  planDigest: text,
  /** ISO 8601, UTC. */
  plannedAt: text,
})

/** See {@link bindingSchema}. */
export type Binding = z.infer<typeof bindingSchema>

const headerSchema = z.object({
  schema: z.literal('slipway.plan/v1'),
  binding: bindingSchema,
  /** The files in the body, in order. */
  files: z.array(z.object({name: text, bytes: z.int().check(z.nonnegative())})),
  seal: z.union([
    z.object({cipher: z.literal('aes-256-gcm'), salt: text, nonce: text}),
    z.object({cipher: z.literal('none'), sha256: text}),
  ]),
})

type Header = z.infer<typeof headerSchema>

/** A saved plan with what travels with it, by file name: `plan.tfplan`, `.terraform.lock.hcl`, files made while planning. */
export interface Parcel {
  readonly binding: Binding
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** What seals one parcel: a key, and the salt that it was derived with. */
export interface SealKey {
  readonly salt: Buffer
  readonly key: Buffer
}

/**
 * Derives the key of one seal from a secret, beside whatever else is going on: it takes a tenth of a second of a processor,
 * on purpose. Each parcel gets a key of its own.
 */
export async function sealKey(secret: string): Promise<SealKey> {
  const salt = randomBytes(16)
  return await new Promise((resolve, reject) => {
    scrypt(secret, salt, KEY_BYTES, SCRYPT, (error, key) => {
      if (error) reject(error)
      else resolve({salt, key})
    })
  })
}

/**
 * Packs a parcel into one file. With a key it is sealed: AES-256-GCM under a key derived by scrypt, with the whole
 * header as additional authenticated data, so that neither the plan nor what it is bound to can be changed unseen.
 * Without a key the file is only protected against damage.
 */
export function pack(parcel: Parcel, key: SealKey | undefined): Buffer {
  const body = Buffer.concat([...parcel.files.values()])
  const files = [...parcel.files].map(([name, content]) => ({name, bytes: content.byteLength}))
  const about = {schema: 'slipway.plan/v1', binding: parcel.binding, files} as const
  if (key === undefined) {
    const sha256 = createHash('sha256').update(body).digest('hex')
    return Buffer.concat([headerBytes({...about, seal: {cipher: 'none', sha256}}), body])
  }
  const nonce = randomBytes(12)
  const seal = {cipher: 'aes-256-gcm', salt: key.salt.toString('base64'), nonce: nonce.toString('base64')} as const
  const header = headerBytes({...about, seal})
  const cipher = createCipheriv('aes-256-gcm', key.key, nonce, {authTagLength: TAG_BYTES})
  cipher.setAAD(header)
  const sealed = Buffer.concat([cipher.update(body), cipher.final()])
  return Buffer.concat([header, sealed, cipher.getAuthTag()])
}

function headerBytes(header: Header): Buffer {
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(json.length)
  return Buffer.concat([MAGIC, length, json])
}

/** A file that was read, before its seal is checked: nothing in it may be believed yet. */
interface Unchecked {
  readonly header: Header
  /** The header as it stands in the file, for the seal. */
  readonly authenticated: Buffer
  readonly body: Buffer
}

/**
 * Opens a packed plan and checks its seal.
 * @throws {Failure} when the file is no saved plan, was changed, or key and seal do not go together
 */
export function unpack(bytes: Uint8Array, key: string | undefined): Parcel {
  const unchecked = readUnchecked(Buffer.from(bytes))
  const body = checked(unchecked, key)
  const files = new Map<string, Uint8Array>()
  let at = 0
  for (const {name, bytes: size} of unchecked.header.files) {
    files.set(name, body.subarray(at, at + size))
    at += size
  }
  if (at !== body.length) throw tampered()
  return {binding: unchecked.header.binding, files}
}

function readUnchecked(bytes: Buffer): Unchecked {
  const start = MAGIC.length + LENGTH_BYTES
  if (bytes.length < start || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw notAPlan()
  const length = bytes.readUInt32BE(MAGIC.length)
  if (length > MAX_HEADER_BYTES || start + length > bytes.length) throw notAPlan()
  const end = start + length
  const header = headerSchema.safeParse(jsonOf(bytes.subarray(start, end)))
  if (!header.success) throw notAPlan()
  return {header: header.data, authenticated: bytes.subarray(0, end), body: bytes.subarray(end)}
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

function checked({header, authenticated, body}: Unchecked, key: string | undefined): Buffer {
  const {seal} = header
  if (seal.cipher === 'none') {
    // Whoever can write the store could otherwise replace a sealed plan by an open one.
    if (key !== undefined)
      throw rejected(
        'the plan is not sealed although "plan-key" is given',
        'give "plan-key" to terraform-plan too, and plan again',
      )
    if (createHash('sha256').update(body).digest('hex') !== seal.sha256) throw tampered()
    return body
  }
  if (key === undefined)
    throw rejected(
      'the plan is sealed and "plan-key" is not given',
      'give the "plan-key" that terraform-plan was given',
    )
  if (body.length < TAG_BYTES) throw tampered()
  const derived = scryptSync(key, Buffer.from(seal.salt, 'base64'), KEY_BYTES, SCRYPT)
  try {
    const decipher = createDecipheriv('aes-256-gcm', derived, Buffer.from(seal.nonce, 'base64'), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(authenticated)
    decipher.setAuthTag(body.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(body.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    throw tampered()
  }
}

function notAPlan(): Failure {
  return rejected(
    'the file is not a plan that terraform-plan saved',
    'give the plan-id (or file) of a terraform-plan step',
  )
}

function tampered(): Failure {
  return rejected(
    'the seal of the plan does not hold: it was changed after it was saved, or "plan-key" is another one',
    'plan again; if the key is right, find out who wrote to the plan store',
  )
}

function rejected(cause: string, advice: string): Failure {
  return new Failure({reason: 'plan-rejected', subject: 'Saved plan', cause, advice, undo: 'nothing was changed'})
}
