import {InputError} from '../../shared/core/errors.ts'
import {workspace} from '../../shared/core/files.ts'
import type {World} from '../../shared/core/world.ts'
import {readOrigin} from '../../shared/github/origin.ts'
import {lastWords} from '../../shared/core/exec.ts'
import {readPushedFrom} from './pushed.ts'

/** What a run changes. */
export interface Change {
  /** Paths from the checkout's top, of both names of a file that moved; undefined when nobody can say. */
  readonly files: readonly string[] | undefined
  /** For the log: `against 4c1f2e9`, or why every root counts. */
  readonly basis: string
}

/** Runs git in the checkout; gives its output, or undefined when it says no. */
export type Git = (...argv: string[]) => Promise<string | undefined>

/** Git in the checkout of this run. @throws {InputError} when there is no checkout */
export async function openCheckout(world: World): Promise<Git> {
  const call = async (argv: readonly string[]): ReturnType<World['processes']['call']> =>
    await world.processes.call('git', ['-c', 'core.quotePath=off', ...argv], {cwd: workspace(world.env)})
  const inside = await call(['rev-parse', '--verify', 'HEAD'])
  if (inside.code !== 0) {
    throw new InputError(
      `${workspace(world.env)} is no checkout (${lastWords('git', inside)}): run actions/checkout before this step.`,
    )
  }
  return async (...argv) => {
    const done = await call(argv)
    return done.code === 0 ? done.stdout : undefined
  }
}

/**
 * The files that this run changes: since `base` where it is given, else what the event tells. GitHub checks a pull request
 * out as its merge into the base, so the first parent is exactly what it would be merged into; with a checkout of depth 1
 * that parent is fetched.
 * @throws {InputError} when the `base` that was given cannot be found
 */
export async function readChange(world: World, git: Git, base: string | undefined): Promise<Change> {
  if (base !== undefined) {
    const files = await changedSince(git, base)
    if (files !== undefined) return {files, basis: `against ${base}`}
    throw new InputError(
      `Input "base" is "${base}", which git cannot find: name a commit or branch of this repository.`,
    )
  }
  const from = await startOf(world, git)
  if (from === undefined)
    return {files: undefined, basis: `all, since this ${eventName(world)} has no commit before it`}
  const files = await changedSince(git, from)
  return {files, basis: files === undefined ? `all, since ${short(from)} cannot be fetched` : `against ${short(from)}`}
}

const eventName = (world: World): string => world.env['GITHUB_EVENT_NAME'] ?? 'event'
const short = (commit: string): string => (/^[0-9a-f]{40}$/.test(commit) ? commit.slice(0, 7) : commit)

async function startOf(world: World, git: Git): Promise<string | undefined> {
  const {baseSha} = await readOrigin(world.env)
  if (baseSha === '') return await readPushedFrom(world.env)
  // Read from the commit itself: in a shallow checkout git hides parents that it does not have.
  const commit = (await git('cat-file', '-p', 'HEAD')) ?? ''
  const [base, ...others] = [...commit.matchAll(/^parent (\w+)$/gm)].map(([, parent = '']) => parent)
  return others.length === 1 ? base : baseSha
}

async function changedSince(git: Git, base: string): Promise<readonly string[] | undefined> {
  const known = (await git('rev-parse', '--verify', '--quiet', `${base}^{commit}`)) ?? (await fetched(git, base))
  if (known === undefined) return undefined
  const listed = await git('diff', '--name-only', '--no-renames', '-z', known.trim(), 'HEAD')
  return listed?.split('\0').filter((path) => path !== '')
}

async function fetched(git: Git, base: string): Promise<string | undefined> {
  if (base.startsWith('-')) return undefined
  if ((await git('fetch', '--quiet', '--no-tags', '--depth=1', 'origin', base)) === undefined) return undefined
  return await git('rev-parse', '--verify', '--quiet', 'FETCH_HEAD^{commit}')
}
