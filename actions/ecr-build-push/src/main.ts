import type {World} from '../../shared/core/world.ts'
import type {BuildInputs} from './build-inputs.ts'
import {askEngine} from './builder.ts'
import {showDryRun} from './dry-run.ts'
import {withGitContext} from './context.ts'
import {describeImage} from './metadata.ts'
import {mergePlatforms} from './merge.ts'
import {decide} from './preflight.ts'
import type {Decision} from './preflight.ts'
import {buildAndPush, buildOnly, notMerged, reuse} from './publish.ts'
import type {Published} from './publish.ts'
import type {Findings} from './registry.ts'
import {connect, leaveNewerCommits, leaveNewerReleases, look} from './registry.ts'
import {cacheTag, withoutExport} from './cache.ts'
import type {Metadata} from './metadata.ts'
import {withoutPublicCache} from './public.ts'
import {report} from './results.ts'
import {readSource} from './source.ts'
import type {Source} from './source.ts'

/** Builds an image and pushes it to ECR, unless the registry has the image of this commit already. */
export async function run(world: World, asked: BuildInputs): Promise<void> {
  const started = world.clock.now()
  const source = await readSource(world)
  const fetched = withGitContext(asked.build, source, world.env, asked.gitAuthToken)
  const build = asked.target.registry?.kind === 'public' ? withoutPublicCache(world, fetched) : fetched
  const inputs = {...asked, build: isForkPull(source) ? withoutExport(build) : build}
  const image = describeImage(inputs, source, new Date(started))
  if (inputs.tags.length > 0) for (const reason of image.skipped) world.log.line(`  no tag from ${reason}`)
  if (inputs.dryRun) {
    showDryRun(world, inputs, image)
    return
  }
  const obstacle = whyNotPush(inputs.push, source)
  const done =
    obstacle === undefined
      ? await publish(world, inputs, source, image)
      : {image, published: await withoutPush(world, inputs, image, obstacle)}
  report(world, {inputs, source, started, ...done})
}

interface Done {
  /** With the tags that the image really has. */
  readonly image: Metadata
  readonly published: Published
}

async function withoutPush(world: World, inputs: BuildInputs, image: Metadata, why: string): Promise<Published> {
  return inputs.merge.length > 0 ? notMerged(world, inputs, why) : await buildOnly(world, inputs, image, why)
}

// The engine is asked beside the registry: a build needs both answers, and a reuse does without the first.
async function publish(world: World, inputs: BuildInputs, source: Source, described: Metadata): Promise<Done> {
  const engine = inputs.merge.length > 0 ? undefined : askEngine(world, inputs.build)
  try {
    const {found, image, decision} = await prepare(world, inputs, source, described)
    if (decision.kind === 'reuse') return {image, published: await reuse(world, inputs, found, decision)}
    if (inputs.merge.length > 0) return {image, published: await mergePlatforms(world, found, image, inputs)}
    return {image, published: await buildAndPush(world, inputs, found, {image, engine})}
  } finally {
    await engine?.forget()
  }
}

interface Prepared {
  readonly found: Findings
  /** With the tags that the image is to have in this registry. */
  readonly image: Metadata
  readonly decision: Decision
}

async function prepare(world: World, inputs: BuildInputs, source: Source, described: Metadata): Promise<Prepared> {
  const {api, scans} = connect(world, inputs)
  const {repository} = inputs.target
  const named = inputs.pushByDigest ? [] : await leaveNewerReleases(world, api, repository, described.tags)
  const cache = inputs.build.cache === 'registry' ? cacheTag(inputs.build, process.arch) : undefined
  const asked = named.map(({name}) => name)
  const seen = await look(world, api, inputs, asked, cache)
  const {ifTagExists} = inputs
  const tags = leaveNewerCommits(world, seen, source, {tags: named, ifTagExists})
  // What a tag that stays names is no business of this run: it is not what the image replaces.
  const found = {...seen, scans, existing: seen.existing.filter(({tag}) => tags.some(({name}) => name === tag))}
  const decision = decide({
    repository: found.repository,
    commit: source.commit,
    policy: ifTagExists,
    wanted: tags,
    existing: found.existing,
    isMutable: found.isMutable,
  })
  return {found, image: {...described, tags}, decision}
}

/** The reason for which nothing is pushed; undefined when it is. */
export function whyNotPush(push: BuildInputs['push'], source: Pick<Source, 'event' | 'fromFork'>): string | undefined {
  if (push === 'never') return 'Not pushed: input "push" is false.'
  if (push === 'auto' && isForkPull(source)) {
    return 'Not pushed: this pull request comes from a fork, whose runs get no credentials.'
  }
  return undefined
}

function isForkPull({event, fromFork}: Pick<Source, 'event' | 'fromFork'>): boolean {
  return fromFork && event === 'pull_request'
}
