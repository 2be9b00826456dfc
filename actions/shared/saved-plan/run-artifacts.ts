import {Failure} from '../core/diagnosis.ts'
import {InputError} from '../core/errors.ts'
import type {World} from '../core/world.ts'
import {makeGitHub, ownRepository} from '../github/client.ts'
import type {GitHubClient, RepositoryName} from '../github/client.ts'
import {downloadSigned} from './artifact-http.ts'

/** Which artifact of which run. */
export interface Wanted {
  readonly run: string
  readonly name: string
  readonly token: string | undefined
}

/**
 * The zip of an artifact of another run of this repository, or undefined when there is none of that name (any more).
 * @throws {InputError} without a token @throws {Failure} when the token may not read it
 */
export async function downloadFromRun(world: World, wanted: Wanted): Promise<Uint8Array | undefined> {
  const {run, name, token} = wanted
  if (token === undefined) {
    throw new InputError(
      `"${name}" is an artifact of run ${run}: give "github-token", with "permissions: actions: read".`,
    )
  }
  const github = makeGitHub(world.env, token, world.log)
  const url = await addressOf(github, ownRepository(world.env), wanted).catch((error: unknown) => {
    const {status} = error as {status?: unknown}
    if (status === 404 || status === 410) return undefined
    throw status === 403 ? mayNotRead(wanted, error) : error
  })
  return url === undefined ? undefined : await downloadSigned(world, url)
}

// GitHub redirects to an address of its storage that is good for a minute. It is followed here: the storage has longer
// than the API to answer, and the token is not its business
// (https://docs.github.com/rest/actions/artifacts#download-an-artifact).
async function addressOf(
  github: GitHubClient,
  repository: RepositoryName,
  {run, name}: Wanted,
): Promise<string | undefined> {
  const {data} = await github.rest.actions.listWorkflowRunArtifacts({...repository, run_id: Number(run), name})
  const found = data.artifacts.find((artifact) => artifact.name === name && !artifact.expired)
  if (found === undefined) return undefined
  const {headers} = await github.rest.actions.downloadArtifact({
    ...repository,
    artifact_id: found.id,
    archive_format: 'zip',
    request: {redirect: 'manual'},
  })
  if (headers.location === undefined) throw new Error('GitHub does not say where the artifact is.')
  return headers.location
}

function mayNotRead({run, name}: Wanted, error: unknown): Failure {
  return new Failure({
    reason: 'access-denied',
    subject: 'GitHub',
    cause: `the token may not read the artifacts of run ${run} (HTTP 403: ${(error as Error).message}): "${name}" is one`,
    advice: 'give the job "permissions: actions: read"',
  })
}
