import {execFile} from 'node:child_process'
import {existsSync} from 'node:fs'
import {readdir, readFile, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {promisify} from 'node:util'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')
/** The largest bundle we ship, in bytes: what a user's job downloads before its first line. */
const LIMIT_BYTES = 1_600_000

/** An entry of an action: `index` is what runs, `post` what runs after the job. */
interface Entry {
  readonly action: string
  readonly source: string
  readonly out: string
}

/** The names of all actions: the folders below `actions/` that hold an action.yml. */
export async function actionNames(): Promise<string[]> {
  const folders = await readdir(join(root, 'actions'))
  return folders.filter((name) => existsSync(join(root, 'actions', name, 'action.yml'))).sort()
}

function entriesOf(action: string): Entry[] {
  return ['index', 'post', 'credential-plugin']
    .filter((name) => existsSync(join(root, 'actions', action, 'src', `${name}.ts`)))
    .map((name) => ({
      action,
      source: join('actions', action, 'src', `${name}.ts`),
      out: join('dist', action, ...(name === 'index' ? [] : [name])),
    }))
}

async function bundle(entry: Entry): Promise<number> {
  const ncc = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js')
  const argv = [ncc, 'build', entry.source, '--out', entry.out, '--minify', '--license', 'licenses.txt', '--no-cache']
  try {
    await run(process.execPath, argv, {cwd: root, maxBuffer: 64 * 1024 * 1024})
  } catch (error) {
    const {stdout, stderr} = error as {stdout: string; stderr: string}
    throw new Error(`ncc could not build ${entry.source}:\n${stdout}${stderr}`, {cause: error})
  }
  return await checkBundle(entry)
}

// ncc turns a module that it cannot find into code that throws when a user's job reaches it.
async function checkBundle(entry: Entry): Promise<number> {
  const folder = join(root, entry.out)
  let bytes = 0
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.js')) continue
    const text = await readFile(join(folder, name), 'utf8')
    if (/webpackMissingModule|MODULE_NOT_FOUND'\s*;\s*throw/.test(text)) {
      throw new Error(`${entry.out}/${name} misses a module: look for "Module not found" in the output of ncc.`)
    }
    bytes += Buffer.byteLength(text)
  }
  if (bytes > LIMIT_BYTES)
    throw new Error(`${entry.out} has ${String(bytes)} bytes; the limit is ${String(LIMIT_BYTES)}.`)
  return bytes
}

/** Builds the bundles of the named actions, or of all of them, from an empty folder. */
async function main(wanted: readonly string[]): Promise<void> {
  const all = await actionNames()
  const unknown = wanted.filter((name) => !all.includes(name))
  if (unknown.length > 0) throw new Error(`There is no action ${unknown.join(', ')}: use ${all.join(', ')}.`)
  const actions = wanted.length > 0 ? wanted : all
  if (wanted.length === 0) await rm(join(root, 'dist'), {recursive: true, force: true})
  for (const action of actions) {
    await rm(join(root, 'dist', action), {recursive: true, force: true})
    for (const entry of entriesOf(action)) {
      const bytes = await bundle(entry)
      console.log(`${entry.out.padEnd(40)} ${(bytes / 1e6).toFixed(2)} MB`)
    }
  }
}

if (import.meta.main) await main(process.argv.slice(2))
