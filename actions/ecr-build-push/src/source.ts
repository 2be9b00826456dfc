import {existsSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import * as z from 'zod/mini'
import {workedOnCommit} from '../../shared/core/checked-out.ts'
import {errorMessage, InputError} from '../../shared/core/errors.ts'
import {workspace} from '../../shared/core/files.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import type {World} from '../../shared/core/world.ts'

/** What is being built, and why: the facts that tags and labels are made of. */
export interface Source {
  readonly event: string
  /** `refs/heads/main`, `refs/tags/v1.2.3`, `refs/pull/7/merge`; empty outside a workflow. */
  readonly ref: string
  /** The commit that people know: for a pull request its head, not the merge commit that GitHub makes up. */
  readonly commit: string
  readonly defaultBranch: string | undefined
  /** The branch that a pull request goes to. */
  readonly baseRef: string | undefined
  readonly pullRequest: number | undefined
  /** Whether a pull request comes from another repository: it then has no credentials. */
  readonly fromFork: boolean
  readonly commitDate: Date | undefined
  readonly repository: SourceRepository
  /** Where the run can be looked at. */
  readonly runUrl: string | undefined
}

/** The repository the source is in, for the labels. */
export interface SourceRepository {
  readonly url: string | undefined
  readonly name: string
  readonly description: string | undefined
  readonly licence: string | undefined
}

const text = z.optional(z.nullable(z.string()))

// https://docs.github.com/webhooks/webhook-events-and-payloads; only what we read, and nothing of it is required.
const payloadSchema = z.object({
  repository: z.optional(
    z.object({
      default_branch: text,
      description: text,
      full_name: text,
      html_url: text,
      license: z.optional(z.nullable(z.object({spdx_id: text}))),
    }),
  ),
  number: z.optional(z.number()),
  pull_request: z.optional(
    z.object({
      number: z.optional(z.number()),
      head: z.object({sha: z.string(), repo: z.optional(z.nullable(z.object({full_name: text})))}),
      base: z.object({ref: text}),
    }),
  ),
  head_commit: z.optional(z.nullable(z.object({id: text, timestamp: text}))),
})

type Payload = z.infer<typeof payloadSchema>

/**
 * Gathers the facts from the runner's environment, the event payload and Git. Git may be missing, and so may the
 * payload; what is then unknown is left out.
 * @throws {InputError} when the event payload is not readable
 */
export async function readSource(world: World): Promise<Source> {
  const {env} = world
  const payload = await readPayload(env)
  const pull = payload.pull_request
  const commit = pull?.head.sha ?? given(workedOnCommit(env)) ?? (await git(world, ['rev-parse', 'HEAD'])) ?? ''
  const [date, remoteDefault] = await Promise.all([
    commitDate(world, payload, commit),
    remoteDefaultBranch(world, payload),
  ])
  return {
    event: env['GITHUB_EVENT_NAME'] ?? '',
    commit,
    defaultBranch: remoteDefault,
    ...pullFacts(payload, env),
    commitDate: date,
    repository: repositoryFacts(payload, env),
    runUrl: runUrl(env),
  }
}

function given(text: string | null | undefined): string | undefined {
  return text === '' || text === null ? undefined : text
}

// For pull_request_target the runner's ref is the base branch; what is built is the pull request all the same.
function pullFacts(payload: Payload, env: Environment): Pick<Source, 'ref' | 'baseRef' | 'pullRequest' | 'fromFork'> {
  const ref = env['GITHUB_REF'] ?? ''
  const pull = payload.pull_request
  if (pull === undefined) {
    return {ref, baseRef: given(env['GITHUB_BASE_REF']), pullRequest: undefined, fromFork: false}
  }
  const number = pull.number ?? payload.number
  return {
    ref: number === undefined ? ref : `refs/pull/${String(number)}/merge`,
    baseRef: given(pull.base.ref),
    pullRequest: number,
    fromFork: isFork(pull, payload, env),
  }
}

async function readPayload(env: Environment): Promise<Payload> {
  const path = env['GITHUB_EVENT_PATH']
  if (path === undefined || path === '' || !existsSync(path)) return {}
  try {
    return payloadSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    throw new InputError(`The event payload ${path} is not what GitHub documents: ${errorMessage(error)}.`)
  }
}

// A head repository that was deleted since is null, and was not ours.
function isFork(pull: NonNullable<Payload['pull_request']>, payload: Payload, env: Environment): boolean {
  const own = payload.repository?.full_name ?? env['GITHUB_REPOSITORY']
  return pull.head.repo?.full_name !== own
}

async function commitDate(world: World, payload: Payload, commit: string): Promise<Date | undefined> {
  const head = payload.head_commit
  const stamp =
    head?.timestamp && (head.id ?? commit) === commit
      ? head.timestamp
      : await git(world, ['show', '--no-patch', '--format=%cI', commit === '' ? 'HEAD' : commit])
  const date = new Date(stamp ?? '')
  return Number.isNaN(date.getTime()) ? undefined : date
}

async function remoteDefaultBranch(world: World, {repository}: Payload): Promise<string | undefined> {
  const named = given(repository?.default_branch)
  if (named !== undefined) return named
  const head = await git(world, ['symbolic-ref', '--short', 'refs/remotes/origin/HEAD'])
  return head?.replace(/^origin\//, '')
}

async function git(world: World, argv: readonly string[]): Promise<string | undefined> {
  if ((await world.processes.find('git')) === undefined) return undefined
  const finished = await world.processes.call('git', argv, {cwd: workspace(world.env)})
  const answer = finished.stdout.trim()
  return finished.code === 0 && answer !== '' ? answer : undefined
}

function repositoryFacts({repository = {}}: Payload, env: Environment): SourceRepository {
  const fullName = given(repository.full_name) ?? env['GITHUB_REPOSITORY'] ?? ''
  const server = env['GITHUB_SERVER_URL']
  const guessed = server !== undefined && fullName !== '' ? `${server}/${fullName}` : undefined
  return {
    url: given(repository.html_url) ?? guessed,
    name: fullName.split('/').at(-1) ?? '',
    description: given(repository.description),
    licence: given(repository.license?.spdx_id),
  }
}

function runUrl(env: Environment): string | undefined {
  const [server, repository, run] = [env['GITHUB_SERVER_URL'], env['GITHUB_REPOSITORY'], env['GITHUB_RUN_ID']]
  return server && repository && run ? `${server}/${repository}/actions/runs/${run}` : undefined
}
