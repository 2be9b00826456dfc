/** The parts of a container image reference: `registry:5000/team/app:1.2@sha256:...`. */
export interface ImageReference {
  /** Registry and path, as written: `registry:5000/team/app`. */
  readonly repository: string
  readonly tag?: string
  /** `sha256:<hex>`. */
  readonly digest?: string
}

/**
 * Takes a reference apart. A colon before the last slash belongs to the registry's port, not to a tag
 * (https://github.com/Azure/k8s-deploy/issues/2).
 */
export function parseImage(reference: string): ImageReference {
  const [named = '', digest] = reference.split('@', 2)
  const colon = named.lastIndexOf(':')
  const tagged = colon > named.lastIndexOf('/')
  return {
    repository: tagged ? named.slice(0, colon) : named,
    ...(tagged && {tag: named.slice(colon + 1)}),
    ...(digest !== undefined && {digest}),
  }
}

/**
 * The repository in its full form, so that `nginx` and `docker.io/library/nginx` are the same
 * (https://github.com/distribution/reference: a first part without a dot, a colon and not `localhost` is no registry).
 */
export function fullRepository(repository: string): string {
  const [first = '', ...rest] = repository.split('/')
  const registry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const named = registry ? repository : `docker.io/${rest.length === 0 ? `library/${first}` : repository}`
  return named.replace(/^index\.docker\.io\//, 'docker.io/')
}

const REFERENCE =
  /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/i

/** Whether `text` is a reference that a registry could hold. */
export function isImageReference(text: string): boolean {
  return REFERENCE.test(text)
}
