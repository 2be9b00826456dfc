import {request} from 'node:http'
import type {World} from '../../shared/core/world.ts'
import {build, dockerfileOf} from './build.ts'
import type {Builder} from './builder.ts'
import type {BuildInputs} from './build-inputs.ts'
import type {Metadata} from './metadata.ts'
import {smokeTest} from './smoke.ts'
import type {Ask} from './smoke.ts'

/** What an image is proven with. */
export interface Proving {
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
  readonly builder: Builder
  readonly image: Metadata
  readonly cacheFrom: readonly string[]
}

const ANSWER_MS = 5000
const ARCHITECTURES: Readonly<Record<string, string>> = {x64: 'linux/amd64', arm64: 'linux/arm64'}

/**
 * Starts the image before anybody can pull it: it is built into this machine's engine, run, and removed. The push that
 * follows builds from the same cache, so nothing is built twice.
 * @throws {Failure} `smoke-test-failed`
 */
export async function proveImage(world: World, inputs: BuildInputs, proving: Proving): Promise<void> {
  if (inputs.smokeTest === undefined) return
  const reference = `slipway-smoke:${world.env['GITHUB_RUN_ID'] ?? 'local'}-${String(world.clock.now())}`
  const {env, folder, builder, image, cacheFrom} = proving
  const {repository} = inputs.target
  const plan = {
    builder: builder.name,
    references: [reference],
    metadata: {labels: image.labels, annotations: []},
    cache: {from: cacheFrom, to: []},
    push: false,
  }
  const options = {...inputs.build, ...loadable(inputs), load: true, outputs: [], cacheTo: []}
  const subject = {repository, repositoryArn: repository, dockerfile: dockerfileOf(inputs.build)}
  await build(world, options, plan, {env, folder, subject, retries: 0})
  try {
    await smokeTest(world, inputs.smokeTest, {env, image: reference, repository, ask: askHttp})
  } finally {
    await world.processes.call('docker', ['image', 'rm', '--force', reference], {env})
  }
}

// An engine without the containerd store loads one platform and no attestation: that of this machine, if it is built.
function loadable({build: {platforms}}: BuildInputs): {
  platforms: string[]
  provenance: string
  sbom: string
  attests: string[]
} {
  const own = ARCHITECTURES[process.arch]
  const chosen = platforms.find((platform) => platform === own) ?? platforms[0]
  return {platforms: chosen === undefined ? [] : [chosen], provenance: 'false', sbom: 'false', attests: []}
}

// Straight to the container: a proxy has no business between this machine and itself.
const askHttp: Ask = (url) =>
  new Promise((resolve) => {
    const asked = request(url, {timeout: ANSWER_MS}, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => {
      resolve(undefined)
    })
    asked.end()
  })
