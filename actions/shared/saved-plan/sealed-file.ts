import {createCipheriv, createDecipheriv, createHash, randomBytes, scrypt, scryptSync} from 'node:crypto'
import * as z from 'zod/mini'
import {Failure} from '../core/diagnosis.ts'
import type {FailureReason} from '../core/diagnosis.ts'

const TAG_BYTES = 16
const KEY_BYTES = 32
const LENGTH_BYTES = 4
/** N, r and p of scrypt as RFC 7914 names them: about 32 MiB and 0.1 s per guess of a key. */
const SCRYPT = {N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024} as const
const MAX_HEADER_BYTES = 1024 * 1024

const text = z.string()

/** One kind of sealed file. Its magic and schema are under the seal: a file of one kind never passes for another. */
export interface SealedKind<B> {
  /** The first line of the file. */
  readonly magic: string
  readonly schema: string
  readonly binding: z.ZodMiniType<B>
  /** How the failures of opening one read. */
  readonly words: {
    readonly reason: FailureReason
    readonly subject: string
    /** `plan` */
    readonly what: string
    /** Of a file of some other kind. */
    readonly notOne: Refusal
    readonly notSealed: string
    readonly keyMissing: string
    readonly tampered: string
  }
}

interface Refusal {
  readonly cause: string
  readonly advice: string
}

const headerSchema = z.object({
  schema: text,
  binding: z.unknown(),
  /** The files in the body, in order. */
  files: z.array(z.object({name: text, bytes: z.int().check(z.nonnegative())})),
  seal: z.union([
    z.object({cipher: z.literal('aes-256-gcm'), salt: text, nonce: text}),
    z.object({cipher: z.literal('none'), sha256: text}),
  ]),
})

type Header = z.infer<typeof headerSchema>

/** Files that travel in one, by name, and what they are bound to. */
export interface Sealed<B> {
  readonly binding: B
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** What seals one file: a key, and the salt that it was derived with. */
export interface SealKey {
  readonly salt: Buffer
  readonly key: Buffer
}

/**
 * Derives the key of one seal from a secret, beside whatever else is going on: it takes a tenth of a second of a processor,
 * on purpose. Each file gets a key of its own.
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
 * Packs files into one. With a key it is sealed: AES-256-GCM under a key derived by scrypt, with the whole header as
 * additional authenticated data, so that neither the content nor what it is bound to can be changed unseen.
 * Without a key the file is only protected against damage.
 */
export function seal<B>(kind: SealedKind<B>, {binding, files}: Sealed<B>, key: SealKey | undefined): Buffer {
  const body = Buffer.concat([...files.values()])
  const listed = [...files].map(([name, content]) => ({name, bytes: content.byteLength}))
  const about = {schema: kind.schema, binding, files: listed}
  if (key === undefined) {
    const sha256 = createHash('sha256').update(body).digest('hex')
    return Buffer.concat([headerBytes(kind.magic, {...about, seal: {cipher: 'none', sha256}}), body])
  }
  const nonce = randomBytes(12)
  const how = {cipher: 'aes-256-gcm', salt: key.salt.toString('base64'), nonce: nonce.toString('base64')} as const
  const header = headerBytes(kind.magic, {...about, seal: how})
  const cipher = createCipheriv('aes-256-gcm', key.key, nonce, {authTagLength: TAG_BYTES})
  cipher.setAAD(header)
  const sealed = Buffer.concat([cipher.update(body), cipher.final()])
  return Buffer.concat([header, sealed, cipher.getAuthTag()])
}

function headerBytes(magic: string, header: Header): Buffer {
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(json.length)
  return Buffer.concat([Buffer.from(magic), length, json])
}

/** A file that was read, before its seal is checked: nothing in it may be believed yet. */
interface Unchecked<B> {
  readonly header: Header
  readonly binding: B
  /** The header as it stands in the file, for the seal. */
  readonly authenticated: Buffer
  readonly body: Buffer
}

/**
 * Opens a file and checks its seal.
 * @throws {Failure} when the file is none of this kind, was changed, or key and seal do not go together
 */
export function unseal<B>(kind: SealedKind<B>, bytes: Uint8Array, key: string | undefined): Sealed<B> {
  const unchecked = readUnchecked(kind, Buffer.from(bytes))
  const body = checked(kind, unchecked, key)
  const files = new Map<string, Uint8Array>()
  let at = 0
  for (const {name, bytes: size} of unchecked.header.files) {
    files.set(name, body.subarray(at, at + size))
    at += size
  }
  if (at !== body.length) throw tampered(kind)
  return {binding: unchecked.binding, files}
}

function readUnchecked<B>(kind: SealedKind<B>, bytes: Buffer): Unchecked<B> {
  const magic = Buffer.from(kind.magic)
  const start = magic.length + LENGTH_BYTES
  const notOne = (): Failure => rejected(kind, kind.words.notOne)
  if (bytes.length < start || !bytes.subarray(0, magic.length).equals(magic)) throw notOne()
  const length = bytes.readUInt32BE(magic.length)
  if (length > MAX_HEADER_BYTES || start + length > bytes.length) throw notOne()
  const end = start + length
  const header = headerSchema.safeParse(jsonOf(bytes.subarray(start, end)))
  if (!header.success || header.data.schema !== kind.schema) throw notOne()
  const binding = kind.binding.safeParse(header.data.binding)
  if (!binding.success) throw notOne()
  return {header: header.data, binding: binding.data, authenticated: bytes.subarray(0, end), body: bytes.subarray(end)}
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

function checked<B>(kind: SealedKind<B>, {header, authenticated, body}: Unchecked<B>, key: string | undefined): Buffer {
  const {seal: how} = header
  const {what, notSealed, keyMissing} = kind.words
  if (how.cipher === 'none') {
    // Whoever can write the store could otherwise replace a sealed file by an open one.
    if (key !== undefined)
      throw rejected(kind, {cause: `the ${what} is not sealed although "plan-key" is given`, advice: notSealed})
    if (createHash('sha256').update(body).digest('hex') !== how.sha256) throw tampered(kind)
    return body
  }
  if (key === undefined)
    throw rejected(kind, {cause: `the ${what} is sealed and "plan-key" is not given`, advice: keyMissing})
  if (body.length < TAG_BYTES) throw tampered(kind)
  const derived = scryptSync(key, Buffer.from(how.salt, 'base64'), KEY_BYTES, SCRYPT)
  try {
    const decipher = createDecipheriv('aes-256-gcm', derived, Buffer.from(how.nonce, 'base64'), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(authenticated)
    decipher.setAuthTag(body.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(body.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    throw tampered(kind)
  }
}

function tampered<B>(kind: SealedKind<B>): Failure {
  const cause = `the seal of the ${kind.words.what} does not hold: it was changed after it was saved, or "plan-key" is another one`
  return rejected(kind, {cause, advice: kind.words.tampered})
}

function rejected<B>({words: {reason, subject}}: SealedKind<B>, refusal: Refusal): Failure {
  return new Failure({reason, subject, ...refusal, undo: 'nothing was changed'})
}
