import {createHash} from 'node:crypto'
import {arch, platform} from 'node:process'
import {errorMessage, InputError} from '../core/errors.ts'
import {makeHttpGet} from '../core/http-get.ts'
import {isRecord, recordAt, recordsAt, textAt} from '../core/json.ts'
import type {World} from '../core/world.ts'
import {checkSignature} from './release-signature.ts'
import type {SigningKey} from './release-signature.ts'
import type {ToolName} from './tool-name.ts'
import {exactVersion, newest} from './version-constraint.ts'
import type {WantedVersion} from './wanted-version.ts'

/** Where releases come from, and how they are checked. */
export interface ReleaseSettings {
  /** A mirror of the maker's release server; undefined for the maker's own. */
  readonly mirror: string | undefined
  /** A file with the public key that must have signed; undefined for the maker's own key. */
  readonly keyFile: string | undefined
  /** Whether the checksums must be signed. They are compared in any case. */
  readonly signature: boolean
}

/** The addresses of one maker. `base` is the mirror when there is one. */
interface Maker {
  readonly base: string
  readonly index: (mirror: string | undefined) => string
  readonly folder: (base: string, version: string) => string
  readonly signatureEnding: string
  readonly key: SigningKey
}

const MAKERS: Readonly<Record<ToolName, Maker>> = {
  terraform: {
    base: 'https://releases.hashicorp.com',
    index: (mirror) => `${mirror ?? 'https://releases.hashicorp.com'}/terraform/index.json`,
    folder: (base, version) => `${base}/terraform/${version}`,
    signatureEnding: '.sig',
    // https://www.hashicorp.com/trust/security
    key: {
      url: 'https://www.hashicorp.com/.well-known/pgp-key.txt',
      fingerprint: 'C874011F0AB405110D02105534365D9472D7468F',
    },
  },
  tofu: {
    base: 'https://github.com/opentofu/opentofu/releases/download',
    index: (mirror) => `${mirror ?? 'https://get.opentofu.org/tofu'}/api.json`,
    folder: (base, version) => `${base}/v${version}`,
    signatureEnding: '.gpgsig',
    // https://opentofu.org/docs/intro/install/standalone/
    key: {
      url: 'https://get.opentofu.org/opentofu.asc',
      fingerprint: 'E3E6E43D84CB852EADB0051D0C0AF313E5FD9F80',
    },
  },
}

const SYSTEMS: Readonly<Record<string, string>> = {linux: 'linux', darwin: 'darwin', win32: 'windows'}
const ARCHITECTURES: Readonly<Record<string, string>> = {x64: 'amd64', arm64: 'arm64', ia32: '386', arm: 'arm'}

/** The newest published version that is wanted. @throws {InputError} when there is none */
export async function resolveVersion(
  world: World,
  tool: ToolName,
  wanted: WantedVersion,
  {mirror}: ReleaseSettings,
): Promise<string> {
  const exact = exactVersion(wanted.constraint)
  if (exact !== undefined) return exact
  const url = MAKERS[tool].index(mirror)
  const found = newest(versionsIn(JSON.parse((await download(world, tool, url)).toString('utf8'))), wanted.constraint)
  if (found !== undefined) return found
  throw new InputError(
    `${wanted.source} is "${wanted.constraint}", and ${new URL(url).host} has no such version of ${tool}: correct it.`,
  )
}

// HashiCorp lists versions as keys of an object, OpenTofu as objects with an id.
function versionsIn(index: unknown): string[] {
  if (!isRecord(index)) return []
  const listed = recordsAt(index, 'versions').flatMap((version) => textAt(version, 'id') ?? [])
  return [...listed, ...Object.keys(recordAt(index, 'versions'))]
}

/**
 * Downloads a release and checks it against the published checksums, and those against their signature.
 * @throws {InputError} when it cannot be had or is not what was published
 */
export async function downloadRelease(
  world: World,
  tool: ToolName,
  version: string,
  settings: ReleaseSettings,
): Promise<Buffer> {
  const {base, folder, signatureEnding, key} = MAKERS[tool]
  const from = folder(settings.mirror ?? base, version)
  const name = archiveName(tool, version)
  const sumsUrl = `${from}/${tool}_${version}_SHA256SUMS`
  const sums = await download(world, tool, sumsUrl)
  if (settings.signature) {
    const signature = await download(world, tool, `${sumsUrl}${signatureEnding}`)
    await checkSignature(world, {signed: sums, signature, url: sumsUrl}, settings.keyFile ?? key)
  }
  const archive = await download(world, tool, `${from}/${name}`)
  const wanted = new RegExp(`^([0-9a-f]{64})[ *]+${name.replaceAll('.', '\\.')}$`, 'm').exec(sums.toString('utf8'))?.[1]
  const actual = createHash('sha256').update(archive).digest('hex')
  if (actual === wanted) return archive
  throw new InputError(
    `${from}/${name} has sha256 ${actual}, but ${wanted ?? 'nothing'} is published: it was not installed.`,
  )
}

function archiveName(tool: ToolName, version: string): string {
  const [system, architecture] = [SYSTEMS[platform], ARCHITECTURES[arch]]
  if (system === undefined || architecture === undefined) {
    throw new InputError(`There is no ${tool} for ${platform} ${arch}: install it in a step before this one.`)
  }
  return `${tool}_${version}_${system}_${architecture}.zip`
}

async function download({env}: World, tool: ToolName, url: string): Promise<Buffer> {
  try {
    const {status, body} = await makeHttpGet(env)(url, {'user-agent': 'slipway'})
    if (status === 200) return body
    throw new Error(`it answers ${String(status)}`)
  } catch (error) {
    throw new InputError(
      `${tool} cannot be installed from ${url}: ${errorMessage(error)}; check the version, or name a mirror with "tool-mirror".`,
    )
  }
}
