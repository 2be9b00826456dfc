import {chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** What the fake `docker` does at each of its commands, by the start of its arguments. */
export type Script = Readonly<Record<string, ScriptedAnswer | readonly ScriptedAnswer[]>>

/** How one call ends; of a list, each call takes the next and the last stays. */
export interface ScriptedAnswer {
  readonly code?: number
  readonly stdout?: string
  readonly stderr?: string
  /** Push an image to the registry that the tags name (FAKE_DOCKER_PUSHES_TO: to that host), as a build does, and write buildx's metadata file. */
  readonly push?: boolean
  /** Name this digest in the metadata file, instead of the one that was pushed. */
  readonly claim?: string
  /** Remarks about the Dockerfile, as buildx writes them into the metadata file. */
  readonly warnings?: readonly unknown[]
  /** Milliseconds between what is said and the push. */
  readonly pauseMs?: number
  /** Say 100 MB more, or something that is no UTF-8. */
  readonly noise?: 'flood' | 'broken-utf8'
  /** Stay until a signal comes, and end with 130. */
  readonly hang?: boolean
}

/** One recorded call. */
export interface RecordedCall {
  readonly argv: readonly string[]
  readonly stdin: string
  readonly dockerConfig: string
  /** The config.json that the call saw. */
  readonly config: string
  /** Contents of the files that `--secret` options name. */
  readonly secrets: readonly string[]
}

/** A folder with an executable `docker` in it. */
export interface FakeDocker {
  readonly folder: string
  calls(): RecordedCall[]
  remove(): void
}

const PROGRAM = `#!/usr/bin/env node
const fs = require('node:fs'), http = require('node:http'), crypto = require('node:crypto'), path = require('node:path')
const here = __dirname, argv = process.argv.slice(2)
const script = JSON.parse(fs.readFileSync(path.join(here, 'script.json'), 'utf8'))
const stdin = argv.includes('--password-stdin') ? fs.readFileSync(0, 'utf8') : ''
const value = (name) => argv.flatMap((item, at) => (item === name ? [argv[at + 1]] : []))
const read = (file) => { try { return fs.readFileSync(file, 'utf8') } catch { return '' } }
const config = process.env.DOCKER_CONFIG || ''
const secrets = value('--secret').map((item) => read((/src=(.*)$/.exec(item) || [])[1] || ''))
fs.appendFileSync(path.join(here, 'calls.jsonl'), JSON.stringify({argv, stdin, dockerConfig: config, config: read(path.join(config, 'config.json')), secrets}) + '\\n')
const key = Object.keys(script).filter((start) => argv.join(' ').startsWith(start)).sort((a, b) => b.length - a.length)[0]
const calls = read(path.join(here, 'calls.jsonl')).trim().split('\\n').map((line) => JSON.parse(line).argv.join(' ')).filter((line) => key !== undefined && line.startsWith(key)).length
const given = key === undefined ? {} : script[key]
const answer = Array.isArray(given) ? given[Math.min(calls, given.length) - 1] : given
const put = (url, body) => new Promise((resolve) => {
  const give = (what) => { process.stderr.write('ERROR: failed to build: failed to solve: failed to push ' + url + ': ' + what + '\\n'); process.exit(1) }
  const request = http.request(url, {method: 'PUT', timeout: 15000}, (response) => {
    if (response.statusCode !== 201) give('unexpected status from PUT request: ' + response.statusCode + ' ' + response.statusMessage)
    response.on('error', () => {}); response.resume(); resolve()
  })
  request.on('timeout', () => give('i/o timeout'))
  request.on('error', () => give('read tcp: connection reset by peer')); request.end(body)
})
const saveMetadata = (file, text) => {
  try { fs.writeFileSync(file, text) } catch (error) {
    process.stderr.write('ERROR: write ' + file + ': ' + (error.code === 'ENOSPC' ? 'no space left on device' : 'read-only file system') + '\\n'); process.exit(1)
  }
}
async function main() {
  if (answer.pauseMs) { process.stderr.write(answer.stderr || ''); answer.stderr = '' }
  if (answer.noise === 'flood') for (let at = 0; at < 100; at += 1) await new Promise((done) => process.stderr.write(('#3 1.0 ' + 'x'.repeat(193) + '\\n').repeat(5215), done))
  if (answer.noise === 'broken-utf8') process.stderr.write(Buffer.from([0x23, 0x33, 0x20, 0x31, 0x2e, 0x30, 0x20, 0xff, 0xfe, 0xc3, 0x28, 0x0a]))
  if (answer.pauseMs) await new Promise((done) => setTimeout(done, answer.pauseMs))
  if (answer.push && argv.includes('--push')) {
    const labels = Object.fromEntries(value('--label').map((label) => [label.slice(0, label.indexOf('=')), label.slice(label.indexOf('=') + 1)]))
    const sha = (text) => 'sha256:' + crypto.createHash('sha256').update(text).digest('hex')
    const image = JSON.stringify({os: 'linux', architecture: 'amd64', config: {Labels: labels}})
    const manifest = JSON.stringify({schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config: {digest: sha(image), size: image.length}, layers: [{digest: sha('layer'), size: 4000000}]})
    for (const tag of value('--tag')) {
      const [, named, name, ref] = /^([^/]+)\\/(.+):([^:]+)$/.exec(tag)
      const host = process.env.FAKE_DOCKER_PUSHES_TO || named
      await put('http://' + host + '/v2/' + name + '/blobs/' + sha(image), image)
      await put('http://' + host + '/v2/' + name + '/manifests/' + ref, manifest)
    }
    saveMetadata(value('--metadata-file')[0], JSON.stringify({'containerimage.digest': answer.claim || sha(manifest), 'buildx.build.warnings': answer.warnings}))
  }
  if (answer.hang) process.on('SIGINT', () => { fs.appendFileSync(path.join(here, 'signals'), 'SIGINT\\n'); process.exit(130) })
  if (answer.stdout) process.stdout.write(answer.stdout)
  if (answer.stderr) process.stderr.write(answer.stderr)
  if (answer.hang) { setTimeout(() => process.exit(99), 30000); return }
  process.exitCode = answer.code || 0
}
main()
`

/** Puts a scripted `docker` into a new folder. */
export function makeFakeDocker(script: Script): FakeDocker {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-fake-docker-'))
  writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}')
  writeFileSync(join(folder, 'docker'), PROGRAM)
  chmodSync(join(folder, 'docker'), 0o755)
  writeFileSync(join(folder, 'script.json'), JSON.stringify(script))
  return {
    folder,
    calls: () => {
      const log = join(folder, 'calls.jsonl')
      if (!existsSync(log)) return []
      const lines = readFileSync(log, 'utf8').trim().split('\n')
      return lines.map((line) => JSON.parse(line) as RecordedCall)
    },
    remove: () => {
      rmSync(folder, {recursive: true, force: true})
    },
  }
}

/** What `docker buildx inspect` says about a builder of a driver. */
export function inspectAnswer(driver: string): ScriptedAnswer {
  return {stdout: `Name:   test\nDriver: ${driver}\n\nNodes:\nName: test0\nStatus: running\n`}
}

/** A `docker` on which everything works. */
export const GOOD_DOCKER: Script = {
  'buildx inspect': inspectAnswer('remote'),
  'buildx build': {
    push: true,
    stderr:
      '#1 [internal] load build definition from Dockerfile\n#1 DONE 0.1s\n\n#2 [1/2] COPY . .\n#2 CACHED\n\n#3 [2/2] RUN make\n#3 DONE 2.0s\n',
  },
}
