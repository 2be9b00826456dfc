import {InputError} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import type {BuildInputs, BuildOptions} from './build-inputs.ts'

/**
 * The inputs, when a repository of ECR Public can do what they ask.
 * https://docs.aws.amazon.com/AmazonECR/latest/public/public-repositories.html
 * @throws {InputError} for what private repositories have beyond it
 */
export function checkPublic(inputs: BuildInputs): BuildInputs {
  const {target, scan, repositorySettings: settings} = inputs
  if (target.registry?.kind !== 'public') return inputs
  if (!target.repository.includes('/')) {
    throw new InputError(
      `Input "repository" is "${target.repository}" in ${target.registry.host}, where a name starts with the alias of a registry: give for example ${target.registry.host}/a1b2c3d4/${target.repository}.`,
    )
  }
  if (scan !== undefined) {
    throw new InputError(
      'Input "scan-fail-on" is given for a repository of ECR Public, which has no scans: leave it out, or push to a private repository first.',
    )
  }
  const {scanOnPush, mutability, encryption, lifecyclePolicy} = settings
  const given = {'scan-on-push': scanOnPush, mutability, encryption, 'lifecycle-policy': lifecyclePolicy}
  const foreign = Object.entries(given).find(([, value]) => value !== undefined)?.[0]
  if (foreign !== undefined) {
    throw new InputError(
      `Input "repository-settings" sets ${foreign}, which ECR Public does not have: use repository-policy and tag.<key> alone.`,
    )
  }
  return inputs
}

/**
 * The options without a cache in a repository that everybody can read: it holds every stage of the build, those that
 * the image leaves behind as well.
 */
export function withoutPublicCache({log}: Pick<World, 'log'>, options: BuildOptions): BuildOptions {
  if (options.cache !== 'registry') return options
  log.line('  no build cache in a public repository, which would show every stage of the build: cache: gha has one')
  return {...options, cache: 'none'}
}
