import type {GitHubClient, RepositoryName} from './client.ts'

/**
 * Puts `content` onto the release of `tag` as the asset `name`, in place of an older one of the same name.
 * Gives the asset's download address.
 * Rule: an upload under a name that exists is refused, so the old asset goes first
 * (https://docs.github.com/rest/releases/assets#upload-a-release-asset).
 * @throws the client's error when the release is not there or the token may not write
 */
export async function attachToRelease(
  github: GitHubClient,
  repository: RepositoryName,
  tag: string,
  name: string,
  content: string,
): Promise<string> {
  const {data: release} = await github.rest.repos.getReleaseByTag({...repository, tag})
  const old = release.assets.find((asset) => asset.name === name)
  if (old !== undefined) await github.rest.repos.deleteReleaseAsset({...repository, asset_id: old.id})
  // The release names its own upload address: on GitHub Enterprise it is not uploads.github.com.
  const {data: asset} = await github.request<{browser_download_url: string}>({
    method: 'POST',
    url: `${release.upload_url.replace(/\{.*$/, '')}?name=${encodeURIComponent(name)}`,
    data: content,
    headers: {'content-type': 'application/json'},
  })
  return asset.browser_download_url
}
