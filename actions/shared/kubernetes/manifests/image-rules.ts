import {InputError} from '../../core/errors.ts'
import {fullRepository, imageProblem, parseImage} from '../../core/image-reference.ts'

/** One wish of the `images` input: the image that is looked for, and what takes its place. */
export interface ImageRule {
  /** As the user wrote it. */
  readonly written: string
  /** The repository that is looked for, in its full form. */
  readonly repository: string
  /** The reference that is put in its place. */
  readonly reference: string
}

/** Where else than in pod templates an image stands: `Prometheus:spec.image`, `spec.runners.*.image`. */
export interface ImagePath {
  /** Only objects of this kind; undefined for all. */
  readonly kind?: string
  /** `*` stands for every item of a list. */
  readonly path: readonly string[]
}

/**
 * Reads the lines of the `images` input: `name=reference` puts the reference where the manifests say `name` (as
 * kustomize does); a bare reference replaces images of the same repository (as Azure/k8s-deploy does).
 * @throws {InputError} for a value that is no image reference, and for two rules for one image
 */
export function parseImageRules(values: readonly string[]): ImageRule[] {
  const rules = values.map(parseRule)
  const twice = rules.find((rule, at) => rules.findIndex((other) => other.repository === rule.repository) !== at)
  if (twice !== undefined) {
    throw new InputError(`Input "images" names the image "${twice.repository}" twice: keep one of the two.`)
  }
  return rules
}

function parseRule(written: string): ImageRule {
  const at = written.indexOf('=')
  const reference = written.slice(at + 1).trim()
  const name = at < 0 ? parseImage(reference).repository : written.slice(0, at).trim()
  if (reference === '' || name === '')
    throw noImage(written, 'has an empty side: is the output set that it comes from?')
  const problem = imageProblem(reference) ?? imageProblem(name)
  if (problem !== undefined) throw noImage(written, problem)
  const {tag, digest} = parseImage(reference)
  if (at < 0 && tag === undefined && digest === undefined) {
    throw new InputError(`Input "images" has "${written}" without a tag or a digest: it would change nothing.`)
  }
  return {written, repository: fullRepository(parseImage(name).repository), reference}
}

function noImage(written: string, problem: string): InputError {
  return new InputError(
    `Input "images" has "${written}", which ${problem}. Write name=repository@sha256:digest or repository:tag.`,
  )
}

/** Reads the `image-paths` input: `[Kind:]a.b.*.c`. @throws {InputError} for an empty step on the way */
export function parseImagePaths(values: readonly string[]): ImagePath[] {
  return values.map((written) => {
    const colon = written.indexOf(':')
    const path = written.slice(colon + 1).split('.')
    if (path.some((step) => step === '')) {
      throw new InputError(`Input "image-paths" has "${written}": write a path like Prometheus:spec.image.`)
    }
    return colon < 0 ? {path} : {kind: written.slice(0, colon), path}
  })
}

/** The rule for an image as a manifest names it, or undefined. */
export function ruleFor(image: string, rules: readonly ImageRule[]): ImageRule | undefined {
  const repository = fullRepository(parseImage(image).repository)
  return rules.find((rule) => rule.repository === repository)
}
