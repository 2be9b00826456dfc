import {context, getOctokit} from '@actions/github'
import {retry} from '@octokit/plugin-retry'
import {throttling} from '@octokit/plugin-throttling'
import {InputError} from '../core/errors.ts'
import type {Environment} from '../core/inputs.ts'
import type {Log} from '../core/log.ts'
import {countRetry} from '../core/retried.ts'

/** A repository of GitHub, by its two names. */
export interface RepositoryName {
  readonly owner: string
  readonly repo: string
}

/** The GitHub client of `@actions/github`. */
export type GitHubClient = ReturnType<typeof getOctokit>

const RETRIES = 3
/** Longest wait that a rate limit may ask for, in seconds; a job must not sleep for an hour over a comment. */
const LONGEST_WAIT = 60

/**
 * A client that retries 5xx answers and waits out short rate limits, as GitHub asks
 * (https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api). GITHUB_API_URL decides where
 * it calls, so GitHub Enterprise works. A try that gets no answer in time, or none that is whole, is one that failed.
 * @param silenceMs longest wait for one answer, in milliseconds
 */
export function makeGitHub(env: Environment, token: string, log: Log, silenceMs = SILENCE_MS): GitHubClient {
  const waitOrGiveUp = (name: string) => (seconds: number, _options: object, _octokit: object, attempts: number) => {
    const again = attempts < RETRIES && seconds <= LONGEST_WAIT
    log.line(`GitHub's ${name} was reached: ${again ? `waiting ${String(seconds)} s` : 'giving up'}.`)
    return again
  }
  const baseUrl = env['GITHUB_API_URL']
  return getOctokit(
    token,
    {
      ...(baseUrl !== undefined && baseUrl !== '' && {baseUrl}),
      retry: {retries: RETRIES},
      throttle: {
        onRateLimit: waitOrGiveUp('rate limit'),
        onSecondaryRateLimit: waitOrGiveUp('secondary rate limit'),
      },
    },
    honest(silenceMs),
    retry,
    throttling,
  )
}

/** GitHub itself gives a request up after 10 s: https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts */
const SILENCE_MS = 12_000

type Plugged = Parameters<typeof retry>[0]

// First of the plugins: it sees each try by itself, and what it throws is tried again.
const honest = (silenceMs: number) =>
  function ({hook}: Plugged): object {
    const tried = new WeakSet<object>()
    let silences = 0
    hook.wrap('request', async (request, options) => {
      if (tried.has(options)) countRetry('GitHub')
      tried.add(options)
      // A connection whose other end is gone would be waited on for ever. A signal that has fired stops every later try.
      options.request.signal = AbortSignal.timeout(silenceMs)
      try {
        const answer = await request(options)
        silences = 0
        if (isWhole(answer, options)) return answer
      } catch (thrown) {
        if (!isLate(thrown)) throw thrown
        silences += 1
        // Who was silent all along one question is asked the next ones, but not again and again.
        if (silences > RETRIES) options.request.retries = 0
        throw failed('ETIMEDOUT', 'GitHub gave no answer in time', options)
      }
      throw failed('EBADMSG', 'what came back is no answer of GitHub, or only half of one', options)
    })
    return {}
  }

// The client gives text for JSON that it could not read: a page of a proxy, or an answer that broke off. 204 has
// no content by its meaning, and 302 has but an address.
function isWhole({status, data}: {status: number; data: unknown}, {headers}: {headers: {accept?: string}}): boolean {
  return status === 204 || status === 302 || typeof data !== 'string' || headers.accept?.includes('json') === false
}

function isLate(thrown: unknown): boolean {
  const {name, cause} = (thrown ?? {}) as {name?: unknown; cause?: unknown}
  return name === 'TimeoutError' || (cause !== undefined && isLate(cause))
}

// With status and request, as the client's own errors: by those the next plugin sees that it may try again.
function failed(code: string, message: string, request: object): Error {
  return Object.assign(new Error(message), {code, status: 500, request})
}

/** The repository this workflow runs in. @throws {InputError} outside a workflow run */
export function ownRepository(env: Environment): RepositoryName {
  const [owner, repo] = (env['GITHUB_REPOSITORY'] ?? '').split('/')
  if (owner === undefined || owner === '' || repo === undefined) {
    throw new InputError('GITHUB_REPOSITORY is not set: this needs to run in a workflow.')
  }
  return {owner, repo}
}

/** A pull request, as far as an action decides anything by it. */
export interface PullRequest {
  readonly number: number
  /** The commit that was pushed, not the merge commit that GITHUB_SHA names. */
  readonly headSha: string
  /** From another repository: its workflow has no secrets and may not write. */
  readonly fromFork: boolean
}

/** The pull request of the event that started this run, or undefined for every other event. */
export function eventPullRequest(payload: unknown = context.payload): PullRequest | undefined {
  const pull = (payload as {pull_request?: PullPayload}).pull_request
  if (pull === undefined) return undefined
  const head = pull.head.repo?.full_name
  return {number: pull.number, headSha: pull.head.sha, fromFork: head !== pull.base.repo.full_name}
}

// https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request; a deleted fork has no `head.repo`.
interface PullPayload {
  readonly number: number
  readonly head: {readonly sha: string; readonly repo?: {readonly full_name: string} | null}
  readonly base: {readonly repo: {readonly full_name: string}}
}
