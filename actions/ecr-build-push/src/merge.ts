import {InputError} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {platformName} from '../../shared/ecr/manifest.ts'
import type {Descriptor} from '../../shared/ecr/manifest.ts'
import {digestOf} from '../../shared/ecr/manifest.ts'
import type {RegistryClient} from '../../shared/ecr/registry-client.ts'
import type {Metadata} from './metadata.ts'
import type {BuildInputs} from './build-inputs.ts'
import {judge} from './scan-gate.ts'
import type {Published} from './publish.ts'
import type {Findings} from './registry.ts'
import {platformSizes, verifyPush} from './verify.ts'

const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json'

/**
 * Makes one image of several that were pushed by digest, each built on a runner of its own platform. Only an index is
 * written, through ECR's API: no layer moves, and no Docker is needed.
 * @throws {InputError} for a digest that is not there or two of one platform, and as the scan gate does
 */
export async function mergePlatforms(
  world: World,
  found: Findings,
  image: Metadata,
  {merge: digests, scan}: Pick<BuildInputs, 'merge' | 'scan'>,
): Promise<Published> {
  const {client, repository} = found
  const parts = await Promise.all(digests.map((digest) => descriptors(client, repository, digest)))
  const manifests = withoutTwins(parts.flat())
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: INDEX_TYPE,
    manifests,
    annotations: Object.fromEntries(image.labels),
  })
  const digest = digestOf(Buffer.from(index))
  const tags = image.tags.map(({name}) => name)
  for (const tag of tags) {
    await found.api.addTag(repository, {tag, digest, manifest: index, mediaType: INDEX_TYPE}, tag)
  }
  const stored = await verifyPush(world, client, repository, tags, digest)
  await judge(world, scan, found, stored)
  const sizes = await platformSizes(client, repository, stored)
  world.log.line(
    `✓ ${repository}@${digest}: ${sizes.map(({platform}) => platform).join(', ')} under ${tags.join(', ')}`,
  )
  return {
    outcome: 'pushed',
    host: found.host,
    digest,
    note: `Merged from ${String(digests.length)} images that were built on their own.`,
    metadata: JSON.stringify({'containerimage.digest': digest}),
    steps: [],
    sizes,
    sizesBefore: [],
    before: found.existing.find((existing) => existing.digest !== digest)?.digest,
  }
}

// An image that was attested is an index already: its entries, attestations included, move over as they are.
async function descriptors(client: RegistryClient, repository: string, digest: string): Promise<Descriptor[]> {
  const stored = await client.manifest(repository, digest)
  if (stored === undefined) {
    throw new InputError(
      `Input "merge" names ${digest}, which is not in the repository "${repository}": push it there with push-by-digest first.`,
    )
  }
  if (stored.manifest.manifests !== undefined) return stored.manifest.manifests
  const config = await client.config(repository, stored.manifest)
  const {os = 'linux', architecture = 'amd64', variant} = config ?? {}
  const platform = {os, architecture, ...(variant !== undefined && {variant})}
  return [{mediaType: stored.mediaType, digest, size: Buffer.byteLength(stored.text), platform}]
}

function withoutTwins(manifests: readonly Descriptor[]): Descriptor[] {
  const byDigest = [...new Map(manifests.map((entry) => [entry.digest, entry])).values()]
  const platforms = byDigest
    .map(({platform}) => platformName(platform ?? {}))
    .filter((name) => name !== 'unknown/unknown')
  const twin = platforms.find((name, at) => platforms.indexOf(name) !== at)
  if (twin === undefined) return byDigest
  throw new InputError(`Input "merge" names two images for ${twin}: hand over one digest for each platform.`)
}
