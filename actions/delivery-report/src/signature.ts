import {createHash, createPrivateKey, createPublicKey, sign, verify} from 'node:crypto'
import type {KeyObject} from 'node:crypto'
import {InputError} from '../../shared/core/errors.ts'
import {canonicalJson} from '../../shared/core/json.ts'
import type {Delivery, Signature} from './delivery-schema.ts'

// Ed25519 and no shared secret: who checks a receipt, a rollback or an auditor, must not be able to write one.

/** The key that receipts are signed with. @throws {InputError} when it is no Ed25519 private key in PEM */
export function readSigningKey(pem: string): KeyObject {
  const key = read(() => createPrivateKey(pem))
  if (key?.asymmetricKeyType === 'ed25519') return key
  throw new InputError(
    'Input "receipt-key" is not an Ed25519 private key: make one with "openssl genpkey -algorithm ed25519", and store all lines of it as the secret.',
  )
}

/**
 * The keys whose receipts are believed, one PEM block after the other: two while one key takes the place of another.
 * @throws {InputError} when one of them is no Ed25519 public key
 */
export function readTrustedKeys(pem: string): KeyObject[] {
  const blocks = pem.match(/-----BEGIN [A-Z ]+-----[\s\S]*?-----END [A-Z ]+-----/g) ?? [pem]
  return blocks.map((block) => {
    // A private key would be taken for its public half, and would then stand where everybody reads it.
    const key = block.includes('PRIVATE') ? undefined : read(() => createPublicKey(block))
    if (key?.asymmetricKeyType === 'ed25519') return key
    throw new InputError(
      'Input "receipt-public-key" is not an Ed25519 public key: give what "openssl pkey -in receipt-key.pem -pubout" writes.',
    )
  })
}

/** `delivery` with the signature of `key`. */
export function signed(delivery: Delivery, key: KeyObject): Delivery {
  const value = sign(null, signedBytes(delivery), key).toString('base64')
  return {...delivery, signature: {algorithm: 'ed25519', key: fingerprint(createPublicKey(key)), value}}
}

/** What is wrong with the signature of a receipt, as the end of a sentence about it; undefined when one of the keys made it. */
export function signatureProblem(delivery: Delivery, keys: readonly KeyObject[]): string | undefined {
  const {signature} = delivery
  if (signature === undefined) return 'has no signature, and "receipt-public-key" asks for one'
  const key = keys.find((each) => fingerprint(each) === signature.key)
  if (key === undefined) return `is signed by a key that is not trusted here (${signature.key.slice(0, 19)}…)`
  const good = verify(null, signedBytes(delivery), key, Buffer.from(signature.value, 'base64'))
  return good ? undefined : 'was changed after it was signed'
}

/** `sha256:<hex>` of a public key. */
export function fingerprint(key: KeyObject): Signature['key'] {
  return `sha256:${createHash('sha256')
    .update(key.export({type: 'spki', format: 'der'}))
    .digest('hex')}`
}

function signedBytes(delivery: Delivery): Buffer {
  // Undefined is no property in JSON.
  return Buffer.from(`${delivery.schema}\n${canonicalJson({...delivery, signature: undefined})}`)
}

function read(key: () => KeyObject): KeyObject | undefined {
  try {
    return key()
  } catch {
    return undefined
  }
}
