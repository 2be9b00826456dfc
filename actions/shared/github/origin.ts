import {readFile} from 'node:fs/promises'
import type {Environment} from '../core/inputs.ts'
import {workedOnCommit} from '../core/checked-out.ts'
import {isRecord, recordAt, textAt} from '../core/json.ts'

/** The commit that this run is about, and where it comes from. */
export interface Origin {
  /** `owner/name` */
  readonly repository: string
  /** For a pull request its own last commit, never the merge commit that GitHub makes up for the run. */
  readonly headSha: string
  /** The commit a pull request would be merged into; empty elsewhere. */
  readonly baseSha: string
  /** The number of the pull request, when the run is about one. */
  readonly pullRequest?: number
  /** Whether the pull request comes from another repository. */
  readonly fork: boolean
}

/** Reads the event that started the run (https://docs.github.com/actions/reference/events-that-trigger-workflows). */
export async function readOrigin(env: Environment): Promise<Origin> {
  const event = await readEvent(env['GITHUB_EVENT_PATH'])
  const repository = env['GITHUB_REPOSITORY'] ?? ''
  const pull = event['pull_request']
  if (!isRecord(pull)) return {repository, headSha: workedOnCommit(env), baseSha: '', fork: false}
  const head = recordAt(pull, 'head')
  const from = textAt(recordAt(head, 'repo'), 'full_name')
  const number = pull['number']
  return {
    repository,
    headSha: textAt(head, 'sha') ?? env['GITHUB_SHA'] ?? '',
    baseSha: textAt(recordAt(pull, 'base'), 'sha') ?? '',
    // A fork that was deleted has no repository any more; it is still not ours.
    fork: from !== repository,
    ...(typeof number === 'number' && {pullRequest: number}),
  }
}

/** The payload of the event that started the run; empty where there is none, or none that can be read. */
export async function readEvent(path: string | undefined): Promise<Readonly<Record<string, unknown>>> {
  if (path === undefined || path === '') return {}
  try {
    const event: unknown = JSON.parse(await readFile(path, 'utf8'))
    return isRecord(event) ? event : {}
  } catch {
    return {}
  }
}
