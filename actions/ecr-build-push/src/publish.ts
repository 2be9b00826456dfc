import {privateFolder, takeAway} from '../../shared/core/files.ts'
import {Failure} from '../../shared/core/diagnosis.ts'
import type {World} from '../../shared/core/world.ts'
import {dockerLogin, makeDockerHome, removeDockerHome} from '../../shared/ecr/docker-login.ts'
import type {DockerHome} from '../../shared/ecr/docker-login.ts'
import {repositoryArn} from '../../shared/ecr/explain.ts'
import {createRequest} from '../../shared/ecr/repository-settings.ts'
import {baseRegistries, logInToBases} from './base-images.ts'
import {build, dockerfileOf} from './build.ts'
import type {Built} from './build.ts'
import {chooseBuilder} from './builder.ts'
import type {Builder, EngineQuestion} from './builder.ts'
import type {CachePlan} from './arguments.ts'
import {cacheTag, planCache} from './cache.ts'
import type {BuildInputs} from './build-inputs.ts'
import {showWarnings} from './lint.ts'
import type {Metadata} from './metadata.ts'
import type {Decision} from './preflight.ts'
import type {BuildStep} from './progress.ts'
import {proveImage} from './prove.ts'
import type {Findings} from './registry.ts'
import {judge} from './scan-gate.ts'
import {platformSizes, verifyPush} from './verify.ts'
import type {PlatformSize} from './verify.ts'

/** What is in the registry, or on this machine, when the step is done. */
export interface Published {
  readonly outcome: 'pushed' | 'reused' | 'built'
  /** The registry's host; undefined when none was asked. */
  readonly host: string | undefined
  readonly digest: string | undefined
  readonly note: string | undefined
  readonly metadata: string
  readonly steps: readonly BuildStep[]
  readonly sizes: readonly PlatformSize[]
  readonly sizesBefore: readonly PlatformSize[]
  /** The image that a moving tag pointed at before. */
  readonly before: string | undefined
}

/** Takes the image that is there already, and gives it the wanted tags that it lacks. */
export async function reuse(
  world: World,
  inputs: BuildInputs,
  found: Findings,
  {image, missing}: Extract<Decision, {kind: 'reuse'}>,
): Promise<Published> {
  world.log.line(`✓ ${found.repository}:${image.tag} is the image of this commit already: ${image.digest}`)
  for (const tag of missing) {
    await found.api.addTag(found.repository, image, tag)
    world.log.line(`  tagged it ${tag} as well`)
  }
  const stored = await verifyPush(world, found.client, found.repository, [image.tag, ...missing], image.digest)
  await judge(world, inputs.scan, found, stored)
  return {
    outcome: 'reused',
    host: found.host,
    digest: image.digest,
    note: 'Nothing was built: the registry has the image of this commit.',
    metadata: '{}',
    steps: [],
    sizes: [],
    sizesBefore: [],
    before: undefined,
  }
}

/** Builds, pushes, and reads back what was pushed. The first change anywhere comes after the engine has answered. */
export async function buildAndPush(
  world: World,
  inputs: BuildInputs,
  found: Findings,
  {image, engine}: {readonly image: Metadata; readonly engine: EngineQuestion | undefined},
): Promise<Published> {
  const bases = (await baseRegistries(world, inputs.build)).filter(({host}) => host !== found.host)
  return await inPrivateRoom(world, inputs, [found.host, ...bases.map(({host}) => host)], async (room) => {
    const wantsCache = inputs.build.cache !== 'none' || inputs.build.cacheTo.length > 0
    // The login is to this step's own folder, so it need not wait for the engine.
    const [builder] = await Promise.all([
      chooseBuilder(world, room.env, inputs.build, wantsCache, engine),
      dockerLogin(world.processes, room.home, found.host, found.login),
    ])
    await ensureRepository(world, inputs, found)
    await logInToBases(world, room.home, bases)
    const tags = inputs.pushByDigest ? [] : image.tags.map(({name}) => name)
    await proveImage(world, inputs, {...room, builder, image, cacheFrom: cacheOf(inputs, found, builder).from})
    const built = await buildTo(world, inputs, found, {image, builder, room})
    if (built.digest === undefined) throw noDigest(found.repository)
    const stored = await verifyPush(world, found.client, found.repository, tags, built.digest)
    world.log.line(
      `✓ ${found.repository}@${built.digest}: read back from the registry${tags.length > 0 ? ` under ${tags.join(', ')}` : ''}`,
    )
    await judge(world, inputs.scan, found, stored)
    const before = found.existing.find(({digest}) => digest !== built.digest)?.digest
    return {
      outcome: 'pushed',
      host: found.host,
      digest: built.digest,
      note: undefined,
      metadata: built.metadata,
      steps: built.steps,
      sizes: await platformSizes(found.client, found.repository, stored),
      sizesBefore: await sizesOf(found, before),
      before,
    }
  })
}

/** Builds without a registry: for forks and for `push: false`. */
export async function buildOnly(world: World, inputs: BuildInputs, image: Metadata, note: string): Promise<Published> {
  world.log.line(note)
  // Without a push there may be no credentials, and ECR Public asks for none.
  const bases = (await baseRegistries(world, inputs.build)).filter(({kind}) => kind === 'private')
  const hosts = bases.map(({host}) => host)
  return await inPrivateRoom(world, {keepLogin: false}, hosts, async (room) => {
    await logInToBases(world, room.home, bases)
    const builder = await chooseBuilder(world, room.env, inputs.build, inputs.build.cacheTo.length > 0)
    const {repository, registry} = inputs.target
    const uri = registry === undefined ? repository : `${registry.host}/${repository}`
    const cache = planCache(inputs.build, {repositoryUri: undefined, exists: false, mayWrite: false}, process.arch)
    const references = image.tags.map(({name}) => `${uri}:${name}`)
    const plan = {builder: builder.name, references, metadata: image, cache, push: false}
    const subject = {repository, repositoryArn: repositoryArn(repository), dockerfile: dockerfileOf(inputs.build)}
    const built = await build(world, inputs.build, plan, {...room, subject, retries: 0})
    showWarnings(world, built.warnings, subject.dockerfile)
    return {
      outcome: 'built',
      host: registry?.host,
      digest: built.digest,
      note,
      metadata: built.metadata,
      steps: built.steps,
      sizes: [],
      sizesBefore: [],
      before: undefined,
    }
  })
}

/** What a step that was to merge platforms says where it may not push: nothing was pushed that could be merged. */
export function notMerged(world: World, {target}: Pick<BuildInputs, 'target'>, why: string): Published {
  world.log.line(why)
  return {
    outcome: 'built',
    host: target.registry?.host,
    digest: undefined,
    note: `${why} There is nothing to merge.`,
    metadata: '{}',
    steps: [],
    sizes: [],
    sizesBefore: [],
    before: undefined,
  }
}

interface Room {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly home: DockerHome
}

// Passwords and secrets lie in folders that are gone when the step is; the post step removes them if it was killed. A
// login that is kept is for the later steps of this job alone, and goes with the job.
async function inPrivateRoom<T>(
  world: World,
  {keepLogin}: Pick<BuildInputs, 'keepLogin'>,
  registries: readonly string[],
  body: (room: Room) => Promise<T>,
): Promise<T> {
  const home = await makeDockerHome(world.env, registries)
  world.outputs.saveState('docker-home', home.folder)
  const folder = await privateFolder(world.env, 'slipway-build')
  world.outputs.saveState('build-folder', folder)
  try {
    const result = await body({folder, env: home.env, home})
    if (keepLogin) for (const [name, value] of Object.entries(home.env)) world.outputs.exportVariable(name, value)
    return result
  } finally {
    if (!keepLogin) await removeDockerHome(world, home.folder)
    await takeAway(world.log, 'The folder of the build', folder)
  }
}

async function ensureRepository(world: World, inputs: BuildInputs, found: Findings): Promise<void> {
  if (found.described !== undefined) return
  if (!inputs.createRepository) {
    throw new Failure({
      reason: 'not-found',
      subject: `${found.host}/${found.repository}`,
      cause: 'the registry has no such repository',
      advice:
        'set create-repository to true, or create it with Terraform before this step; nothing was built or changed',
    })
  }
  await found.api.createRepository(createRequest(found.repository, inputs.repositorySettings), inputs.policies)
  world.log.line(`✓ created the repository ${found.repository}`)
}

async function buildTo(
  world: World,
  inputs: BuildInputs,
  found: Findings,
  {image, builder, room}: {image: Metadata; builder: Builder; room: Room},
): Promise<Built> {
  const uri = `${found.host}/${found.repository}`
  const cache = cacheOf(inputs, found, builder)
  const references = inputs.pushByDigest ? [] : image.tags.map(({name}) => `${uri}:${name}`)
  const byDigestTo = inputs.pushByDigest ? uri : undefined
  const plan = {builder: builder.name, references, metadata: image, cache, push: true, byDigestTo}
  const subject = {repository: uri, repositoryArn: found.arn, dockerfile: dockerfileOf(inputs.build)}
  const built = await build(world, inputs.build, plan, {...room, subject, retries: inputs.pushRetries})
  showWarnings(world, built.warnings, subject.dockerfile)
  return built
}

function cacheOf({build: options}: BuildInputs, found: Findings, {driver}: Builder): CachePlan {
  // The plain docker driver can read a cache, but only its containerd store can write one.
  const mayWrite = driver !== 'docker' && (!found.hasCache || found.isMutable(cacheTag(options, process.arch)))
  const repositoryUri = `${found.host}/${found.repository}`
  return planCache(options, {repositoryUri, exists: found.hasCache, mayWrite}, process.arch)
}

async function sizesOf(found: Findings, digest: string | undefined): Promise<PlatformSize[]> {
  if (digest === undefined) return []
  const stored = await found.client.manifest(found.repository, digest)
  return stored === undefined ? [] : await platformSizes(found.client, found.repository, stored)
}

function noDigest(repository: string): Failure {
  return new Failure({
    reason: 'push-failed',
    subject: repository,
    cause: 'buildx ended well, but named no digest, so nothing proves what was pushed',
    advice: 'update buildx to 0.8 or later, and leave exporters that push out of "outputs"',
  })
}
