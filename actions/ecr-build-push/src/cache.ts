import {sanitizeTag} from '../../shared/ecr/image-name.ts'
import type {CachePlan} from './arguments.ts'
import type {BuildOptions} from './build-inputs.ts'

/** What decides how a build is cached. */
export interface CacheSituation {
  /** `registry/repository`, or undefined when nothing is pushed and no registry is known. */
  readonly repositoryUri: string | undefined
  /** Whether the cache of an earlier build is there to be read. */
  readonly exists: boolean
  /** Whether this build may write: false without a push (a fork's pull request) and where the cache's tag is immutable. */
  readonly mayWrite: boolean
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: '386',
  ppc64: 'ppc64le',
  s390x: 's390x',
}

/**
 * The tag that holds the cache of a build: one for each platform and target stage, because parallel jobs would
 * otherwise overwrite each other's (https://github.com/docker/bake-action/issues/329).
 * @param arch Node's name of this machine's architecture, for builds without `platforms`
 */
export function cacheTag(options: Pick<BuildOptions, 'platforms' | 'targetStage'>, arch: string): string {
  const {platforms, targetStage} = options
  const built = platforms.length > 0 ? [...platforms].sort() : [`linux/${ARCHITECTURES[arch] ?? arch}`]
  return sanitizeTag(['buildcache', targetStage, ...built].filter(Boolean).join('-'))
}

/**
 * `--cache-from` and `--cache-to` of a build. What the user wrote in free form comes first and, for its direction,
 * stands instead of the mode.
 */
export function planCache(options: BuildOptions, situation: CacheSituation, arch: string): CachePlan {
  const byMode = modeCache(options, situation, arch)
  return {
    from: options.cacheFrom.length > 0 ? options.cacheFrom : options.noCache ? [] : byMode.from,
    to: options.cacheTo.length > 0 ? options.cacheTo : byMode.to,
  }
}

/**
 * The options without a cache that leaves this machine: for a pull request from a fork, whose code must not write what
 * later builds take for their own (and which has no credentials to do it with).
 */
export function withoutExport(options: BuildOptions): BuildOptions {
  return {...options, cacheTo: options.cacheTo.filter((entry) => /(?:^|,)type=local(?:,|$)/.test(entry))}
}

function modeCache(options: BuildOptions, {repositoryUri, exists, mayWrite}: CacheSituation, arch: string): CachePlan {
  const tag = cacheTag(options, arch)
  switch (options.cache) {
    case 'none':
      return {from: [], to: []}
    case 'gha':
      return {
        from: [`type=gha,scope=${tag}`],
        to: mayWrite ? [`type=gha,scope=${tag},mode=max,ignore-error=true`] : [],
      }
    case 'inline':
      return {from: [], to: mayWrite ? ['type=inline'] : []}
    case 'registry': {
      if (repositoryUri === undefined) return {from: [], to: []}
      const ref = `type=registry,ref=${repositoryUri}:${tag}`
      // ECR answers 400 to a cache without the first two options (https://github.com/aws/containers-roadmap/issues/876);
      // a cache that cannot be written must not fail a good build (https://github.com/docker/buildx/issues/3303).
      const to = `${ref},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true`
      return {from: exists ? [ref] : [], to: mayWrite ? [to] : []}
    }
  }
}
