import {Failure} from '../../shared/core/diagnosis.ts'
import type {World} from '../../shared/core/world.ts'
import {imageBytes, platformImages, platformName} from '../../shared/ecr/manifest.ts'
import type {RegistryClient, StoredManifest} from '../../shared/ecr/registry-client.ts'

const TRIES = 6
const PAUSE_MS = 500

/**
 * Reads every pushed tag back from the registry and compares: what others will pull is what was built.
 * @returns the manifest behind the tags
 * @throws {Failure} `push-failed` when a tag is missing or points at something else
 */
export async function verifyPush(
  world: World,
  registry: RegistryClient,
  repository: string,
  tags: readonly string[],
  digest: string,
): Promise<StoredManifest> {
  const stored = await Promise.all(tags.map((tag) => readBack(world, registry, repository, tag)))
  for (const [at, manifest] of stored.entries()) {
    if (manifest?.digest !== digest) throw mismatch(`${repository}:${tags[at] ?? ''}`, digest, manifest?.digest)
  }
  const first = stored[0] ?? (await registry.manifest(repository, digest))
  if (first === undefined) throw mismatch(`${repository}@${digest}`, digest, undefined)
  return first
}

// A registry behind several machines may need a moment until all of them know a new tag.
async function readBack(
  world: World,
  registry: RegistryClient,
  repository: string,
  tag: string,
): Promise<StoredManifest | undefined> {
  for (let attempt = 1; ; attempt++) {
    const found = await registry.manifest(repository, tag)
    if (found !== undefined || attempt === TRIES) return found
    await world.clock.sleep(PAUSE_MS * attempt, world.cancel)
  }
}

function mismatch(subject: string, digest: string, found: string | undefined): Failure {
  return new Failure({
    reason: 'push-failed',
    subject,
    cause:
      found === undefined
        ? `the push was reported as done, but the registry does not have it`
        : `the registry has ${found}, but this run pushed ${digest}`,
    advice:
      found === undefined
        ? 're-run the job; if it stays, check that "registry" is the registry that the tags are pushed to'
        : 'another run pushed the same tag at the same time: give each run a tag of its own, or use "concurrency"',
  })
}

/** Compressed size of one platform's image. */
export interface PlatformSize {
  readonly platform: string
  readonly bytes: number
}

/** The size of each platform of an image; one entry without a name for an image that is not an index. */
export async function platformSizes(
  registry: RegistryClient,
  repository: string,
  stored: StoredManifest,
): Promise<PlatformSize[]> {
  const bytes = imageBytes(stored.manifest)
  if (bytes !== undefined) return [{platform: '', bytes}]
  const images = platformImages(stored.manifest)
  const children = await Promise.all(images.map(({digest}) => registry.manifest(repository, digest)))
  return images.map(({platform}, at) => ({
    platform: platformName(platform ?? {}),
    bytes: imageBytes(children[at]?.manifest ?? {}) ?? 0,
  }))
}
