import type {ArtifactServer} from './artifact-service.ts'
import type {GitHubAnswer} from './github-server.ts'

/** The questions about the artifacts of another run, as GitHub's description names them. */
export const LIST = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts'
export const ZIP = 'GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}'

/** What GitHub answers about an artifact that another run has in the storage of `service`. */
export function answersFor(service: ArtifactServer, name: string): Readonly<Record<string, GitHubAnswer>> {
  return {
    [LIST]: {body: {total_count: 1, artifacts: [{id: 17, name, expired: false}]}},
    [ZIP]: {status: 302, location: service.signedUrl(name)},
  }
}
