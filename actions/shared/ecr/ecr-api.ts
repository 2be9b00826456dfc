import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  GetAuthorizationTokenCommand,
  ListImagesCommand,
  PutLifecyclePolicyCommand,
  PutImageCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr'
import type {CreateRepositoryCommandInput, ECRClient, Repository as SdkRepository} from '@aws-sdk/client-ecr'
import {hasName, isAccessDenied} from '../aws/errors.ts'
import {explainEcrError, repositoryArn} from './explain.ts'
import {MANIFEST_TYPES} from './manifest.ts'
import type {Policies} from './repository-settings.ts'

/** A repository as ECR describes it. */
export interface Repository {
  readonly name: string
  /** `<registry>/<name>`, as ECR would have it named. */
  readonly uri: string
  /** Says whether `tag`, once it exists, can be moved to another image. */
  readonly isMutable: (tag: string) => boolean
}

/** An image that a tag points at. */
export interface TaggedImage {
  readonly tag: string
  readonly digest: string
  /** The manifest or index, as stored. */
  readonly manifest: string
  readonly mediaType: string
}

/** The user name and password of a registry. */
export interface Login {
  readonly username: string
  readonly password: string
  /** The host of the caller's own registry. */
  readonly registry: string
}

/** What the actions ask of ECR. Every refusal names the IAM action that is missing. */
export interface EcrApi {
  /**
   * The repository; undefined when there is none; `unreadable` when the role may push but not describe, which is
   * what AWS's own example policy for pushing allows.
   */
  repository(name: string): Promise<Repository | undefined | 'unreadable'>
  /** Makes a repository with its policies. One that somebody else made meanwhile is as good, and stays as it is. */
  createRepository(settings: Omit<CreateRepositoryCommandInput, 'registryId'>, policies?: Policies): Promise<Repository>
  /** The images behind those of `tags` that exist; undefined when there is no such repository. */
  images(repository: string, tags: readonly string[]): Promise<TaggedImage[] | undefined>
  /** All tags of a repository. */
  tags(repository: string): Promise<string[]>
  /** Points `tag` at an image that the repository has already, without moving a byte of it. */
  addTag(repository: string, image: TaggedImage, tag: string): Promise<void>
  /** Credentials for the registry; they last 12 hours. */
  login(): Promise<Login>
}

/** Most image ids that one BatchGetImage takes. */
const IMAGES_PER_CALL = 100
/** Most ids that one page of ListImages holds. */
const IDS_PER_PAGE = 1000

/** The account and region that calls are for. */
export interface RegistryScope {
  readonly accountId?: string
  readonly region?: string
}

/** ECR through the AWS SDK. @param scope another account's registry, if the user named one */
export function makeEcrApi(client: ECRClient, scope: RegistryScope): EcrApi {
  const registry = scope.accountId === undefined ? {} : {registryId: scope.accountId}
  const arn = (name: string): string => repositoryArn(name, scope.region, scope.accountId)
  return {
    repository: (name) => findRepository(client, {...registry, repositoryNames: [name]}, arn(name)),
    createRepository: (settings, policies = {}) => {
      const name = settings.repositoryName ?? ''
      return createRepository(client, {...registry, ...settings, repositoryName: name}, policies, arn(name))
    },
    images: (repository, tags) => findImages(client, {...registry, repositoryName: repository}, tags, arn(repository)),
    tags: (repository) => listTags(client, {...registry, repositoryName: repository}, arn(repository)),
    addTag: async (repository, image, tag) => {
      const put = {imageManifest: image.manifest, imageManifestMediaType: image.mediaType, imageTag: tag}
      try {
        await client.send(new PutImageCommand({...registry, repositoryName: repository, ...put}))
      } catch (error) {
        // The same tag on the same digest is what was wanted.
        if (hasName(error, 'ImageAlreadyExistsException')) return
        throw explainEcrError(error, 'ecr:PutImage', arn(repository))
      }
    },
    login: () => logIn(client),
  }
}

async function createRepository(
  client: ECRClient,
  request: CreateRepositoryCommandInput & {repositoryName: string},
  policies: Policies,
  arn: string,
): Promise<Repository> {
  const {repositoryName, registryId} = request
  const named = {repositoryName, ...(registryId !== undefined && {registryId})}
  let action = 'ecr:CreateRepository'
  try {
    const {repository} = await client.send(new CreateRepositoryCommand(request))
    action = 'ecr:PutLifecyclePolicy'
    const {lifecycle: lifecyclePolicyText, repository: policyText} = policies
    if (lifecyclePolicyText !== undefined)
      await client.send(new PutLifecyclePolicyCommand({...named, lifecyclePolicyText}))
    action = 'ecr:SetRepositoryPolicy'
    if (policyText !== undefined) await client.send(new SetRepositoryPolicyCommand({...named, policyText}))
    return asRepository(repository ?? request)
  } catch (error) {
    if (!hasName(error, 'RepositoryAlreadyExistsException')) throw explainEcrError(error, action, arn)
    return asRepository(request)
  }
}

async function findRepository(
  client: ECRClient,
  query: {registryId?: string; repositoryNames: string[]},
  arn: string,
): ReturnType<EcrApi['repository']> {
  try {
    const {repositories} = await client.send(new DescribeRepositoriesCommand(query))
    return repositories?.[0] && asRepository(repositories[0])
  } catch (error) {
    if (hasName(error, 'RepositoryNotFoundException')) return undefined
    if (isAccessDenied(error) && hasName(error, 'AccessDeniedException')) return 'unreadable'
    throw explainEcrError(error, 'ecr:DescribeRepositories', arn)
  }
}

async function findImages(
  client: ECRClient,
  query: {registryId?: string; repositoryName: string},
  tags: readonly string[],
  arn: string,
): Promise<TaggedImage[] | undefined> {
  const found: TaggedImage[] = []
  try {
    for (let at = 0; at < tags.length; at += IMAGES_PER_CALL) {
      const asked = tags.slice(at, at + IMAGES_PER_CALL)
      found.push(...(await namedOneByOne(client, query, asked)))
    }
    return found
  } catch (error) {
    if (hasName(error, 'RepositoryNotFoundException')) return undefined
    throw explainEcrError(error, 'ecr:BatchGetImage', arn)
  }
}

/**
 * An answer need not call an image by the tag that was asked for: it may name one of its other tags, even one that has
 * moved on since. It is taken at its word only when it names every tag that was asked for exactly once; otherwise each
 * tag is asked for alone, where there is nothing to mix up.
 */
async function namedOneByOne(
  client: ECRClient,
  query: {registryId?: string; repositoryName: string},
  asked: readonly string[],
): Promise<TaggedImage[]> {
  const {images, missing} = await getImages(client, query, asked)
  const there = asked.filter((tag) => !missing.has(tag))
  const isClear =
    images.length === there.length && there.every((tag) => images.filter((image) => image.tag === tag).length === 1)
  if (isClear) return images
  const alone = there.map(async (tag) => {
    const [image] = (await getImages(client, query, [tag])).images
    return image === undefined ? [] : [{...image, tag}]
  })
  return (await Promise.all(alone)).flat()
}

async function getImages(
  client: ECRClient,
  query: {registryId?: string; repositoryName: string},
  tags: readonly string[],
): Promise<{images: TaggedImage[]; missing: ReadonlySet<string>}> {
  const imageIds = tags.map((imageTag) => ({imageTag}))
  const command = new BatchGetImageCommand({...query, imageIds, acceptedMediaTypes: [...MANIFEST_TYPES]})
  const {images = [], failures = []} = await client.send(command)
  return {
    missing: new Set(failures.flatMap(({imageId}) => imageId?.imageTag ?? [])),
    images: images.flatMap(({imageId, imageManifest = '', imageManifestMediaType = ''}) => {
      const [tag, digest] = [imageId?.imageTag, imageId?.imageDigest]
      if (tag === undefined || digest === undefined) return []
      return [{tag, digest, manifest: imageManifest, mediaType: imageManifestMediaType}]
    }),
  }
}

async function listTags(
  client: ECRClient,
  query: {registryId?: string; repositoryName: string},
  arn: string,
): Promise<string[]> {
  const tags: string[] = []
  let nextToken: string | undefined
  try {
    do {
      const filter = {tagStatus: 'TAGGED' as const}
      const answer = await client.send(new ListImagesCommand({...query, filter, maxResults: IDS_PER_PAGE, nextToken}))
      tags.push(...(answer.imageIds ?? []).flatMap(({imageTag}) => imageTag ?? []))
      nextToken = answer.nextToken
    } while (nextToken !== undefined)
    return tags
  } catch (error) {
    if (hasName(error, 'RepositoryNotFoundException')) return []
    throw explainEcrError(error, 'ecr:ListImages', arn)
  }
}

/** The login that a token of GetAuthorizationToken holds: `user:password`, in base64. */
export function loginFrom(token: string, registry: string): Login {
  const [username = '', ...password] = Buffer.from(token, 'base64').toString('utf8').split(':')
  return {username, password: password.join(':'), registry}
}

async function logIn(client: ECRClient): Promise<Login> {
  try {
    const {authorizationData} = await client.send(new GetAuthorizationTokenCommand({}))
    const {authorizationToken = '', proxyEndpoint = ''} = authorizationData?.[0] ?? {}
    return loginFrom(authorizationToken, proxyEndpoint.replace(/^https?:\/\//, ''))
  } catch (error) {
    throw explainEcrError(error, 'ecr:GetAuthorizationToken', '*')
  }
}

function asRepository(from: SdkRepository): Repository {
  const mutability = from.imageTagMutability ?? 'MUTABLE'
  const filters = (from.imageTagMutabilityExclusionFilters ?? []).map(({filter = ''}) => wildcard(filter))
  const excluded = (tag: string): boolean =>
    mutability.endsWith('_WITH_EXCLUSION') && filters.some((filter) => filter.test(tag))
  return {
    name: from.repositoryName ?? '',
    uri: from.repositoryUri ?? '',
    isMutable: (tag) => mutability.startsWith('MUTABLE') !== excluded(tag),
  }
}

// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageTagMutabilityExclusionFilter.html: `*` is any text.
function wildcard(filter: string): RegExp {
  const parts = filter.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}
