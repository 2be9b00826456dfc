import {ECRClient} from '@aws-sdk/client-ecr'
import {clientConfig} from '../../shared/aws/client-config.ts'
import {Failure} from '../../shared/core/diagnosis.ts'
import {makeHttpGet} from '../../shared/core/http-get.ts'
import {InputError} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {repositoryArn} from '../../shared/ecr/explain.ts'
import {makeEcrApi} from '../../shared/ecr/ecr-api.ts'
import type {EcrApi, Login, Repository, TaggedImage} from '../../shared/ecr/ecr-api.ts'
import {makePublicApi, makePublicCall, PUBLIC_REGION, publicRepositoryArn} from '../../shared/ecr/public-api.ts'
import {makeScanApi} from '../../shared/ecr/scan-api.ts'
import type {ScanApi} from '../../shared/ecr/scan-api.ts'
import {makeRegistryClient} from '../../shared/ecr/registry-client.ts'
import type {RegistryClient} from '../../shared/ecr/registry-client.ts'
import {parseManifest} from '../../shared/ecr/manifest.ts'
import type {BuildInputs} from './build-inputs.ts'
import {CREATED_LABEL, REVISION_LABEL} from './metadata.ts'
import type {ExistingImage} from './preflight.ts'
import type {WantedTag} from './tags/apply.ts'
import {withoutNewerCommits, withoutOlder} from './tags/newest.ts'
import type {Source} from './source.ts'

/** The registry as the preflight found it; nothing has been changed there. */
export interface Findings extends Looked {
  readonly scans: ScanApi | undefined
}

/** What {@link look} saw. */
export interface Looked {
  readonly host: string
  readonly repository: string
  /** For policy statements. */
  readonly arn: string
  readonly api: EcrApi
  readonly client: RegistryClient
  readonly login: Login
  /** Undefined when it is missing, `unreadable` when the role may not describe it. */
  readonly described: Repository | undefined | 'unreadable'
  readonly existing: readonly ExistingImage[]
  readonly isMutable: (tag: string) => boolean
  /** Whether a build cache is there under its tag. */
  readonly hasCache: boolean
}

/** What asks ECR in this run; ECR Public has no scans. */
export interface Connection {
  readonly api: EcrApi
  readonly scans: ScanApi | undefined
}

/** The ECR clients of a run, for the registry that the inputs name. */
export function connect(world: World, inputs: BuildInputs): Connection {
  const registry = inputs.target.registry
  if (registry?.kind === 'public') return {api: connectPublic(world, registry.host), scans: undefined}
  if (registry?.region !== undefined && inputs.region !== undefined && registry.region !== inputs.region) {
    throw new InputError(
      `Input "aws-region" is "${inputs.region}", but the registry ${registry.host} is in ${registry.region}: leave "aws-region" out.`,
    )
  }
  const config = clientConfig(world.env, 'ecr-build-push', registry?.region ?? inputs.region)
  const account = registry?.accountId
  const scope = {region: config.region, ...(account !== undefined && {accountId: account})}
  const client = new ECRClient(config)
  return {api: makeEcrApi(client, scope), scans: makeScanApi(client, scope)}
}

function connectPublic(world: World, host: string): EcrApi {
  const reader = (login: Login): RegistryClient => makeRegistryClient(makeHttpGet(world.env), world.clock, host, login)
  const carrier = new ECRClient(clientConfig(world.env, 'ecr-build-push', PUBLIC_REGION))
  return makePublicApi(makePublicCall(world.env, world.clock, carrier), host, reader)
}

/**
 * The wanted tags without those that a newer release has: asked only for tags that stand for the newest of several.
 * A role that may not list leaves the question open, and the tags move as they do elsewhere.
 */
export async function leaveNewerReleases(
  world: World,
  api: EcrApi,
  repository: string,
  tags: readonly WantedTag[],
): Promise<readonly WantedTag[]> {
  if (!tags.some(({release}) => release !== undefined)) return tags
  try {
    const kept = withoutOlder(tags, await api.tags(repository))
    for (const {tag, newer} of kept.left) world.log.line(`  ${tag} stays where it is: ${newer} is a newer release`)
    if (kept.tags.length === 0) {
      const newer = kept.left.map(({tag, newer: release}) => `${tag} (${release})`).join(', ')
      throw new InputError(
        `Every tag of this image is that of a newer release: ${newer}: add a tag of its own, for example type=semver,pattern={{version}}.`,
      )
    }
    return kept.tags
  } catch (error) {
    if (!(error instanceof Failure) || error.diagnosis.reason !== 'access-denied') throw error
    world.log.warning(
      'Releases could not be compared, so "latest" and the like move: allow ecr:ListImages to this role.',
    )
    return tags
  }
}

/**
 * The wanted tags without those that name the image of a newer commit already, when this run is one that was run
 * before: a re-run repeats the delivery of its commit, and is no reason for `latest` to go back.
 */
export function leaveNewerCommits(
  world: World,
  {existing}: Pick<Looked, 'existing'>,
  source: Pick<Source, 'commit' | 'commitDate'>,
  {tags, ifTagExists}: {readonly tags: readonly WantedTag[]; readonly ifTagExists: BuildInputs['ifTagExists']},
): readonly WantedTag[] {
  const isRerun = Number(world.env['GITHUB_RUN_ATTEMPT'] ?? '1') > 1
  if (!isRerun || ifTagExists === 'overwrite') return tags
  const kept = withoutNewerCommits(tags, existing, source)
  for (const {tag, newer} of kept.left) {
    world.log.line(`  ${tag} stays where it is: this is a re-run, and ${newer.slice(0, 12)} is a newer commit`)
  }
  return kept.tags
}

/**
 * Asks for everything that decides what is to be done, side by side: credentials, the repository, the wanted tags and
 * the commits that their images were built from. Changes nothing.
 * @param cacheTag the tag of the build cache, asked for in the same call
 */
export async function look(
  world: World,
  api: EcrApi,
  inputs: BuildInputs,
  wanted: readonly string[],
  cacheTag: string | undefined,
): Promise<Looked> {
  const {repository, registry} = inputs.target
  const asked = cacheTag === undefined ? wanted : [...wanted, cacheTag]
  const [login, described, images] = await Promise.all([
    api.login().then((answer) => {
      world.mask.add(answer.password)
      return answer
    }),
    api.repository(repository),
    api.images(repository, asked),
  ])
  const host = registry?.host ?? login.registry
  const client = makeRegistryClient(makeHttpGet(world.env), world.clock, host, login)
  const known = images ?? []
  return {
    host,
    repository,
    arn: arnOf(world, inputs),
    api,
    client,
    login,
    described: images === undefined ? undefined : (described ?? undefined),
    existing: await withOrigins(
      client,
      repository,
      known.filter(({tag}) => tag !== cacheTag),
    ),
    isMutable: typeof described === 'object' ? described.isMutable : () => true,
    hasCache: known.some(({tag}) => tag === cacheTag),
  }
}

function arnOf(world: World, {target: {repository, registry}, region}: BuildInputs): string {
  if (registry?.kind === 'public') return publicRepositoryArn(repository)
  return repositoryArn(repository, registry?.region ?? region ?? world.env['AWS_REGION'], registry?.accountId)
}

type Origin = Pick<ExistingImage, 'revision' | 'committed'>

async function withOrigins(
  client: RegistryClient,
  repository: string,
  images: readonly TaggedImage[],
): Promise<ExistingImage[]> {
  const byDigest = new Map<string, Promise<Origin>>()
  for (const {digest, manifest} of images) {
    if (!byDigest.has(digest)) byDigest.set(digest, readOrigin(client, repository, manifest))
  }
  const unknown: Origin = {revision: undefined, committed: undefined}
  return await Promise.all(
    images.map(async (image) => ({...image, ...((await byDigest.get(image.digest)) ?? unknown)})),
  )
}

async function readOrigin(client: RegistryClient, repository: string, text: string): Promise<Origin> {
  const manifest = parseManifest(text)
  const labels = (await client.config(repository, manifest))?.config?.Labels
  const label = (name: string): string | undefined => labels?.[name] ?? manifest.annotations?.[name]
  const committed = new Date(label(CREATED_LABEL) ?? '')
  return {revision: label(REVISION_LABEL), committed: Number.isNaN(committed.getTime()) ? undefined : committed}
}
