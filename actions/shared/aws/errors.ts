import {Failure} from '../core/diagnosis.ts'
import {errorMessage} from '../core/errors.ts'

/** What an error of the AWS SDK carries, as far as anything is decided by it. */
interface ServiceError extends Error {
  readonly $fault?: 'client' | 'server'
  readonly $metadata?: {readonly httpStatusCode?: number}
  readonly $response?: unknown
}

const ACCESS_DENIED =
  /AccessDenied|UnauthorizedOperation|NotAuthorized|UnrecognizedClient|InvalidClientTokenId|ExpiredToken/
const THROTTLED = /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown/

/** Whether AWS gave this very code: `RepositoryNotFoundException`. */
export function hasName(error: unknown, code: string): boolean {
  return error instanceof Error && error.name === code
}

/** Whether AWS refused for lack of permission, or because the credentials are wrong or expired: never retried. */
export function isAccessDenied(error: unknown): boolean {
  return error instanceof Error && ACCESS_DENIED.test(error.name)
}

/** Whether AWS asked for fewer calls. */
export function isThrottled(error: unknown): boolean {
  return error instanceof Error && (THROTTLED.test(error.name) || httpStatus(error) === 429)
}

/** Whether what came back is no answer of AWS: its end is missing, or a proxy or a guest network gave it. */
export function isGarbled(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof GarbledAnswer) return true
  return (error.name === 'SyntaxError' && '$response' in error) || errorCode(error).startsWith('HPE_')
}

/** Whether AWS refused a signature for the clock of this machine; the SDK sets that right for the next call. */
export function isSkewed(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error.name === 'RequestTimeTooSkewed') return true
  return error.name === 'InvalidSignatureException' && /expired|not yet current/.test(error.message)
}

const BROKEN =
  /ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|TimeoutError|socket hang up|^Error aborted$/

/** Whether a later call may well work: throttling, 5xx, garbled answers, and connections that broke on the way. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof Failure) return error.diagnosis.reason === 'unreachable'
  return (
    isThrottled(error) ||
    isGarbled(error) ||
    isSkewed(error) ||
    (httpStatus(error) ?? 0) >= 500 ||
    BROKEN.test(`${error.name} ${errorCode(error)} ${error.message}`)
  )
}

/** What was wrong with a call that a later one may mend, in words for people. */
export function transientWords(error: unknown): string {
  if (!(error instanceof Error) || error instanceof Failure) return errorMessage(error)
  const status = httpStatus(error)
  const http = status === undefined ? '' : `, HTTP ${String(status)}`
  if (error instanceof GarbledAnswer) return `${error.message}${http}`
  if (isGarbled(error)) return `what answered is not AWS, or its answer was cut off${http}`
  const message = errorMessage(error)
  const [, silence] = /socket timed out after (\d+) ms/.exec(message) ?? []
  if (silence !== undefined) return `no answer for ${String(Number(silence) / 1000)} s`
  return message === 'UnknownError' || message === error.name ? `no reason was given${http}` : message
}

/** Whether the SDK found no credentials at all. */
export function isCredentialsMissing(error: unknown): boolean {
  return error instanceof Error && /CredentialsProviderError/.test(error.name)
}

function httpStatus(error: Error): number | undefined {
  return (error as ServiceError).$metadata?.httpStatusCode
}

function errorCode(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}

/**
 * An AWS error as a failure: of the IAM action that is missing, or of AWS that could not be reached. Others as they are.
 * @param iamAction the action that the call needs, for example `ecs:UpdateService`
 */
export function explainAwsError(error: unknown, iamAction: string): unknown {
  if (isCredentialsMissing(error)) {
    return new Failure({
      reason: 'access-denied',
      subject: 'AWS credentials',
      cause: 'no AWS credentials were found',
      advice:
        'run aws-actions/configure-aws-credentials before this step, with "permissions: id-token: write" on the job',
    })
  }
  if (error instanceof Failure) return error
  if (isTransient(error)) return notReached(error, iamAction)
  if (!isAccessDenied(error)) return error
  return new Failure({
    reason: 'access-denied',
    subject: iamAction,
    cause: `AWS refused the call: ${(error as Error).message}`,
    advice: /Expired/.test((error as Error).name)
      ? 'the credentials have expired: raise role-duration-seconds, or refresh them before this step'
      : `allow "${iamAction}" in the policy of the role that this job assumes`,
  })
}

// The call was made several times before an error like this comes out of it.
function notReached(error: unknown, iamAction: string): Failure {
  const words = transientWords(error)
  const advice = 'check the region, the network (proxy, DNS, VPC endpoint) and AWS_ENDPOINT_URL, then re-run'
  return new Failure({
    reason: 'unreachable',
    subject: iamAction,
    cause: isThrottled(error)
      ? `AWS asked for fewer calls again and again: ${words}`
      : `AWS could not be reached: ${words}`,
    advice: isThrottled(error) ? 're-run when fewer jobs are at work in this account' : advice,
  })
}

/** An error that AWS answered to a call made without the SDK's client: its name is AWS's own code, as in the SDK. */
export class AwsCallError extends Error {
  readonly $metadata: {readonly httpStatusCode: number}

  constructor(code: string, message: string, status: number) {
    super(message)
    this.name = code
    this.$metadata = {httpStatusCode: status}
  }
}

/** An answer to a call made without the SDK's client that AWS did not give, or not whole. */
export class GarbledAnswer extends Error {
  override readonly name = 'GarbledAnswer'
  readonly $metadata: {readonly httpStatusCode: number}

  /** @param text the body of the answer */
  constructor(text: string, status: number) {
    super(garbledWords(text))
    this.$metadata = {httpStatusCode: status}
  }
}

const PAGE = /<html[\s>]|<!doctype html/i

/** Whether a body is a web page: a proxy, a guest network or a load balancer gave it, whatever the status says. */
export function isPage(text: string): boolean {
  return PAGE.test(text)
}

const LONGEST_TITLE = 80

function garbledWords(text: string): string {
  if (!isPage(text)) return 'what answered is not AWS, or its answer was cut off'
  const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1]?.trim().replace(/\s+/g, ' ').slice(0, LONGEST_TITLE) ?? ''
  return `a proxy answered with a web page${title === '' ? '' : ` ("${title}")`}`
}
