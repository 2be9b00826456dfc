import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import semver from 'semver'
import {makeGitHub, ownRepository} from '../actions/shared/github/client.ts'
import type {GitHubClient, RepositoryName} from '../actions/shared/github/client.ts'
import {InputError} from '../actions/shared/core/errors.ts'
import type {Environment} from '../actions/shared/core/inputs.ts'
import {makeLog} from '../actions/shared/core/log.ts'

/** What is published, and where. */
export interface Release {
  readonly version: string
  readonly commit: string
  /** The section of the changelog, without its title. */
  readonly notes: string
  readonly github: GitHubClient
  readonly repository: RepositoryName
}

/**
 * The section of a version in a changelog of `## <version>` titles.
 * @throws {InputError} when it is missing or empty
 */
export function notesOf(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1)
  const section = sections.find((text) => /^\[?v?([^\s\]]+)/.exec(text)?.[1] === version)
  const notes = section?.slice(section.indexOf('\n')).trim() ?? ''
  if (notes === '') throw new InputError(`CHANGELOG.md has no section "## ${version}" with text: write what changes.`)
  return notes
}

/**
 * Refuses what cannot become a release: no version, no notes, or a tag that names another commit already.
 * @throws {InputError}
 */
export async function checkRelease({version, commit, github, repository}: Release): Promise<void> {
  const taken = await commitOfTag(github, repository, `v${version}`)
  if (taken === undefined || taken === commit) return
  throw new InputError(`v${version} names ${taken.slice(0, 7)} already, and versions do not move: take the next one.`)
}

/**
 * Makes the tag, the release, and moves the tag of the major version, each only where it is missing; gives a line for each
 * thing that was done. A pre-release moves nothing, and neither does a fix of an older line (1.3.2 after 1.4.0).
 * @throws {InputError} as {@link checkRelease} does, and the client's error
 */
export async function publishRelease(release: Release): Promise<string[]> {
  await checkRelease(release)
  const {version, commit, notes, github, repository} = release
  const tag = `v${version}`
  const done: string[] = []
  if ((await commitOfTag(github, repository, tag)) === undefined) {
    await github.rest.git.createRef({...repository, ref: `refs/tags/${tag}`, sha: commit})
    done.push(`${tag} is ${commit.slice(0, 7)}`)
  }
  if (!(await hasRelease(github, repository, tag))) {
    const prerelease = semver.prerelease(version) !== null
    await github.rest.repos.createRelease({...repository, tag_name: tag, name: tag, body: notes, prerelease})
    done.push(`release ${tag} is published`)
  }
  return [...done, ...(await moveMajor(release))]
}

async function moveMajor({version, commit, github, repository}: Release): Promise<string[]> {
  const major = `v${String(semver.major(version))}`
  const {data} = await github.rest.git.listMatchingRefs({...repository, ref: `tags/${major}.`})
  const known = data.map(({ref}) => ref.replace('refs/tags/v', '')).filter((name) => semver.valid(name) !== null)
  const newer = known.some((other) => semver.prerelease(other) === null && semver.gt(other, version))
  if (semver.prerelease(version) !== null || newer) return []
  const now = await commitOfTag(github, repository, major)
  if (now === commit) return []
  // In one call: between a delete and a create every workflow that names it would fail.
  if (now === undefined) await github.rest.git.createRef({...repository, ref: `refs/tags/${major}`, sha: commit})
  else await github.rest.git.updateRef({...repository, ref: `tags/${major}`, sha: commit, force: true})
  return [`${major} is ${commit.slice(0, 7)}${now === undefined ? '' : `, and was ${now.slice(0, 7)}`}`]
}

// A tag may be an object of its own, with the commit inside.
async function commitOfTag(github: GitHubClient, repository: RepositoryName, tag: string): Promise<string | undefined> {
  const ref = await unlessMissing(github.rest.git.getRef({...repository, ref: `tags/${tag}`}))
  if (ref === undefined) return undefined
  const {type, sha} = ref.data.object
  if (type !== 'tag') return sha
  return (await github.rest.git.getTag({...repository, tag_sha: sha})).data.object.sha
}

async function hasRelease(github: GitHubClient, repository: RepositoryName, tag: string): Promise<boolean> {
  return (await unlessMissing(github.rest.repos.getReleaseByTag({...repository, tag}))) !== undefined
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (thrown) {
    if ((thrown as {status?: number}).status === 404) return undefined
    throw thrown
  }
}

/** What the command line and the environment of a run ask for. @throws {InputError} for what is no version */
export async function readRelease(env: Environment, version: string, changelog: string): Promise<Release> {
  if (semver.valid(version) !== version) {
    throw new InputError(`"${version}" is no version: give X.Y.Z, without a "v" before it.`)
  }
  const [commit, token] = [env['GITHUB_SHA'] ?? '', env['GITHUB_TOKEN'] ?? '']
  if (commit === '' || token === '')
    throw new InputError('GITHUB_SHA and GITHUB_TOKEN are needed: run it in a workflow.')
  const notes = notesOf(await readFile(changelog, 'utf8'), version)
  return {version, commit, notes, github: makeGitHub(env, token, makeLog()), repository: ownRepository(env)}
}

async function main([mode = '', version = '']: readonly string[]): Promise<void> {
  const release = await readRelease(process.env, version, join(import.meta.dirname, '../CHANGELOG.md'))
  if (mode === 'publish') for (const line of await publishRelease(release)) console.log(`✓ ${line}`)
  else if (mode === 'check') await checkRelease(release)
  else throw new InputError('Usage: node scripts/release.ts check|publish X.Y.Z')
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2))
  } catch (error) {
    console.error(`::error::${(error as Error).message}`)
    process.exitCode = 1
  }
}
