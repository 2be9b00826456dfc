import {chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {findTool} from '../core/machine.ts'
import {must} from '../core/run.ts'
import {imageFromFolder, placeFile} from '../oci.ts'
import {debs, debsEnv} from './debs.ts'
import {fingerprint, type Install} from './install.ts'

const NODE = '24.21.0'
const NPM = '11.6.2'

/**
 * A stand-in for the official Node image (https://github.com/nodejs/docker-node): Node and npm from their npm packages, the
 * C libraries they name, and busybox for the shell and its tools; the `node` user is 1000, as there.
 */
export function nodeStandIn(name: string, image: string): Install {
  const busybox = debs(name, ['busybox-static'])
  return {
    name,
    fingerprint: fingerprint('node-image-1', NODE, NPM, image, busybox.fingerprint),
    lane: 'net',
    async build(folder) {
      await busybox.build(folder)
      const root = join(folder, 'rootfs')
      await addNode(folder, root)
      await addBusybox(folder, root)
      addSystemFiles(root)
      const config = {
        Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', `NODE_VERSION=${NODE}`],
        Entrypoint: ['docker-entrypoint.sh'],
        Cmd: ['node'],
        Labels: {'slipway.lab.stand-in': image},
      }
      const into = {layout: join(folder, 'layout'), archive: join(folder, 'image.tar')}
      await imageFromFolder(root, into, {name: image, config, owned: ['home/node']})
      for (const part of ['rootfs', 'npm', 'root']) rmSync(join(folder, part), {recursive: true, force: true})
    },
  }
}

async function addNode(folder: string, root: string): Promise<void> {
  const npm = join(folder, 'npm')
  mkdirSync(npm)
  const packages = [`node-linux-${process.arch}@${NODE}`, `npm@${NPM}`]
  await must(['npm', 'install', '--prefix', npm, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', ...packages])
  const node = join(npm, 'node_modules', `node-linux-${process.arch}`, 'bin/node')
  placeFile(root, node, 'usr/local/bin/node')
  chmodSync(join(root, 'usr/local/bin/node'), 0o755)
  cpSync(join(npm, 'node_modules/npm'), join(root, 'usr/local/lib/node_modules/npm'), {recursive: true})
  for (const tool of ['npm', 'npx']) {
    symlinkSync(`../lib/node_modules/npm/bin/${tool}-cli.js`, join(root, 'usr/local/bin', tool))
  }
  const libraries = (await must(['ldd', node])).match(/\/\S+(?= \()/g) ?? []
  for (const library of libraries) placeFile(root, library, library)
}

/** Applets get the paths busybox itself names, so that `/bin/sh` and `/usr/bin/env` are where scripts expect them. */
async function addBusybox(folder: string, root: string): Promise<void> {
  const busybox = findTool('busybox', {PATH: debsEnv(folder, {})['PATH']})
  if (!busybox) throw new Error('busybox was not found in its own package.')
  placeFile(root, busybox, 'bin/busybox')
  chmodSync(join(root, 'bin/busybox'), 0o755)
  for (const applet of (await must([busybox, '--list-full'])).split('\n')) {
    const path = join(root, applet)
    if (existsSync(path)) continue
    mkdirSync(dirname(path), {recursive: true})
    symlinkSync('/bin/busybox', path)
  }
}

const ENTRYPOINT = `#!/bin/sh
# Options, and words that are no program, are meant for node.
case "\${1-}" in
  -*) set -- node "$@" ;;
  *) command -v "\${1-}" >/dev/null 2>&1 || set -- node "$@" ;;
esac
exec "$@"
`

const AUTHORITIES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem']

function addSystemFiles(root: string): void {
  const write = (path: string, text: string | Buffer, mode = 0o644): void => {
    mkdirSync(join(root, dirname(path)), {recursive: true})
    writeFileSync(join(root, path), text, {mode})
  }
  write('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n')
  write('etc/group', 'root:x:0:\nnode:x:1000:node\nnogroup:x:65533:\nnobody:x:65534:\n')
  write('etc/shadow', 'root:*:::::::\nnode:!:::::::\nnobody:!:::::::\n', 0o640)
  write('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n')
  write('etc/os-release', 'ID=slipway-stand-in\nPRETTY_NAME="Stand-in for a Node image, made by the Slipway lab"\n')
  write('usr/local/bin/docker-entrypoint.sh', ENTRYPOINT, 0o755)
  const authorities = AUTHORITIES.find(existsSync)
  if (authorities) write('etc/ssl/certs/ca-certificates.crt', readFileSync(authorities))
  for (const folder of ['root', 'home/node', 'proc', 'sys', 'dev', 'run', 'var/cache', 'var/log', 'opt', 'srv', 'mnt']) {
    mkdirSync(join(root, folder), {recursive: true})
  }
  for (const folder of ['tmp', 'var/tmp']) {
    mkdirSync(join(root, folder), {recursive: true})
    chmodSync(join(root, folder), 0o1777)
  }
}
