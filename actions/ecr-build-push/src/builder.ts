import {Failure} from '../../shared/core/diagnosis.ts'
import {InputError} from '../../shared/core/errors.ts'
import {lastWords} from '../../shared/core/exec.ts'
import type {World} from '../../shared/core/world.ts'
import type {BuildOptions} from './build-inputs.ts'

/** The BuildKit that builds. */
export interface Builder {
  /** Undefined for the default one. */
  readonly name: string | undefined
  /** `docker`, `docker-container`, `kubernetes`, `remote` or `cloud`. */
  readonly driver: string
  /** What this step set up itself, and removes in its post step. */
  readonly own: boolean
}

const ENDPOINT = /^(?:tcp|unix|ssh|docker-container|kube-pod):\/\//

/** A question to the engine that is on its way. */
export interface EngineQuestion {
  /** The driver of the builder that was asked for. Rejects as {@link chooseBuilder} does. */
  readonly driver: Promise<string>
  /** Ends the question: nobody waits for its answer any more. */
  forget(): Promise<void>
}

/**
 * Asks which driver builds here. It takes a process and a look at BuildKit, so it is asked while the registry is, before
 * it is known whether anything must be built.
 * @returns undefined where there is nothing to ask: the address of a BuildKit says it all
 */
export function askEngine(
  world: World,
  {builder}: Pick<BuildOptions, 'builder'>,
  env: Readonly<Record<string, string>> = {},
): EngineQuestion | undefined {
  if (builder !== undefined && ENDPOINT.test(builder)) return undefined
  const controller = new AbortController()
  const driver = inspect(world, env, builder, AbortSignal.any([world.cancel, controller.signal]))
  const over = driver.then(
    () => undefined,
    () => undefined,
  )
  return {
    driver,
    forget: async () => {
      controller.abort()
      await over
    },
  }
}

/**
 * Finds the builder to use: the one named, else the machine's default one, else one made for this step because the
 * default one cannot do what is asked (the `docker` driver without the containerd image store can neither export a
 * cache nor attest nor build for several platforms: https://docs.docker.com/build/builders/drivers/).
 * @param options of them, `builder` is a builder's name or the address of a BuildKit daemon
 * @param question what {@link askEngine} gave
 * @throws {Failure} when no Docker engine answers, {@link InputError} when buildx is missing or the builder unknown
 */
export async function chooseBuilder(
  world: World,
  env: Readonly<Record<string, string>>,
  options: BuildOptions,
  wantsCache: boolean,
  question = askEngine(world, options, env),
): Promise<Builder> {
  if (question === undefined) {
    await requireDocker(world)
    return await createBuilder(world, env, 'remote', [options.builder ?? ''])
  }
  const driver = await question.driver
  world.cancel.throwIfAborted()
  const found: Builder = {name: options.builder, driver, own: false}
  if (driver !== 'docker' || options.builder !== undefined) return found
  const needs = needsMoreThanDocker(options)
  if ((!needs && !wantsCache) || (await hasContainerdStore(world, env))) return found
  try {
    return await createBuilder(world, env, 'docker-container', [])
  } catch (error) {
    // The cache is a wish and not an order: a machine that cannot pull BuildKit still builds.
    if (needs || !(error instanceof Failure)) throw error
    world.log.warning(`No build cache this time: ${error.diagnosis.cause}.`)
    return found
  }
}

async function requireDocker(world: World): Promise<void> {
  if ((await world.processes.find('docker')) !== undefined) return
  const hasPodman = (await world.processes.find('podman')) !== undefined
  throw new InputError(
    hasPodman
      ? 'No "docker" was found on PATH, only "podman", which has no buildx: install the Docker CLI with buildx, and set "builder" to a BuildKit address if there is no Docker engine.'
      : 'No "docker" was found on PATH: run the job on a runner with Docker, or install it in a step before this one.',
  )
}

function needsMoreThanDocker({platforms, provenance, sbom, attests}: BuildOptions): boolean {
  const asksFor = (text: string | undefined): boolean => text !== undefined && text !== 'false'
  return platforms.length > 1 || asksFor(provenance) || asksFor(sbom) || attests.length > 0
}

async function inspect(
  world: World,
  env: Readonly<Record<string, string>>,
  name: string | undefined,
  cancel: AbortSignal,
): Promise<string> {
  await requireDocker(world)
  const argv = ['buildx', 'inspect', ...(name === undefined ? [] : [name])]
  const finished = await world.processes.live('docker', argv, {env, cancel})
  world.cancel.throwIfAborted() // the engine is not what ended it
  const words = lastWords('docker buildx inspect', finished)
  if (finished.code !== 0 && /no builder .* found/.test(words)) {
    throw new InputError(
      `Input "builder" is "${name ?? ''}", but there is no such builder: see "docker buildx ls", or leave it out.`,
    )
  }
  if (finished.code !== 0 && /not a docker command|unknown (?:command|flag|shorthand)/.test(finished.stderr)) {
    throw new InputError(
      'Docker has no "buildx" on this machine: install the buildx plugin (docs.docker.com/go/buildx).',
    )
  }
  if (finished.code !== 0) throw noEngine(words)
  const field = (key: string): string => new RegExp(`^${key}:[ \\t]*(\\S.*)$`, 'm').exec(finished.stdout)?.[1] ?? ''
  // With no engine, buildx reports the error in its answer and exits with 0.
  if (field('Driver') === '') throw noEngine(field('Error') || 'the builder does not answer')
  return field('Driver')
}

function noEngine(words: string): Failure {
  return new Failure({
    reason: 'unreachable',
    subject: 'Docker engine',
    cause: `no Docker engine answers: ${words.replace(/^ERROR:\s*/, '')}`,
    advice: 'start Docker on the runner, or set "builder" to a BuildKit that it can reach; nothing was changed',
  })
}

async function hasContainerdStore(world: World, env: Readonly<Record<string, string>>): Promise<boolean> {
  const finished = await world.processes.call('docker', ['info', '--format', '{{json .DriverStatus}}'], {env})
  return finished.code === 0 && finished.stdout.includes('io.containerd.snapshotter')
}

async function createBuilder(
  world: World,
  env: Readonly<Record<string, string>>,
  driver: 'remote' | 'docker-container',
  endpoint: readonly string[],
): Promise<Builder> {
  const name = `slipway-${world.env['GITHUB_RUN_ID'] ?? 'local'}-${String(world.clock.now())}`
  world.outputs.saveState('builder', name)
  const argv = ['buildx', 'create', '--name', name, '--driver', driver, '--bootstrap', ...endpoint]
  const finished = await world.processes.live('docker', argv, {env, cancel: world.cancel})
  world.cancel.throwIfAborted()
  if (finished.code === 0) return {name, driver, own: true}
  throw new Failure({
    reason: 'unreachable',
    subject: endpoint[0] ?? 'BuildKit',
    cause: `BuildKit could not be started: ${lastWords('docker buildx create', finished).replace(/^ERROR:\s*/, '')}`,
    advice: 'check that the runner may pull moby/buildkit, or set "builder" to a BuildKit that runs already',
  })
}

/** Removes a builder that a step made. @throws {Error} with the tool's words when that does not work */
export async function removeBuilder(world: World, name: string): Promise<void> {
  const finished = await world.processes.call('docker', ['buildx', 'rm', '--force', name])
  if (finished.code !== 0 && !/no builder .* found/.test(finished.stderr)) {
    throw new Error(lastWords('docker buildx rm', finished))
  }
}
