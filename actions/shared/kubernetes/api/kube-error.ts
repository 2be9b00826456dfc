import {isObject} from '../object.ts'

/** One cause of a refused call, as the API server lists them in `details.causes`. */
export interface Cause {
  readonly reason: string
  readonly message: string
  readonly field: string
}

/**
 * A call that the API server did not carry out: its own Status object where it sent one
 * (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/), else what is known about the way
 * to it.
 */
export class KubeError extends Error {
  override readonly name = 'KubeError'
  /** The HTTP status; 0 when no answer came. */
  readonly status: number
  /** The API server's own slug: `NotFound`, `Conflict`, `Forbidden`, `Expired`. Empty when it said none. */
  readonly reason: string
  readonly causes: readonly Cause[]
  /** Seconds after which the server wants to be asked again. */
  readonly retryAfter: number | undefined

  constructor(status: number, body: string, retryAfter?: number) {
    const said = readStatus(status, body)
    super(said.message)
    this.status = status
    this.reason = said.reason
    this.causes = said.causes
    this.retryAfter = retryAfter
  }
}

function readStatus(status: number, body: string): {message: string; reason: string; causes: readonly Cause[]} {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    parsed = undefined
  }
  const plain = {message: wordsOf(status, body.trim()), reason: '', causes: []}
  if (!isObject(parsed) || parsed['kind'] !== 'Status') return plain
  const details = isObject(parsed['details']) ? parsed['details'] : {}
  return {
    message: typeof parsed['message'] === 'string' ? parsed['message'] : plain.message,
    reason: typeof parsed['reason'] === 'string' ? parsed['reason'] : '',
    causes: Array.isArray(details['causes']) ? details['causes'] : [],
  }
}

// A page is of a load balancer or a proxy before the server; its title says all that a person wants to know of it.
function wordsOf(status: number, body: string): string {
  if (!/^<(?:!doctype|html)/i.test(body)) return body.slice(0, 2000) || 'no answer'
  const [, title = `status ${String(status)}`] = /<title>([^<]*)<\/title>/i.exec(body) ?? []
  return `a web page in the place of an answer (${title.trim()})`
}

const PASSES =
  /failed calling webhook|conversion webhook|leader changed|etcdserver: (?:leader|request timed out)|GOAWAY|connection re(?:set|fused)|i\/o timeout|TLS handshake timeout|unexpected EOF/i

/**
 * Whether the same call may well work in a moment: an answer that never came, throttling, server trouble, a webhook
 * that is just starting, a quota object that changed meanwhile. Never for refusals and invalid objects.
 */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof KubeError)) return false
  if (error.status === 0 || error.status === 429 || [502, 503, 504].includes(error.status)) return true
  if (error.status === 409) return /resourcequotas/.test(error.message)
  return error.status >= 500 && PASSES.test(error.message)
}

/** Whether the API server said that there is no such thing. */
export function isNotFound(error: unknown): boolean {
  return error instanceof KubeError && error.status === 404
}

/** Whether the API server refused for lack of permission. */
export function isForbidden(error: unknown): boolean {
  return error instanceof KubeError && (error.status === 403 || error.status === 401)
}
