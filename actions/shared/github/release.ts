import type {GitHubClient, RepositoryName} from './client.ts'

/** What the receipt of a delivery is called among the assets of a release. */
export const ASSET = 'receipt.json'

/**
 * Puts `content` onto the release of `tag` as the asset `name`, in place of an older one of the same name. A tag that was
 * pushed without a release gets one. Gives the asset's download address.
 * Rule: an upload under a name that exists is refused, so the old asset goes first
 * (https://docs.github.com/rest/releases/assets#upload-a-release-asset).
 * @throws the client's error when the tag is not there or the token may not write
 */
export async function attachToRelease(
  github: GitHubClient,
  repository: RepositoryName,
  tag: string,
  name: string,
  content: string,
): Promise<string> {
  const release = await releaseOf(github, repository, tag)
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

async function releaseOf(github: GitHubClient, repository: RepositoryName, tag: string): Promise<ReleaseData> {
  try {
    return (await github.rest.repos.getReleaseByTag({...repository, tag})).data
  } catch (thrown) {
    if ((thrown as {status?: number}).status !== 404) throw thrown
    // Only for a tag that is there: GitHub would make one that is not.
    await github.rest.git.getRef({...repository, ref: `tags/${tag}`})
    return (await github.rest.repos.createRelease({...repository, tag_name: tag, generate_release_notes: true})).data
  }
}

/** A release with what is attached to it. */
export interface ReleaseAssets {
  readonly tag: string
  /** The text of an asset; undefined when the release has none of that name. @throws the client's error */
  read(name: string): Promise<string | undefined>
}

/** The release of `tag`; undefined when there is none that the token may read. @throws the client's error */
export async function readRelease(
  github: GitHubClient,
  repository: RepositoryName,
  tag: string,
): Promise<ReleaseAssets | undefined> {
  try {
    const {data} = await github.rest.repos.getReleaseByTag({...repository, tag})
    return assetsOf(github, repository, data)
  } catch (thrown) {
    if ((thrown as {status?: number}).status === 404) return undefined
    throw thrown
  }
}

/** The releases that were published, the newest first, without pre-releases: thirty of them. @throws the client's error */
export async function readReleases(github: GitHubClient, repository: RepositoryName): Promise<ReleaseAssets[]> {
  const {data} = await github.rest.repos.listReleases({...repository, per_page: 30})
  return data
    .filter(({draft, prerelease}) => !draft && !prerelease)
    .sort((a, b) => (b.published_at ?? '').localeCompare(a.published_at ?? ''))
    .map((release) => assetsOf(github, repository, release))
}

interface ReleaseData {
  readonly tag_name: string
  readonly upload_url: string
  readonly assets: readonly {readonly id: number; readonly name: string}[]
}

function assetsOf(github: GitHubClient, repository: RepositoryName, {tag_name, assets}: ReleaseData): ReleaseAssets {
  return {
    tag: tag_name,
    read: async (name) => {
      const asset = assets.find((each) => each.name === name)
      if (asset === undefined) return undefined
      const {data} = await github.rest.repos.getReleaseAsset({
        ...repository,
        asset_id: asset.id,
        headers: {accept: 'application/octet-stream'},
      })
      return textOf(data)
    },
  }
}

// What the client makes of a download hangs on the type that it comes with: bytes, text, or JSON that it has read.
function textOf(data: unknown): string {
  if (data instanceof ArrayBuffer) return Buffer.from(data).toString('utf8')
  return typeof data === 'string' ? data : JSON.stringify(data)
}
