import {createHash} from 'node:crypto'
import {copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {goArch} from './core/machine.ts'
import {must} from './core/run.ts'

/** Configuration of an image (the OCI image specification's `config` object, as far as it is used here). */
export interface ImageConfig {
  readonly Env?: readonly string[]
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly Labels?: Readonly<Record<string, string>>
}

interface Blob {
  readonly digest: string
  readonly size: number
}

const TYPE = 'application/vnd.oci.image'

function addBlob(layout: string, bytes: Buffer): Blob {
  const hex = createHash('sha256').update(bytes).digest('hex')
  writeFileSync(join(layout, 'blobs/sha256', hex), bytes)
  return {digest: `sha256:${hex}`, size: bytes.length}
}

/**
 * Makes an image of one layer out of a folder, as an OCI layout that BuildKit takes as it is, and beside it a tar that
 * `docker load` and `ctr images import` take. The same folder gives the same digest: owners and times are fixed.
 * Paths in `owned` (and what is below them) belong to user 1000; everything else is root's.
 */
export async function imageFromFolder(
  folder: string,
  into: {layout: string; archive: string},
  image: {name: string; config: ImageConfig; owned?: readonly string[]},
): Promise<void> {
  mkdirSync(join(into.layout, 'blobs/sha256'), {recursive: true})
  const layer = join(into.layout, 'layer.tar')
  const fixed = ['--sort=name', '--mtime=@0', '--numeric-owner']
  const owned = image.owned ?? []
  const not = owned.map((path) => `--exclude=./${path}`)
  await must(['tar', '-C', folder, ...fixed, '--owner=0', '--group=0', ...not, '-cf', layer, '.'])
  if (owned.length > 0) {
    await must([
      'tar',
      '-C',
      folder,
      ...fixed,
      '--owner=1000',
      '--group=1000',
      '-rf',
      layer,
      ...owned.map((path) => `./${path}`),
    ])
  }
  const bytes = readFileSync(layer)
  rmSync(layer)
  const unpacked = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  const blob = addBlob(into.layout, gzipSync(bytes))
  const config = addBlob(into.layout, Buffer.from(JSON.stringify(configOf(image.config, unpacked))))
  writeIndex(into.layout, image.name, config, blob)
  await must(['tar', '-C', into.layout, '-cf', into.archive, '.'])
}

function configOf(config: ImageConfig, unpackedDigest: string): unknown {
  return {
    architecture: goArch(),
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config,
    rootfs: {type: 'layers', diff_ids: [unpackedDigest]},
    history: [{created: '1970-01-01T00:00:00Z', created_by: 'slipway lab'}],
  }
}

/** The index names the image for OCI tools, `manifest.json` for engines that know only docker's own archive format. */
function writeIndex(layout: string, name: string, config: Blob, layer: Blob): void {
  const manifest = addBlob(
    layout,
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: `${TYPE}.manifest.v1+json`,
        config: {mediaType: `${TYPE}.config.v1+json`, ...config},
        layers: [{mediaType: `${TYPE}.layer.v1.tar+gzip`, ...layer}],
      }),
    ),
  )
  const annotations = {
    'io.containerd.image.name': name,
    'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
  }
  const entry = {
    mediaType: `${TYPE}.manifest.v1+json`,
    ...manifest,
    platform: {architecture: goArch(), os: 'linux'},
    annotations,
  }
  const put = (file: string, value: unknown): void => {
    writeFileSync(join(layout, file), JSON.stringify(value))
  }
  put('oci-layout', {imageLayoutVersion: '1.0.0'})
  put('index.json', {schemaVersion: 2, mediaType: `${TYPE}.index.v1+json`, manifests: [entry]})
  const path = (blob: Blob): string => `blobs/sha256/${blob.digest.slice(7)}`
  put('manifest.json', [{Config: path(config), RepoTags: [name], Layers: [path(layer)]}])
}

/** Copies a file into an image's folder, with the folders above it. */
export function placeFile(root: string, source: string, target: string): void {
  mkdirSync(join(root, target, '..'), {recursive: true})
  copyFileSync(source, join(root, target))
}
