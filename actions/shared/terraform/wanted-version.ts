import {readdir, readFile} from 'node:fs/promises'
import {dirname, join, relative} from 'node:path'
import {InputError} from '../core/errors.ts'
import {isRecord, recordAt, textAt} from '../core/json.ts'
import type {ToolName} from './tool-name.ts'
import {isConstraint} from './version-constraint.ts'

/** Which versions of the tool are wanted, and who says so. */
export interface WantedVersion {
  readonly constraint: string
  /** `Input "terraform-version"`, `infra/.terraform-version`... */
  readonly source: string
}

/** Where versions are looked for. */
export interface VersionPlaces {
  readonly tool: ToolName
  /** The input `terraform-version`. */
  readonly input: string | undefined
  /** The root module's folder, absolute. */
  readonly folder: string
  /** The checkout, absolute: files above it are not looked at. */
  readonly top: string
}

/** A file that says which version is wanted, and how it is read. */
interface VersionFile {
  readonly name: string
  read(text: string, tool: ToolName): string | undefined | Promise<string | undefined>
}

const firstWord = (text: string): string | undefined =>
  text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .find((line) => line !== '')

/** The tool's name in files of asdf and mise. */
const PLUGINS: Readonly<Record<ToolName, string>> = {terraform: 'terraform', tofu: 'opentofu'}

const FILES: readonly VersionFile[] = [
  {name: '.terraform-version', read: (text, tool) => (tool === 'terraform' ? firstWord(text) : undefined)},
  {name: '.opentofu-version', read: (text, tool) => (tool === 'tofu' ? firstWord(text) : undefined)},
  {name: '.tfswitchrc', read: (text, tool) => (tool === 'terraform' ? firstWord(text) : undefined)},
  {name: '.tool-versions', read: (text, tool) => new RegExp(`^${PLUGINS[tool]}[ \\t]+(\\S+)`, 'm').exec(text)?.[1]},
  {name: 'mise.toml', read: misePin},
  {name: '.mise.toml', read: misePin},
]

/**
 * Which version is wanted: the input; else the nearest folder, from the root module up to the checkout, with a file that
 * says so (in the order of `.terraform-version` or `.opentofu-version`, `.tfswitchrc`, `.tool-versions`, `mise.toml`,
 * `.mise.toml`); else `required_version` of the configuration. Undefined when nobody says.
 * @throws {InputError} when what is said is no version
 */
export async function wantedVersion(places: VersionPlaces): Promise<WantedVersion | undefined> {
  const wanted =
    places.input === undefined
      ? ((await pinned(places)) ?? (await required(places)))
      : {constraint: places.input, source: 'Input "terraform-version"'}
  if (wanted === undefined || isConstraint(wanted.constraint)) return wanted
  throw new InputError(
    `${wanted.source} is "${wanted.constraint}", which is no version: give one such as 1.11.4, or a range such as ~1.11.`,
  )
}

async function pinned({tool, folder, top}: VersionPlaces): Promise<WantedVersion | undefined> {
  for (const place of foldersUpTo(folder, top)) {
    for (const {name, read} of FILES) {
      const text = await readFile(join(place, name), 'utf8').catch(() => undefined)
      const constraint = text === undefined ? undefined : await read(text, tool)
      if (constraint !== undefined) return {constraint, source: relative(top, join(place, name)).replaceAll('\\', '/')}
    }
  }
  return undefined
}

function foldersUpTo(folder: string, top: string): string[] {
  if (folder === top || relative(top, folder).startsWith('..')) return [folder]
  return [folder, ...foldersUpTo(dirname(folder), top)]
}

// A tool of mise has a version, a list of them, or an object (https://mise.jdx.dev/configuration.html#tools-dev-tools).
async function misePin(text: string, tool: ToolName): Promise<string | undefined> {
  const {parse} = await import('smol-toml')
  try {
    const pin = recordAt(parse(text), 'tools')[PLUGINS[tool]]
    const first: unknown = Array.isArray(pin) ? pin[0] : pin
    return isRecord(first) ? textAt(first, 'version') : typeof first === 'string' ? first : undefined
  } catch {
    // A broken file is mise's to complain about.
    return undefined
  }
}

async function required({folder, tool, top}: VersionPlaces): Promise<WantedVersion | undefined> {
  const endings = tool === 'tofu' ? /\.(?:tf|tofu)(?:\.json)?$/ : /\.tf(?:\.json)?$/
  const names = (await readdir(folder)).filter((name) => endings.test(name)).sort()
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  const all = texts.flatMap((text) =>
    [...text.matchAll(/^[^#\n]*?"?required_version"?\s*[=:]\s*"([^"]+)"/gm)].map((match) => match[1] ?? ''),
  )
  if (all.length === 0) return undefined
  return {constraint: all.join(', '), source: `required_version of ${relative(top, folder) || '.'}`}
}
