import type {ECRClient, ImageIdentifier} from '@aws-sdk/client-ecr'
import {MANIFEST_TYPES, parseManifest, platformImages} from '../ecr/manifest.ts'
import type {Aws} from './aws.ts'
import type {Container, Definition} from './definition.ts'
import {nearest, parseImage} from './names.ts'

// 111122223333.dkr.ecr.eu-central-1.amazonaws.com, and the FIPS, dual-stack and other partitions' forms of it:
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
const ECR_HOST = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.[^/]+\/(.+)$/

const ARCHITECTURES: Readonly<Record<string, string>> = {X86_64: 'amd64', ARM64: 'arm64'}

/**
 * Why ECR cannot give the image of `container` to the tasks of `definition`; undefined when it can, and for images
 * that are not in ECR.
 * @throws what AWS answers when it may not be asked
 */
export async function missingImage(
  aws: Aws,
  definition: Definition,
  container: Container,
): Promise<string | undefined> {
  const image = container.image ?? ''
  const {repository, tag = 'latest', digest} = parseImage(image)
  const [, registryId, region, repositoryName] = ECR_HOST.exec(repository) ?? []
  if (registryId === undefined || region === undefined || repositoryName === undefined) return undefined
  const client = await aws.ecr(region)
  const place = {registryId, repositoryName}
  const who = `container "${container.name ?? ''}" wants ${image}`
  const manifest = await manifestOf(client, place, digest === undefined ? {imageTag: tag} : {imageDigest: digest})
  if (manifest !== undefined) return wrongPlatform(definition, who, manifest)
  if (await isPulledThrough(client, place)) return undefined
  return `${who}, which ECR does not have${digest === undefined ? await nearestTag(client, place, tag) : ''}`
}

interface Place {
  readonly registryId: string
  readonly repositoryName: string
}

async function manifestOf(client: ECRClient, place: Place, id: ImageIdentifier): Promise<string | undefined> {
  const {BatchGetImageCommand} = await import('@aws-sdk/client-ecr')
  try {
    const acceptedMediaTypes = [...MANIFEST_TYPES]
    const {images = []} = await client.send(new BatchGetImageCommand({...place, imageIds: [id], acceptedMediaTypes}))
    return images[0]?.imageManifest
  } catch (error) {
    if (error instanceof Error && error.name === 'RepositoryNotFoundException') return undefined
    throw error
  }
}

// A pull-through cache makes repositories and images at the first pull.
async function isPulledThrough(client: ECRClient, {registryId, repositoryName}: Place): Promise<boolean> {
  const {DescribePullThroughCacheRulesCommand} = await import('@aws-sdk/client-ecr')
  const {pullThroughCacheRules: rules = []} = await client.send(new DescribePullThroughCacheRulesCommand({registryId}))
  return rules.some(
    ({ecrRepositoryPrefix: prefix = ''}) => prefix === 'ROOT' || repositoryName.startsWith(`${prefix}/`),
  )
}

// Only an index tells its platforms without another call; a single image is judged by ECS.
function wrongPlatform(definition: Definition, who: string, manifest: string): string | undefined {
  const offered = platformImages(parseManifest(manifest)).flatMap(({platform}) => platform?.architecture ?? [])
  const platform = definition.runtimePlatform?.cpuArchitecture ?? 'X86_64'
  const wanted = ARCHITECTURES[platform]
  if (offered.length === 0 || wanted === undefined || offered.includes(wanted)) return undefined
  return `${who}, which is built for ${offered.join(', ')} and not for the task's ${platform}`
}

async function nearestTag(client: ECRClient, place: Place, tag: string): Promise<string> {
  const {ListImagesCommand} = await import('@aws-sdk/client-ecr')
  const question = new ListImagesCommand({...place, filter: {tagStatus: 'TAGGED'}, maxResults: 1000})
  const answer = await client.send(question).catch(() => undefined)
  const near = nearest(
    tag,
    (answer?.imageIds ?? []).flatMap(({imageTag}) => imageTag ?? []),
  )
  return near === undefined ? '' : `: did you mean the tag "${near}"?`
}
