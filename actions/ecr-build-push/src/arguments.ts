import {csvField} from './lists.ts'
import type {BuildOptions} from './build-inputs.ts'
import type {Metadata} from './metadata.ts'

/** What a build is told beside the user's own options. */
export interface BuildPlan {
  readonly builder: string | undefined
  /** `registry/repository:tag`, each. */
  readonly references: readonly string[]
  readonly metadata: Pick<Metadata, 'labels' | 'annotations'>
  readonly cache: CachePlan
  /** Where each secret's value lies, by the secret's id. */
  readonly secretFiles: ReadonlyMap<string, string>
  readonly push: boolean
  /** `registry/repository` to push to without a tag, for a later merge of platforms. */
  readonly byDigestTo?: string | undefined
  /** Where buildx writes the digest. */
  readonly metadataFile: string
}

/** Values of `--cache-from` and `--cache-to`. */
export interface CachePlan {
  readonly from: readonly string[]
  readonly to: readonly string[]
}

/** The argument list of `docker` for a build. Pure: what a dry run shows is what a build is called with. */
export function buildArguments(options: BuildOptions, plan: BuildPlan): string[] {
  return [
    'buildx',
    'build',
    ...option('builder', plan.builder),
    '--progress=plain',
    ...option('metadata-file', plan.metadataFile),
    ...option('file', options.file),
    ...option('target', options.targetStage),
    ...option('platform', options.platforms.join(',') || undefined),
    ...each('tag', plan.references),
    ...each(
      'label',
      [...plan.metadata.labels].map(([name, value]) => `${name}=${value}`),
    ),
    ...each('annotation', plan.metadata.annotations),
    ...each('build-arg', options.buildArgs),
    ...each('build-context', options.buildContexts),
    ...secretArguments(options, plan.secretFiles),
    ...each('ssh', options.ssh),
    ...each('cache-from', plan.cache.from),
    ...each('cache-to', plan.cache.to),
    ...attestations(options),
    ...environmentArguments(options),
    ...flag('pull', options.pull),
    ...flag('no-cache', options.noCache),
    ...each('no-cache-filter', options.noCacheFilters),
    ...each('output', options.outputs),
    ...flag('load', options.load),
    ...pushArguments(plan),
    options.context,
  ]
}

function pushArguments({push, byDigestTo}: BuildPlan): string[] {
  if (byDigestTo === undefined) return flag('push', push)
  return ['--output', `type=image,name=${byDigestTo},push-by-digest=true,name-canonical=true,push=true`]
}

function environmentArguments(options: BuildOptions): string[] {
  return [
    ...option('network', options.network),
    ...each('add-host', options.addHosts),
    ...option('shm-size', options.shmSize),
    ...each('ulimit', options.ulimit),
    ...option('cgroup-parent', options.cgroupParent),
    ...each('allow', options.allow),
  ]
}

function secretArguments(options: BuildOptions, files: ReadonlyMap<string, string>): string[] {
  return options.secrets.flatMap((secret) => {
    if ('variable' in secret) return ['--secret', `id=${secret.id},env=${secret.variable}`]
    const path = 'path' in secret ? secret.path : (files.get(secret.id) ?? '')
    return ['--secret', ['type=file', `id=${secret.id}`, `src=${path}`].map(csvField).join(',')]
  })
}

/**
 * Without being asked, no attestation: it would turn one image into an index with an `unknown/unknown` platform, which
 * Lambda refuses and ECR cannot scan (https://github.com/docker/buildx/issues/1533, https://github.com/moby/buildkit/issues/3499).
 */
function attestations({provenance = 'false', sbom = 'false', attests}: BuildOptions): string[] {
  const kinds = attests.map((attest) => /(?:^|,)type=(\w+)/.exec(attest)?.[1])
  return [
    ...(kinds.includes('provenance') ? [] : [`--provenance=${provenance}`]),
    ...(kinds.includes('sbom') ? [] : [`--sbom=${sbom}`]),
    ...each('attest', attests),
  ]
}

function option(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`--${name}`, value]
}

function each(name: string, values: readonly string[]): string[] {
  return values.flatMap((value) => [`--${name}`, value])
}

function flag(name: string, isSet: boolean): string[] {
  return isSet ? [`--${name}`] : []
}
