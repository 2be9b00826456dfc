import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {mkdirSync} from 'node:fs'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'
import {zipSync} from 'fflate'

/** A release server on loopback, as HashiCorp's or, below `/v<version>`, OpenTofu's. */
export interface ReleaseServer {
  readonly url: string
  /** Paths that were asked for. */
  readonly requests: string[]
  /** What is served, by path; a test may change it. */
  readonly files: Map<string, Buffer>
  /** The public key that signs the releases, armoured. */
  readonly key: string
  close(): Promise<void>
}

/** Signs with a key of its own, made by a real gpg in `folder`. */
function signer(folder: string): {readonly key: string; sign(content: Buffer): Buffer} {
  const home = join(folder, 'gpg')
  mkdirSync(home, {mode: 0o700})
  const gpg = (argv: readonly string[], input?: Buffer): Buffer => {
    const run = spawnSync('gpg', ['--homedir', home, '--batch', '--pinentry-mode=loopback', '--passphrase=', ...argv], {
      input,
    })
    if (run.status !== 0) throw new Error(run.stderr.toString())
    return run.stdout
  }
  gpg(['--quick-generate-key', 'Releases of tests <tests@example.com>', 'ed25519', 'sign', 'never'])
  const key = gpg(['--armor', '--export']).toString()
  return {key, sign: (content) => gpg(['--detach-sign', '--output', '-', '-'], content)}
}

/** @param folder a temporary folder @param real the real terraform, which every served version calls in the end */
export async function startReleases(folder: string, versions: readonly string[], real: string): Promise<ReleaseServer> {
  const {key, sign} = signer(folder)
  const files = new Map<string, Buffer>()
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
  files.set('/terraform/index.json', json({versions: Object.fromEntries(versions.map((each) => [each, {}]))}))
  files.set('/api.json', json({versions: versions.map((id) => ({id}))}))
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64'
  for (const version of versions) {
    for (const [tool, base, ending] of [
      ['terraform', `/terraform/${version}`, 'sig'],
      ['tofu', `/v${version}`, 'gpgsig'],
    ] as const) {
      const script = `#!/bin/sh\nif [ "$1" = version ]; then echo '{"terraform_version": "${version}"}'; else exec '${real}' "$@"; fi\n`
      const archive = Buffer.from(zipSync({[tool]: Buffer.from(script), 'LICENSE.txt': Buffer.from('free')}))
      const name = `${tool}_${version}_${process.platform}_${arch}.zip`
      const sums = Buffer.from(`${createHash('sha256').update(archive).digest('hex')}  ${name}\n`)
      files.set(`${base}/${name}`, archive)
      files.set(`${base}/${tool}_${version}_SHA256SUMS`, sums)
      files.set(`${base}/${tool}_${version}_SHA256SUMS.${ending}`, sign(sums))
    }
  }
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    const content = files.get(request.url ?? '')
    response.writeHead(content === undefined ? 404 : 200).end(content)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    requests,
    files,
    key,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      spawnSync('gpgconf', ['--homedir', join(folder, 'gpg'), '--kill', 'all'])
    },
  }
}
