const HOST = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::\d+)?$/i
const PATH = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}$/i

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
 * The repository in its full form, so that `nginx` and `docker.io/library/nginx` are the same.
 */
export function fullRepository(repository: string): string {
  const [first = '', ...rest] = repository.split('/')
  const registry = rest.length > 0 && isHost(first)
  const named = registry ? repository : `docker.io/${rest.length === 0 ? `library/${first}` : repository}`
  return named.replace(/^index\.docker\.io\//, 'docker.io/')
}

/**
 * Why a text can be no reference to an image; undefined when it can be one. What is put together out of outputs of other
 * jobs has a hole where one of them is empty, and a registry would only say much later that there is no such image.
 * The grammar is that of https://pkg.go.dev/github.com/distribution/reference.
 */
export function imageProblem(image: string): string | undefined {
  if (image.includes('***')) {
    return 'holds "***" where a masked text was: hand the digest over, and put the registry before it in this job'
  }
  const {repository, tag, digest} = parseImage(image)
  if (digest === '') return 'ends in "@": the digest behind it is empty'
  if (digest !== undefined && !DIGEST.test(digest)) return 'has no digest behind its "@": use sha256: and 64 hex digits'
  if (tag === '') return 'ends in ":": the tag behind it is empty'
  if (tag !== undefined && !TAG.test(tag)) return `has the tag "${tag}", which is none`
  return repositoryProblem(repository)
}

function repositoryProblem(repository: string): string | undefined {
  const slash = repository.indexOf('/')
  const first = repository.slice(0, Math.max(0, slash))
  const hasHost = slash === 0 || isHost(first)
  if (hasHost && !HOST.test(first)) return `has no registry before "${repository.slice(slash)}": a part of it is empty`
  const path = hasHost ? repository.slice(slash + 1) : repository
  if (path !== path.toLowerCase()) return `has capitals in its name: use "${path.toLowerCase()}"`
  return PATH.test(path) ? undefined : `names no repository: "${path}" is none`
}

// A first part without a dot, a colon and not `localhost` is no registry (https://github.com/distribution/reference).
function isHost(first: string): boolean {
  return /[.:]/.test(first) || first === 'localhost'
}
