import {fileURLToPath} from 'node:url'
import {LEVELS} from './log.js'

/** @typedef {import('./log.js').Level} Level */

/**
 * @typedef {object} Config
 * @property {number} port the port to listen on; 0 lets the system choose
 * @property {string} databaseFile absolute path of the SQLite file
 * @property {Level} logLevel
 * @property {number} shutdownTimeoutMs how long running requests may take after SIGTERM
 * @property {string | null} commit the commit the image was built from
 * @property {string | null} imageDigest `sha256:...` as told by whoever deployed the image
 * @property {string | null} metadataUri the ECS task metadata endpoint, version 4
 */

/** A setting that is missing or wrong. The process ends with exit code 3 before it has opened anything. */
export class ConfigurationError extends Error {
  name = 'ConfigurationError'
  exitCode = 3
}

/**
 * Reads every setting once and refuses to start on a bad one.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Readonly<Config>}
 * @throws {ConfigurationError} naming the variable and what it has to be
 */
export function readConfig(env) {
  return Object.freeze({
    databaseFile: databaseFile(text(env, 'DATABASE_URL')),
    port: integer(env, 'PORT', 3000, 0, 65_535),
    logLevel: level(text(env, 'LOG_LEVEL') ?? 'info'),
    shutdownTimeoutMs: integer(env, 'SHUTDOWN_TIMEOUT_SECONDS', 10, 0, 110) * 1000,
    commit: text(env, 'GIT_COMMIT'),
    // A reference by tag is a fair thing to deploy; which digest that was is then simply not known.
    imageDigest: digestIn(text(env, 'IMAGE_DIGEST') ?? ''),
    metadataUri: text(env, 'ECS_CONTAINER_METADATA_URI_V4'),
  })
}

/**
 * The digest in `sha256:...` or `repository@sha256:...`, or null when a reference names none (a tag, an image id).
 *
 * @param {string} reference
 * @returns {string | null}
 */
export function digestIn(reference) {
  return /^(?:[^@\s]+@)?(sha256:[0-9a-f]{64})$/.exec(reference)?.[1] ?? null
}

/** @type {(env: NodeJS.ProcessEnv, name: string) => string | null} */
function text(env, name) {
  // An unset Kubernetes annotation and an empty build argument both arrive as an empty string.
  return env[name]?.trim() || null
}

/** @type {(env: NodeJS.ProcessEnv, name: string, fallback: number, min: number, max: number) => number} */
function integer(env, name, fallback, min, max) {
  const value = text(env, name)
  if (value === null) return fallback
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (number >= min && number <= max) return number
  throw new ConfigurationError(`${name} is "${value}": give a whole number from ${min} to ${max}`)
}

/** @type {(value: string) => Level} */
function level(value) {
  const known = LEVELS.find((candidate) => candidate === value)
  if (known) return known
  throw new ConfigurationError(`LOG_LEVEL is "${value}": give one of ${LEVELS.join(', ')}`)
}

/** @type {(value: string | null) => string} */
function databaseFile(value) {
  if (value === null) throw new ConfigurationError('DATABASE_URL is not set')
  // The value may hold a password, so no message repeats more of it than the scheme.
  const url = URL.parse(value)
  if (url === null) throw new ConfigurationError('DATABASE_URL is not a URL: give file:///directory/name.db')
  if (url.protocol !== 'file:') {
    throw new ConfigurationError(
      `DATABASE_URL has the scheme "${url.protocol}": this service speaks file: (SQLite) only`,
    )
  }
  try {
    return fileURLToPath(url)
  } catch {
    throw new ConfigurationError('DATABASE_URL is not a local file: give file:///directory/name.db')
  }
}
