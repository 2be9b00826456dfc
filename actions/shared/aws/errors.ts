import {Failure} from '../core/diagnosis.ts'

/** What an error of the AWS SDK carries, as far as anything is decided by it. */
interface ServiceError extends Error {
  readonly $fault?: 'client' | 'server'
  readonly $metadata?: {readonly httpStatusCode?: number}
}

const ACCESS_DENIED =
  /AccessDenied|UnauthorizedOperation|NotAuthorized|UnrecognizedClient|InvalidClientTokenId|ExpiredToken/
const THROTTLED = /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown/

/** Whether AWS refused for lack of permission, or because the credentials are wrong or expired: never retried. */
export function isAccessDenied(error: unknown): boolean {
  return error instanceof Error && ACCESS_DENIED.test(error.name)
}

/** Whether AWS asked for fewer calls. */
export function isThrottled(error: unknown): boolean {
  return error instanceof Error && (THROTTLED.test(error.name) || httpStatus(error) === 429)
}

/** Whether a later call may well work: throttling, 5xx, and connections that broke on the way. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const broken = /ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|EAI_AGAIN|TimeoutError|socket hang up/
  return (
    isThrottled(error) ||
    (httpStatus(error) ?? 0) >= 500 ||
    broken.test(`${error.name} ${errorCode(error)} ${error.message}`)
  )
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
 * An AWS error as a failure that names the IAM action that is missing; any other error as it is.
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

/** An error that AWS answered to a call made without the SDK's client: its name is AWS's own code, as in the SDK. */
export class AwsCallError extends Error {
  readonly $metadata: {readonly httpStatusCode: number}

  constructor(code: string, message: string, status: number) {
    super(message)
    this.name = code
    this.$metadata = {httpStatusCode: status}
  }
}
