import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {pathToFileURL} from 'node:url'

/** @typedef {{ level: string, msg: string } & Record<string, unknown>} Line */

/**
 * A directory that is gone when the test ends.
 *
 * @param {import('node:test').TestContext} t
 */
export function temporaryDirectory(t) {
  const directory = mkdtempSync(join(tmpdir(), 'streaming-api-'))
  t.after(() => rmSync(directory, {recursive: true, force: true}))
  return directory
}

/**
 * The URL of a database that does not exist yet.
 *
 * @param {import('node:test').TestContext} t
 */
export const databaseUrl = (t) => pathToFileURL(join(temporaryDirectory(t), 'streaming.db')).href

/**
 * Starts a program of the service as its image does, with nothing in the environment but what the test says.
 *
 * @param {import('node:test').TestContext} t
 * @param {'server' | 'migrate'} program
 * @param {Record<string, string>} env
 */
export function start(t, program, env) {
  const child = spawn(process.execPath, [new URL(`../src/${program}.js`, import.meta.url).pathname], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  /** @type {Line[]} */
  const lines = []
  const reader = createInterface({input: child.stdout})
  reader.on('line', (line) => {
    lines.push(JSON.parse(line))
    child.emit('logged')
  })
  const exit = Promise.all([once(child, 'exit'), once(reader, 'close')]).then(
    ([[code]]) => /** @type {number | null} */ (code),
  )

  /** @type {(msg: string) => Promise<Line>} */
  async function logged(msg) {
    for (;;) {
      const found = lines.find((line) => line.msg === msg)
      if (found) return found
      if (child.exitCode !== null)
        throw new Error(`exited with ${child.exitCode} before "${msg}": ${JSON.stringify(lines)}`)
      await Promise.race([once(child, 'logged'), exit])
    }
  }
  return {child, lines, exit, logged}
}

/**
 * Starts the server on a free port.
 *
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string>} [env]
 */
export async function startServer(t, env) {
  const program = start(t, 'server', {DATABASE_URL: databaseUrl(t), PORT: '0', ...env})
  const {port} = await program.logged('listening')
  return {...program, url: `http://127.0.0.1:${port}`, port: Number(port)}
}
