import {execFile} from 'node:child_process'
import {existsSync} from 'node:fs'
import {cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {minify} from 'terser'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')
/** The largest bundle we ship, in bytes: what a user's job downloads before its first line. */
const LIMIT_BYTES = 1_400_000

const MINIFY = {module: true, keep_classnames: true, keep_fnames: true} as const

/** Where the sources stand without their types while bundles are made of them (`outDir` of tsconfig.build.json). */
const STRIPPED = 'build'

/** The programs an action may have, by their sources: the step, its post step, and what another program calls. */
const PROGRAMS = ['index', 'post', 'credential-plugin']

/** The names of all actions: the folders below `actions/` that hold an action.yml. */
export async function actionNames(): Promise<string[]> {
  const folders = await readdir(join(root, 'actions'))
  return folders.filter((name) => existsSync(join(root, 'actions', name, 'action.yml'))).sort()
}

const programsOf = (action: string): string[] =>
  PROGRAMS.filter((name) => existsSync(join(root, 'actions', action, 'src', `${name}.ts`)))

/**
 * Bundles an action once for all its programs, as they share most of their code: each is loaded as a chunk by the entry,
 * and those that are not the step itself have a file of their own that says which one is meant. A file and not the saved
 * state says so, as a step that is killed before it has saved any must not be run again by its post step.
 */
async function bundle(action: string, dist: string): Promise<number> {
  const programs = programsOf(action)
  const others = programs.filter((name) => name !== 'index')
  const out = join(dist, action)
  const entry = others.length > 0 ? await writeEntry(action, programs) : join(STRIPPED, action, 'src', 'index.js')
  await runNcc(entry, out)
  await minifyAll(out)
  for (const name of others) {
    await mkdir(join(out, name), {recursive: true})
    await writeFile(join(out, name, 'index.js'), `globalThis.slipwayProgram = '${name}'\nawait import('../index.js')\n`)
  }
  return await checkBundle(out)
}

async function writeEntry(action: string, programs: readonly string[]): Promise<string> {
  const cases = programs.map((name) => `  ${JSON.stringify(name)}: () => import('./src/${name}.js'),\n`).join('')
  const entry = join(STRIPPED, action, 'entry.js')
  const text = `const programs = {\n${cases}}\nawait programs[globalThis.slipwayProgram ?? 'index']()\n`
  await writeFile(join(root, entry), text)
  return entry
}

async function runNcc(entry: string, out: string): Promise<void> {
  const ncc = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js')
  const options = ['--license', 'licenses.txt', '--no-cache', '--transpile-only']
  try {
    const argv = [ncc, 'build', entry, '--out', out, ...options]
    await run(process.execPath, argv, {cwd: root, maxBuffer: 64 * 1024 * 1024})
  } catch (error) {
    const {stdout, stderr} = error as {stdout: string; stderr: string}
    throw new Error(`ncc could not build ${entry}:\n${stdout}${stderr}`, {cause: error})
  }
}

/** ncc would minify the entry and leave the chunks; names stay, for stack traces and for the errors of the AWS SDK. */
async function minifyAll(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.js'))) {
    const file = join(folder, name)
    const {code = ''} = await minify(await readFile(file, 'utf8'), MINIFY)
    await writeFile(file, `${code}\n`)
  }
}

// ncc turns a module that it cannot find into code that throws when a user's job reaches it.
async function checkBundle(folder: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.js')) continue
    const text = await readFile(join(folder, name), 'utf8')
    if (text.includes('webpackMissingModule')) {
      throw new Error(`${folder}/${name} misses a module: look for "Module not found" in the output of ncc.`)
    }
    // ncc takes join(folder, 'name') for an asset of ours and points it into the bundle: write `${folder}/name` instead.
    const asset = /[\w$]+\.ab ?\+ ?"[^"]*"/.exec(text)?.[0]
    if (asset !== undefined)
      throw new Error(`${folder}/${name} looks for a file of the user's in the bundle: ${asset}.`)
    bytes += Buffer.byteLength(text)
  }
  if (bytes > LIMIT_BYTES) throw new Error(`${folder} has ${String(bytes)} bytes; the limit is ${String(LIMIT_BYTES)}.`)
  return bytes
}

// Types are checked once for the whole tree (`npm run types`); ncc would check all of it again for every bundle.
async function stripTypes(): Promise<void> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  await run(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--noCheck'])
}

async function build(actions: readonly string[], dist: string): Promise<void> {
  await stripTypes()
  // Made aside and moved into place whole: a workflow that runs meanwhile finds the old bundle or the new one.
  const aside = join(root, STRIPPED, `dist-${String(process.pid)}`)
  const waiting = [...actions]
  const lane = async (): Promise<void> => {
    for (let action = waiting.shift(); action !== undefined; action = waiting.shift()) {
      const bytes = await bundle(action, aside)
      console.log(`${join('dist', action).padEnd(40)} ${(bytes / 1e6).toFixed(2)} MB`)
      await moveInto(dist, action, aside)
    }
  }
  try {
    await Promise.all([lane(), lane()]) // ncc is a process of its own, the minifier is not
  } finally {
    await rm(aside, {recursive: true, force: true})
  }
}

async function moveInto(dist: string, action: string, aside: string): Promise<void> {
  await mkdir(dist, {recursive: true})
  await rm(join(dist, action), {recursive: true, force: true})
  await rename(join(aside, action), join(dist, action)).catch(async () => {
    // Another file system (the check builds below the temporary folder).
    await cp(join(aside, action), join(dist, action), {recursive: true})
  })
}

/** Builds everything anew beside `dist` and names the files that are not the committed ones; gives the exit code. */
async function check(actions: readonly string[]): Promise<number> {
  const fresh = await mkdtemp(join(tmpdir(), 'slipway-dist-'))
  try {
    await build(actions, fresh)
    const [built, committed] = [await filesBelow(fresh), await filesBelow(join(root, 'dist'))]
    const names = [...new Set([...built.keys(), ...committed.keys()])].sort()
    const different = names.filter((name) => built.get(name) !== committed.get(name))
    if (different.length === 0) return 0
    console.error(`dist is not what the sources make: ${different.join(', ')}. Run "npm run build" and commit dist.`)
    return 1
  } finally {
    await rm(fresh, {recursive: true, force: true})
  }
}

async function filesBelow(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, {recursive: true, withFileTypes: true})
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
  return new Map(paths.map((path, at) => [path.slice(folder.length + 1), texts[at] ?? '']))
}

/** Builds the bundles of the named actions, or of all of them, from an empty folder. `--check` only compares. */
async function main(argv: readonly string[]): Promise<number> {
  const all = await actionNames()
  const wanted = argv.filter((word) => word !== '--check')
  const unknown = wanted.filter((name) => !all.includes(name))
  if (unknown.length > 0) throw new Error(`There is no action ${unknown.join(', ')}: use ${all.join(', ')}.`)
  if (argv.includes('--check')) return await check(all)
  if (wanted.length === 0) {
    // What no action owns any more must not stay behind.
    for (const name of await readdir(join(root, 'dist')).catch(() => [])) {
      if (!all.includes(name)) await rm(join(root, 'dist', name), {recursive: true, force: true})
    }
  }
  await build(wanted.length > 0 ? wanted : all, join(root, 'dist'))
  return 0
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
