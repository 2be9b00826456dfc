import {digestIn} from './config.js'
import {messageOf} from './log.js'

/** @typedef {{ commit: string | null, digest: string | null }} Identity */

const METADATA_TIMEOUT_MS = 1000

/**
 * Which build this is. The commit is baked into the image. The digest cannot be, as it is a hash over the image: ECS tells
 * the image reference it was asked to run (task metadata, `Image`), elsewhere the deployer passes IMAGE_DIGEST. ECS is
 * asked first because its answer cannot be left over from an older deployment. `ImageID` of the same answer is not used:
 * it may be the id of one platform's configuration, which is no digest that a registry knows. What nobody told is null.
 *
 * @param {Pick<import('./config.js').Config, 'commit' | 'imageDigest' | 'metadataUri'>} config
 * @param {typeof fetch} get
 * @param {import('./log.js').Log} log
 * @returns {Promise<Identity>} never rejects, settles within about a second
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-response.html
 */
export async function identify(config, get, log) {
  const {commit, imageDigest, metadataUri} = config
  if (metadataUri === null) return {commit, digest: imageDigest}
  try {
    return {commit, digest: (await askEcs(metadataUri, get)) ?? imageDigest}
  } catch (error) {
    log.warn('the ECS task metadata did not answer', {error: messageOf(error)})
    return {commit, digest: imageDigest}
  }
}

/** @type {(uri: string, get: typeof fetch) => Promise<string | null>} */
async function askEcs(uri, get) {
  const response = await get(uri, {signal: AbortSignal.timeout(METADATA_TIMEOUT_MS)})
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  /** @type {unknown} */
  const body = await response.json()
  const image = body && typeof body === 'object' && 'Image' in body ? body.Image : null
  return typeof image === 'string' ? digestIn(image) : null
}
