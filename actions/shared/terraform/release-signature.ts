import {rm} from 'node:fs/promises'
import {errorMessage, InputError} from '../core/errors.ts'
import {lastWords} from '../core/exec.ts'
import {privateFolder, readUserFile, writePrivateFile} from '../core/files.ts'
import {makeHttpGet} from '../core/http-get.ts'
import type {World} from '../core/world.ts'

/** A maker's public key: fetched from its own server, and believed only under this fingerprint. */
export interface SigningKey {
  readonly url: string
  readonly fingerprint: string
}

/** A file and the signature that came with it. */
export interface SignedFile {
  readonly signed: Buffer
  readonly signature: Buffer
  /** Where it came from, for messages. */
  readonly url: string
}

/**
 * Checks an OpenPGP signature with gpg, which runners have: a library for it weighs more than the whole action.
 * @param key the maker's key, or the path of a key that the user trusts
 * @throws {InputError} when the signature does not hold, or cannot be checked
 */
export async function checkSignature(world: World, file: SignedFile, key: SigningKey | string): Promise<void> {
  if ((await world.processes.find('gpg')) === undefined) {
    throw new InputError(
      `The signature of ${file.url} cannot be checked: "gpg" was not found on PATH; install gnupg, or set "verify-signature: false" to trust the checksums alone.`,
    )
  }
  // Short, because gpg's agent puts a socket into it, whose path may have some hundred characters.
  const home = await privateFolder(world.env, 'gpg')
  try {
    await verify(world, home, file, key)
  } finally {
    await rm(home, {recursive: true, force: true})
  }
}

async function verify(world: World, home: string, file: SignedFile, key: SigningKey | string): Promise<void> {
  const armoured = typeof key === 'string' ? await readUserFile(world.env, 'tool-key', key) : await fetchKey(world, key)
  const [keyPath, signedPath, signaturePath] = [`${home}/key`, `${home}/signed`, `${home}/signature`]
  await writePrivateFile(keyPath, armoured)
  await writePrivateFile(signedPath, file.signed)
  await writePrivateFile(signaturePath, file.signature)
  const common = ['--homedir', home, '--batch', '--no-tty', '--no-autostart']
  const imported = await world.processes.call('gpg', [...common, '--import', keyPath])
  if (imported.code !== 0) throw unsigned(file, `its key cannot be read: ${lastWords('gpg', imported)}`)
  const checked = await world.processes.call('gpg', [...common, '--status-fd=1', '--verify', signaturePath, signedPath])
  // The last word of the line is the primary key, whichever of its subkeys has signed (doc/DETAILS of GnuPG, VALIDSIG).
  const signer = /^\[GNUPG:\] VALIDSIG .* ([0-9A-F]{40,64})$/m.exec(checked.stdout)?.[1]
  if (checked.code !== 0 || signer === undefined) throw unsigned(file, lastWords('gpg', {...checked, stdout: ''}))
  if (typeof key !== 'string' && signer !== key.fingerprint) throw unsigned(file, `it was signed by ${signer}`)
}

async function fetchKey({env}: World, {url}: SigningKey): Promise<string> {
  try {
    const {status, body} = await makeHttpGet(env)(url, {'user-agent': 'slipway'})
    if (status === 200) return body.toString('utf8')
    throw new Error(`it answers ${String(status)}`)
  } catch (error) {
    throw new InputError(
      `The signing key cannot be had from ${url}: ${errorMessage(error)}; keep it in the repository and name it with "tool-key".`,
    )
  }
}

function unsigned({url}: SignedFile, why: string): InputError {
  return new InputError(`The signature of ${url} does not hold: ${why}. Nothing was installed.`)
}
