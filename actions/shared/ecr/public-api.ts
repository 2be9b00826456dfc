import type {ECRClient} from '@aws-sdk/client-ecr'
import * as z from 'zod/mini'
import {jsonCall} from '../aws/signed-call.ts'
import {hasName, isAccessDenied, isTransient} from '../aws/errors.ts'
import type {Clock} from '../core/clock.ts'
import type {Environment} from '../core/inputs.ts'
import {loginFrom} from './ecr-api.ts'
import type {EcrApi, Login, Repository, TaggedImage} from './ecr-api.ts'
import {explainEcrError} from './explain.ts'
import type {RegistryClient} from './registry-client.ts'

/** ECR Public has its API in this region alone: https://docs.aws.amazon.com/general/latest/gr/ecr-public.html. */
export const PUBLIC_REGION = 'us-east-1'
const PLACE = {
  service: 'ecr-public',
  endpointVariable: 'ECR_PUBLIC',
  endpoint: `https://api.ecr-public.${PUBLIC_REGION}.amazonaws.com`,
}
const TAGS_PER_PAGE = 1000
const TRIES = 4
const FIRST_PAUSE_MS = 500

const loginSchema = z.object({authorizationData: z.object({authorizationToken: z.string()})})
const repositorySchema = z.object({repositoryName: z.string(), repositoryUri: z.string()})
const repositoriesSchema = z.object({repositories: z.array(repositorySchema)})
const tagsSchema = z.object({
  imageTagDetails: z.array(z.object({imageTag: z.string()})),
  nextToken: z.optional(z.nullable(z.string())),
})

/** One operation of ECR Public; its answer is not checked against any shape. */
export type PublicCall = (operation: string, input: unknown) => Promise<unknown>

/**
 * Calls of ECR Public's API; throttling, 5xx and broken connections are tried again. https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/Welcome.html.
 * @param carrier whose credentials sign; its region must be {@link PUBLIC_REGION}
 * @param signal ends a call where its answer is not worth waiting for
 */
export function makePublicCall(env: Environment, clock: Clock, carrier: ECRClient, signal?: AbortSignal): PublicCall {
  const place = {...PLACE, ...(signal && {signal})}
  return async (operation, input) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await jsonCall(env, carrier, place, `SpencerFrontendService.${operation}`, input)
      } catch (error) {
        if (attempt === TRIES || !isTransient(error) || signal?.aborted === true) throw error
        await clock.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1))
      }
    }
  }
}

/** The login to ECR Public, by which pulls are counted for the account and not for the machine's address. */
export async function publicLogin(call: PublicCall, host: string): Promise<Login> {
  try {
    const {authorizationData} = loginSchema.parse(await call('GetAuthorizationToken', {}))
    return loginFrom(authorizationData.authorizationToken, host)
  } catch (error) {
    // The role needs sts:GetServiceBearerToken as well; AWS's message names whichever of the two is missing.
    throw explainEcrError(error, 'ecr-public:GetAuthorizationToken', '*')
  }
}

/**
 * ECR Public as the actions use ECR. A repository is `<alias of the registry>/<name>`; the API knows it by its name.
 * Tags always move there; it has no scans, no lifecycle policies, and no BatchGetImage: images are read from the registry.
 * @param reader reads from the registry with the login that it is given
 */
export function makePublicApi(call: PublicCall, host: string, reader: (login: Login) => RegistryClient): EcrApi {
  let login: Promise<Login> | undefined
  const logIn = (): Promise<Login> => (login ??= publicLogin(call, host))
  return {
    login: logIn,
    repository: (repository) => findRepository(call, repository),
    createRepository: async ({repositoryName = '', tags = []}, policies = {}) => {
      const made = await createRepository(call, repositoryName, tags)
      const policyText = policies.repository
      const input = {repositoryName: nameOf(repositoryName), policyText}
      if (policyText !== undefined) await allowed(call, 'SetRepositoryPolicy', input, repositoryName)
      return made
    },
    images: async (repository, tags) => {
      const client = reader(await logIn())
      const found = tags.map(async (tag): Promise<TaggedImage[]> => {
        const stored = await client.manifest(repository, tag)
        return stored ? [{tag, digest: stored.digest, manifest: stored.text, mediaType: stored.mediaType}] : []
      })
      return (await Promise.all(found)).flat()
    },
    tags: (repository) => listTags(call, repository),
    addTag: async (repository, image, tag) => {
      const put = {imageManifest: image.manifest, imageManifestMediaType: image.mediaType, imageTag: tag}
      try {
        await allowed(call, 'PutImage', {repositoryName: nameOf(repository), ...put}, repository)
      } catch (error) {
        if (!hasName(error, 'ImageAlreadyExistsException')) throw error
      }
    },
  }
}

/** `team/app` of `alias/team/app`. */
const nameOf = (repository: string): string => repository.slice(repository.indexOf('/') + 1)

/** The ARN of a public repository; its account is not known here. */
export function publicRepositoryArn(repository: string): string {
  return `arn:aws:ecr-public::*:repository/${nameOf(repository)}`
}

async function allowed(call: PublicCall, operation: string, input: unknown, repository: string): Promise<unknown> {
  try {
    return await call(operation, input)
  } catch (error) {
    throw explainEcrError(error, `ecr-public:${operation}`, publicRepositoryArn(repository))
  }
}

async function findRepository(call: PublicCall, repository: string): ReturnType<EcrApi['repository']> {
  try {
    const answer = await call('DescribeRepositories', {repositoryNames: [nameOf(repository)]})
    const found = repositoriesSchema.parse(answer).repositories[0]
    return found && asRepository(found)
  } catch (error) {
    if (hasName(error, 'RepositoryNotFoundException')) return undefined
    if (isAccessDenied(error) && hasName(error, 'AccessDeniedException')) return 'unreadable'
    throw explainEcrError(error, 'ecr-public:DescribeRepositories', publicRepositoryArn(repository))
  }
}

async function createRepository(
  call: PublicCall,
  repository: string,
  tags: readonly {Key?: string | undefined; Value?: string | undefined}[],
): Promise<Repository> {
  const input = {repositoryName: nameOf(repository), ...(tags.length > 0 && {tags})}
  try {
    const answer = await allowed(call, 'CreateRepository', input, repository)
    return asRepository(z.object({repository: repositorySchema}).parse(answer).repository)
  } catch (error) {
    if (!hasName(error, 'RepositoryAlreadyExistsException')) throw error
    return asRepository({repositoryName: nameOf(repository), repositoryUri: ''})
  }
}

async function listTags(call: PublicCall, repository: string): Promise<string[]> {
  const tags: string[] = []
  let nextToken: string | null | undefined
  try {
    do {
      const page = {repositoryName: nameOf(repository), maxResults: TAGS_PER_PAGE, ...(nextToken && {nextToken})}
      const answer = tagsSchema.parse(await allowed(call, 'DescribeImageTags', page, repository))
      tags.push(...answer.imageTagDetails.map(({imageTag}) => imageTag))
      nextToken = answer.nextToken
    } while (nextToken)
    return tags
  } catch (error) {
    if (hasName(error, 'RepositoryNotFoundException')) return []
    throw error
  }
}

function asRepository({repositoryName, repositoryUri}: z.infer<typeof repositorySchema>): Repository {
  return {name: repositoryName, uri: repositoryUri, isMutable: () => true}
}
