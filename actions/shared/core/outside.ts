import {titled} from './diagnosis.ts'
import type {Diagnosis} from './diagnosis.ts'
import {errorMessage} from './errors.ts'

const NETWORK =
  /^(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EBADMSG|UND_ERR_\w+|HPE_\w+)$/
const DISK = /^(?:ENOSPC|EDQUOT|EFBIG)$/
const FORBIDDEN = /^(?:EROFS|EACCES|EPERM)$/

/**
 * What an error that nobody expected says about the world around the action: a network or a machine that is not in order
 * is nothing that the action can mend, and nothing to open an issue for. Undefined for all other errors.
 */
export function outsideTrouble(thrown: unknown): Diagnosis | undefined {
  const codes = codesOf(thrown)
  const words = errorMessage(thrown)
  const has = (pattern: RegExp): boolean => codes.some((code) => pattern.test(code))
  if (has(NETWORK) || /socket hang up|fetch failed/.test(words)) {
    const advice = 'check the network of the runner (proxy, DNS, firewall), then re-run'
    return {reason: 'unreachable', subject: 'Network', cause: `a service could not be reached: ${words}`, advice}
  }
  if (has(DISK)) return runner(`its disk is full (${words})`, 'free space on the runner, or take a larger one')
  if (has(FORBIDDEN)) return runner(`it lets nothing be written (${words})`, 'check the rights of the folder')
  const refusal = ofGitHub(thrown, words)
  if (refusal !== undefined) return refusal
  const [, file] = /^Missing file at path: (.*)$/.exec(words) ?? []
  if (file === undefined) return undefined
  return runner(`its file ${file} is gone`, 'see which step or container removed it')
}

/** Why something could not be done, in a few words: what the machine or the network says, or else the error itself. */
export function causeOfTrouble(thrown: unknown): string {
  return outsideTrouble(thrown)?.cause ?? errorMessage(thrown)
}

// An answer of GitHub that is an error, as its client throws it.
function ofGitHub(thrown: unknown, words: string): Diagnosis | undefined {
  const {name, status} = (thrown ?? {}) as {name?: unknown; status?: unknown}
  if (name !== 'HttpError' || typeof status !== 'number') return undefined
  // What a proxy says of its own is a page.
  const said = `HTTP ${String(status)}${/^\s*</.test(words) ? '' : `: ${words}`}`
  if (status === 401 || status === 403) {
    const advice = 'check the token and the "permissions" of the job, then re-run'
    return {reason: 'access-denied', subject: 'GitHub', cause: `it refuses this token (${said})`, advice}
  }
  if (status !== 429 && status < 500) return undefined
  const cause = status === 429 ? `it asked for fewer calls again and again (${said})` : `it gave no answer (${said})`
  return {reason: 'unreachable', subject: 'GitHub', cause, advice: 're-run in some minutes'}
}

function runner(cause: string, advice: string): Diagnosis {
  return {reason: 'runner-error', ...titled('The runner is not in order'), cause, advice: `${advice}, then re-run`}
}

function codesOf(thrown: unknown): string[] {
  if (!(thrown instanceof Error)) return []
  const {code} = thrown as NodeJS.ErrnoException
  const inner = thrown instanceof AggregateError ? thrown.errors : [thrown.cause]
  return [...(typeof code === 'string' ? [code] : []), ...inner.flatMap(codesOf)]
}
