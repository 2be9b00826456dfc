import type {RepositoryName} from '../../shared/ecr/image-name.ts'
import type {Policies, RepositorySettings} from '../../shared/ecr/repository-settings.ts'
import type {ScanRules} from './scan-rules.ts'
import type {BuildSecret} from './secrets.ts'
import type {SmokeTest} from './smoke.ts'

/** What the step was asked to do, checked as far as it can be without asking anybody. */
export interface BuildInputs {
  readonly target: RepositoryName
  readonly region: string | undefined
  readonly tags: readonly string[]
  readonly flavor: readonly string[]
  readonly labels: readonly string[]
  readonly annotations: readonly string[]
  readonly build: BuildOptions
  readonly gitAuthToken: string | undefined
  readonly push: 'auto' | 'always' | 'never'
  readonly createRepository: boolean
  readonly repositorySettings: RepositorySettings
  readonly policies: Policies
  readonly ifTagExists: 'reuse' | 'fail' | 'overwrite'
  /** Push without a tag; the digest is for a later step that merges platforms. */
  readonly pushByDigest: boolean
  /** Digests to make one image of, instead of a build. */
  readonly merge: readonly string[]
  readonly pushRetries: number
  readonly smokeTest: SmokeTest | undefined
  /** Undefined: the step does not wait for a scan. */
  readonly scan: ScanRules | undefined
  readonly keepLogin: boolean
  readonly dryRun: boolean
}

/** What buildx is told, one property per option. */
export interface BuildOptions {
  readonly context: string
  /** The Dockerfile, relative to the workspace; undefined for the one in the context. */
  readonly file: string | undefined
  readonly targetStage: string | undefined
  readonly platforms: readonly string[]
  readonly buildArgs: readonly string[]
  readonly buildContexts: readonly string[]
  readonly secrets: readonly BuildSecret[]
  readonly ssh: readonly string[]
  readonly cache: CacheMode
  readonly cacheFrom: readonly string[]
  readonly cacheTo: readonly string[]
  readonly provenance: string | undefined
  readonly sbom: string | undefined
  readonly attests: readonly string[]
  readonly load: boolean
  readonly pull: boolean
  readonly noCache: boolean
  readonly noCacheFilters: readonly string[]
  readonly builder: string | undefined
  readonly outputs: readonly string[]
  readonly network: string | undefined
  readonly addHosts: readonly string[]
  readonly shmSize: string | undefined
  readonly ulimit: readonly string[]
  readonly cgroupParent: string | undefined
  readonly allow: readonly string[]
}

/** Where the build cache lives between runs. */
export type CacheMode = 'registry' | 'gha' | 'inline' | 'none'
