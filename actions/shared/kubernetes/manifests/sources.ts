import {createHash} from 'node:crypto'
import {glob, readdir, readFile, stat} from 'node:fs/promises'
import {join, relative, resolve} from 'node:path'
import {errorMessage, InputError} from '../../core/errors.ts'
import {utf8} from '../../core/files.ts'

/** A text with manifests, and how it is called in messages. */
export interface Source {
  /** A path relative to the workspace, a URL, or `kustomize <folder>`. */
  readonly file: string
  readonly text: string
}

const MANIFEST_NAME = /\.(?:ya?ml|json)$/i
const FETCH_TIMEOUT_MS = 30_000

/**
 * Reads what the `manifests` input names: files, folders (with all folders below), glob patterns, http(s) URLs. Each
 * file is read once, however often it is named; files come in the order of the input, those of a folder sorted.
 * @param root the folder that relative paths start from
 * @throws {InputError} for a file or a pattern that names nothing, and for a URL that cannot be read
 */
export async function readSources(root: string, names: readonly string[]): Promise<Source[]> {
  const files = new Map<string, Source>()
  for (const name of names) {
    for (const file of isUrl(name) ? [name] : await filesOf(root, name)) {
      if (!files.has(file)) files.set(file, isUrl(file) ? await download(file) : await readOne(root, file))
    }
  }
  return [...files.values()]
}

function isUrl(name: string): boolean {
  return /^https?:\/\//i.test(name)
}

async function filesOf(root: string, name: string): Promise<string[]> {
  const path = resolve(root, name)
  const kind = await stat(path).catch(() => undefined)
  if (kind?.isFile() === true) return [path]
  if (kind?.isDirectory() === true) return await filesBelow(path, name)
  return await filesMatching(root, name)
}

async function filesBelow(folder: string, name: string): Promise<string[]> {
  const entries = await readdir(folder, {recursive: true, withFileTypes: true})
  const files = entries
    .filter((entry) => entry.isFile() && MANIFEST_NAME.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  if (files.length === 0) {
    throw new InputError(`Input "manifests" names the folder "${name}", which holds no .yaml, .yml or .json file.`)
  }
  const chart = entries.find((entry) => entry.isFile() && entry.name === 'Chart.yaml')
  if (chart !== undefined) {
    throw new InputError(
      `Input "manifests" names the folder "${name}", which is a Helm chart (${relative(folder, join(chart.parentPath, chart.name))}): ` +
        'give it as "helm:" instead.',
    )
  }
  const overlay = files.find((file) => /(?:^|\/)kustomization\.ya?ml$/.test(file))
  if (overlay !== undefined) {
    throw new InputError(
      `Input "manifests" names the folder "${name}", which is a kustomize overlay (${relative(folder, overlay)}): ` +
        'give it as "kustomize:" instead.',
    )
  }
  return files
}

async function filesMatching(root: string, pattern: string): Promise<string[]> {
  const found: string[] = []
  if (/[*?[{]/.test(pattern)) for await (const file of glob(pattern, {cwd: root})) found.push(resolve(root, file))
  const files = found.filter((file) => MANIFEST_NAME.test(file)).sort()
  if (files.length === 0) {
    throw new InputError(
      `Input "manifests" names "${pattern}", which is no file, no folder and matches nothing below the workspace ` +
        '(is the repository checked out?).',
    )
  }
  return files
}

async function readOne(root: string, path: string): Promise<Source> {
  const shown = relative(root, path)
  try {
    return {
      file: shown.startsWith('..') ? path : shown,
      text: utf8(await readFile(path), `Input "manifests" names "${shown}"`),
    }
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(`Input "manifests" names "${shown}", which cannot be read: ${errorMessage(error)}.`)
  }
}

// `…/install.yaml#sha256=<hex>` pins what is fetched; redirects are followed.
async function download(name: string): Promise<Source> {
  const [url = '', fragment = ''] = name.split('#', 2)
  const text = await fetchText(url)
  const wanted = /^sha256=([0-9a-f]{64})$/i.exec(fragment)?.[1]?.toLowerCase()
  const actual = createHash('sha256').update(text).digest('hex')
  if (fragment !== '' && wanted !== actual) {
    throw new InputError(`"${url}" has sha256=${actual}, not "${fragment}": what it serves is not what was pinned.`)
  }
  return {file: url, text}
}

async function fetchText(url: string): Promise<string> {
  const problem = (what: string): InputError =>
    new InputError(`Input "manifests" names "${url}", which cannot be read: ${what}.`)
  let response: Response
  try {
    response = await fetch(url, {redirect: 'follow', signal: AbortSignal.timeout(FETCH_TIMEOUT_MS)})
  } catch (error) {
    throw problem(errorMessage(error))
  }
  if (!response.ok) throw problem(`it answers ${String(response.status)} ${response.statusText}`.trim())
  return await response.text()
}
