import {InputError} from '../core/errors.ts'
import type {World} from '../core/world.ts'
import {makeGitHub, ownRepository} from '../github/client.ts'

/** Which artifact of which run. */
export interface Wanted {
  readonly run: string
  readonly name: string
  readonly token: string | undefined
}

/**
 * The zip of an artifact of another run of this repository, or undefined when there is none of that name.
 * @throws {InputError} without a token
 */
export async function downloadFromRun(world: World, {run, name, token}: Wanted): Promise<Uint8Array | undefined> {
  if (token === undefined) {
    throw new InputError(
      `"${name}" is an artifact of run ${run}: give "github-token", with "permissions: actions: read".`,
    )
  }
  const repository = ownRepository(world.env)
  const github = makeGitHub(world.env, token, world.log)
  const {data} = await github.rest.actions.listWorkflowRunArtifacts({...repository, run_id: Number(run), name})
  const found = data.artifacts.find((artifact) => artifact.name === name && !artifact.expired)
  if (found === undefined) return undefined
  const zip = await github.rest.actions.downloadArtifact({
    ...repository,
    artifact_id: found.id,
    archive_format: 'zip',
  })
  return new Uint8Array(zip.data as ArrayBuffer)
}
