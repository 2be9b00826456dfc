import assert from 'node:assert/strict'
import {test} from 'node:test'
import {ConfigurationError, digestIn, readConfig} from '../src/config.js'

const DATABASE_URL = 'file:///data/streaming.db'
const DIGEST = `sha256:${'0a'.repeat(32)}`

test('only DATABASE_URL is needed', () => {
  assert.deepEqual(readConfig({DATABASE_URL}), {
    databaseFile: '/data/streaming.db',
    port: 3000,
    logLevel: 'info',
    shutdownTimeoutMs: 10_000,
    commit: null,
    imageDigest: null,
    metadataUri: null,
  })
})

test('every setting is read', () => {
  const config = readConfig({
    DATABASE_URL,
    PORT: '8080',
    LOG_LEVEL: 'debug',
    SHUTDOWN_TIMEOUT_SECONDS: '25',
    GIT_COMMIT: '4c1f2e9',
    IMAGE_DIGEST: `registry.example/streaming-api@${DIGEST}`,
    ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/token',
  })
  assert.deepEqual(config, {
    databaseFile: '/data/streaming.db',
    port: 8080,
    logLevel: 'debug',
    shutdownTimeoutMs: 25_000,
    commit: '4c1f2e9',
    imageDigest: DIGEST,
    metadataUri: 'http://169.254.170.2/v4/token',
  })
})

test('an empty variable counts as not set', () => {
  const config = readConfig({DATABASE_URL, PORT: '', GIT_COMMIT: ' ', IMAGE_DIGEST: ''})
  assert.deepEqual([config.port, config.commit, config.imageDigest], [3000, null, null])
})

test('an image that was deployed by tag has no known digest', () => {
  assert.equal(readConfig({DATABASE_URL, IMAGE_DIGEST: 'registry.example/streaming-api:v1'}).imageDigest, null)
})

/** @type {[string, NodeJS.ProcessEnv, RegExp][]} */
const refused = [
  ['no database', {}, /^DATABASE_URL is not set$/],
  ['an empty database', {DATABASE_URL: ' '}, /^DATABASE_URL is not set$/],
  ['a path instead of a URL', {DATABASE_URL: '/data/x.db'}, /^DATABASE_URL is not a URL: give file:/],
  [
    'a database of another kind',
    {DATABASE_URL: 'postgres://u:hunter2@db/x'},
    /scheme "postgres:": this service speaks file:/,
  ],
  ['a file on another host', {DATABASE_URL: 'file://db.example/x.db'}, /^DATABASE_URL is not a local file/],
  ['a port that is no number', {DATABASE_URL, PORT: '80a'}, /^PORT is "80a": give a whole number from 0 to 65535$/],
  ['a port out of range', {DATABASE_URL, PORT: '65536'}, /^PORT is "65536"/],
  ['a negative port', {DATABASE_URL, PORT: '-1'}, /^PORT is "-1"/],
  ['an unknown level', {DATABASE_URL, LOG_LEVEL: 'loud'}, /^LOG_LEVEL is "loud": give one of debug, info/],
  [
    'a timeout beyond what ECS waits',
    {DATABASE_URL, SHUTDOWN_TIMEOUT_SECONDS: '300'},
    /^SHUTDOWN_TIMEOUT_SECONDS is "300"/,
  ],
]

for (const [what, env, message] of refused) {
  test(`${what} is refused`, () => {
    assert.throws(
      () => readConfig(env),
      (error) => {
        assert.ok(error instanceof ConfigurationError)
        assert.match(error.message, message)
        assert.doesNotMatch(error.message, /hunter2/)
        return true
      },
    )
  })
}

test('a digest is found in a reference that names one', () => {
  assert.equal(digestIn(DIGEST), DIGEST)
  assert.equal(digestIn(`localhost:4566/streaming-api@${DIGEST}`), DIGEST)
  assert.equal(digestIn(`localhost:4566/streaming-api:v1@${DIGEST}`), DIGEST)
  assert.equal(digestIn('localhost:4566/streaming-api:v1'), null)
  assert.equal(digestIn(DIGEST.slice(0, -1)), null)
  assert.equal(digestIn(DIGEST.toUpperCase()), null)
})
