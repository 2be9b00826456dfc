const HOST = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::\d+)?$/i
const PATH = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}$/i

/**
 * Why a text can be no reference to an image; undefined when it can be one. What is put together out of outputs of other
 * jobs has a hole where one of them is empty, and a registry would only say much later that there is no such image.
 * The grammar is that of https://pkg.go.dev/github.com/distribution/reference.
 */
export function imageProblem(image: string): string | undefined {
  if (image.includes('***')) {
    return 'holds "***" where a masked text was: hand the digest over, and put the registry before it in this job'
  }
  const [name, digest] = splitOnce(image, '@')
  if (digest === '') return 'ends in "@": the digest behind it is empty'
  if (digest !== undefined && !DIGEST.test(digest)) return `has no digest behind its "@": use sha256: and 64 hex digits`
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1)
  const [path, tag] = colon < 0 ? [name, undefined] : [name.slice(0, colon), name.slice(colon + 1)]
  if (tag === '') return 'ends in ":": the tag behind it is empty'
  if (tag !== undefined && !TAG.test(tag)) return `has the tag "${tag}", which is none`
  return pathProblem(path)
}

function pathProblem(path: string): string | undefined {
  const [first, rest] = splitOnce(path, '/')
  // Docker's own rule: a first part with a dot, a port or "localhost" is a host.
  const hasHost = rest !== undefined && (/[.:]/.test(first) || first === 'localhost' || first === '')
  if (hasHost && !HOST.test(first)) return `has no registry before "/${rest}": a part of it is empty`
  const inside = hasHost ? rest : path
  if (inside !== inside.toLowerCase()) return `has capitals in its name: use "${inside.toLowerCase()}"`
  return PATH.test(inside) ? undefined : `names no repository: "${inside}" is none`
}

function splitOnce(text: string, by: string): [string, string?] {
  const at = text.indexOf(by)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + by.length)]
}
