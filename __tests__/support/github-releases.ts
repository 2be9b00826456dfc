import type {GitHubAnswer, GitHubRequest} from './github-server.ts'

/** A release as GitHub keeps it, with the text of its assets by their names. */
export interface StoredRelease {
  readonly tag: string
  readonly assets?: Readonly<Record<string, string>>
  readonly prerelease?: boolean
  readonly publishedAt?: string
}

/** Answers for the releases of a repository. An asset's id is that of its release. */
export function releasesOnGitHub(
  releases: readonly StoredRelease[],
): (request: GitHubRequest) => GitHubAnswer | undefined {
  const body = (release: StoredRelease): object => {
    const id = releases.indexOf(release) + 1
    return {
      id,
      tag_name: release.tag,
      draft: false,
      prerelease: release.prerelease ?? false,
      published_at: release.publishedAt ?? `2026-01-${String(id).padStart(2, '0')}T10:00:00Z`,
      assets: Object.keys(release.assets ?? {}).map((name) => ({id, name})),
    }
  }
  return ({operation, path}) => {
    const last = decodeURIComponent(path.split('?')[0]?.split('/').at(-1) ?? '')
    switch (operation) {
      case 'GET /repos/{owner}/{repo}/releases':
        return {body: releases.map(body)}
      case 'GET /repos/{owner}/{repo}/releases/tags/{tag}': {
        const release = releases.find(({tag}) => tag === last)
        return release === undefined ? undefined : {body: body(release)}
      }
      case 'GET /repos/{owner}/{repo}/releases/assets/{asset_id}':
        return {body: JSON.parse(releases[Number(last) - 1]?.assets?.['receipt.json'] ?? 'null') as unknown}
      default:
        return undefined
    }
  }
}
