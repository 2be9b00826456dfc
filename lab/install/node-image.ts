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
  const busybox = debs(name, ['busybox'])
  return {
    name,
    fingerprint: fingerprint('node-image-3', NODE, NPM, image, busybox.fingerprint),
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
  await must([
    'npm',
    'install',
    '--prefix',
    npm,
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    ...packages,
  ])
  const node = join(npm, 'node_modules', `node-linux-${process.arch}`, 'bin/node')
  placeFile(root, node, 'usr/local/bin/node')
  chmodSync(join(root, 'usr/local/bin/node'), 0o755)
  cpSync(join(npm, 'node_modules/npm'), join(root, 'usr/local/lib/node_modules/npm'), {recursive: true})
  for (const tool of ['npm', 'npx']) {
    symlinkSync(`../lib/node_modules/npm/bin/${tool}-cli.js`, join(root, 'usr/local/bin', tool))
  }
  await addLibraries(root, node)
}

async function addLibraries(root: string, program: string): Promise<void> {
  const libraries = (await must(['ldd', program])).match(/\/\S+(?= \()/g) ?? []
  for (const library of libraries) placeFile(root, library, library)
}

/**
 * Applets get the paths busybox itself names, so that `/bin/sh` and `/usr/bin/env` are where scripts expect them. It is the
 * dynamic build, as a static one looks names up through libraries it does not carry.
 */
async function addBusybox(folder: string, root: string): Promise<void> {
  const busybox = findTool('busybox', {PATH: debsEnv(folder, {})['PATH']})
  if (!busybox) throw new Error('busybox was not found in its own package.')
  placeFile(root, busybox, 'bin/busybox')
  chmodSync(join(root, 'bin/busybox'), 0o755)
  await addLibraries(root, busybox)
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

/** Debian's busybox has no account applets, and Dockerfiles for alpine use them: the forms `-S`, `-D`, `-u`, `-g`, `-G`, `-h`. */
const ADD_ACCOUNT = `#!/bin/sh
set -eu
kind=\${0##*/}; id=''; group=''; home=''; shell=/bin/sh; comment=''
while getopts 'SDHu:g:G:h:s:k:' option; do
  case "$option" in
    u) id=$OPTARG ;; g) if [ "$kind" = addgroup ]; then id=$OPTARG; else comment=$OPTARG; fi ;;
    G) group=$OPTARG ;; h) home=$OPTARG ;; s) shell=$OPTARG ;; *) ;;
  esac
done
shift $((OPTIND - 1))
name=$1
next() { awk -F: -v low=1001 '$3 >= low && $3 < 60000 { low = $3 + 1 } END { print low }' "$1"; }
if [ "$kind" = addgroup ] && [ $# -eq 2 ]; then
  sed -i "s/^\\($2:.*:\\)$/\\1$name/; s/^\\($2:.*[^:]\\)$/\\1,$name/" /etc/group
elif [ "$kind" = addgroup ]; then
  echo "$name:x:\${id:-$(next /etc/group)}:" >> /etc/group
else
  id=\${id:-$(next /etc/passwd)}
  if [ -z "$group" ]; then group=$name; echo "$name:x:$id:" >> /etc/group; fi
  gid=$(awk -F: -v name="$group" '$1 == name { print $3 }' /etc/group)
  home=\${home:-/home/$name}
  echo "$name:x:$id:$gid:$comment:$home:$shell" >> /etc/passwd
  mkdir -p "$home" && chown "$id:$gid" "$home"
fi
`

/** Debian 12's busybox wget dies of a segmentation fault when it is given `-T`; timeout(1) keeps that promise instead. */
const WGET = `#!/bin/sh
limit=900
left=$#
while [ "$left" -gt 0 ]; do
  word=$1; shift; left=$((left - 1))
  case "$word" in
    -T) limit=$1; shift; left=$((left - 1)) ;;
    -T*) limit=\${word#-T} ;;
    --timeout=*) limit=\${word#--timeout=} ;;
    *) set -- "$@" "$word" ;;
  esac
done
exec timeout "$limit" /bin/busybox wget "$@"
`

const AUTHORITIES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem']

function addSystemFiles(root: string): void {
  const write = (path: string, text: string | Buffer, mode = 0o644): void => {
    mkdirSync(join(root, dirname(path)), {recursive: true})
    writeFileSync(join(root, path), text, {mode})
  }
  write(
    'etc/passwd',
    'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  )
  write('etc/group', 'root:x:0:\nnode:x:1000:node\nnogroup:x:65533:\nnobody:x:65534:\n')
  write('etc/shadow', 'root:*:::::::\nnode:!:::::::\nnobody:!:::::::\n', 0o640)
  write('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n')
  write('etc/os-release', 'ID=slipway-stand-in\nPRETTY_NAME="Stand-in for a Node image, made by the Slipway lab"\n')
  write('usr/local/bin/docker-entrypoint.sh', ENTRYPOINT, 0o755)
  for (const tool of ['adduser', 'addgroup']) write(`usr/sbin/${tool}`, ADD_ACCOUNT, 0o755)
  rmSync(join(root, 'usr/bin/wget'), {force: true}) // a link: writing through it would overwrite busybox
  write('usr/bin/wget', WGET, 0o755)
  write('etc/hosts', '127.0.0.1 localhost\n::1 localhost\n')
  const authorities = AUTHORITIES.find(existsSync)
  if (authorities) write('etc/ssl/certs/ca-certificates.crt', readFileSync(authorities))
  for (const folder of [
    'root',
    'home/node',
    'proc',
    'sys',
    'dev',
    'run',
    'var/cache',
    'var/log',
    'opt',
    'srv',
    'mnt',
  ]) {
    mkdirSync(join(root, folder), {recursive: true})
  }
  for (const folder of ['tmp', 'var/tmp']) {
    mkdirSync(join(root, folder), {recursive: true})
    chmodSync(join(root, folder), 0o1777)
  }
}
