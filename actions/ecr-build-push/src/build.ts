import {existsSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {humanDuration} from '../../shared/core/clock.ts'
import type {Finished} from '../../shared/core/exec.ts'
import {workspace, writePrivateFile} from '../../shared/core/files.ts'
import {countRetry} from '../../shared/core/retried.ts'
import type {World} from '../../shared/core/world.ts'
import {buildArguments} from './arguments.ts'
import type {BuildPlan} from './arguments.ts'
import {explainBuild} from './explain-build.ts'
import type {BuildSubject} from './explain-build.ts'
import type {BuildOptions} from './build-inputs.ts'
import {readMetadata} from './lint.ts'
import type {LintWarning} from './lint.ts'
import {followProgress} from './progress.ts'
import type {BuildStep} from './progress.ts'

/** A build that succeeded. */
export interface Built {
  /** What BuildKit says it made; undefined when nothing was pushed or loaded. */
  readonly digest: string | undefined
  /** What buildx says about the build, as JSON. */
  readonly metadata: string
  /** Remarks about the Dockerfile. */
  readonly warnings: readonly LintWarning[]
  readonly steps: readonly BuildStep[]
  /** Milliseconds. */
  readonly tookMs: number
}

/** What a build runs with beside its options. */
export interface BuildRun {
  readonly env: Readonly<Record<string, string>>
  /** A private folder for secrets and what buildx writes. */
  readonly folder: string
  readonly subject: BuildSubject
  /** How often a push is tried again. */
  readonly retries: number
}

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000

// https://docs.aws.amazon.com/AmazonECR/latest/userguide/common-errors-docker.html: throttling, 5xx and broken connections.
// A success that was not expected is the page of something in between, a sign-in or a proxy.
const TRANSIENT =
  /\b(?:429|500|502|503|504)\b|too ?many ?requests|throttl|rate exceeded|connection reset|broken pipe|unexpected EOF|\bEOF\b|i\/o timeout|TLS handshake timeout|context deadline exceeded|connection refused|service unavailable|unexpected status\b.*: 2\d\d\b/i
const FINAL = /immutable|denied|unauthorized|not authorized|: 40[013]\b|name unknown|not known to registry/i
const PUSHING = /failed to push|failed commit on ref|failed to do request|failed to copy/i

/**
 * Builds, and pushes if the plan says so. A push that broke on its way is tried again with growing pauses: BuildKit
 * keeps what it built, so only the push is repeated. Refusals are not tried again.
 * @throws {Failure} with the cause of a failed build
 */
export async function build(
  world: World,
  options: BuildOptions,
  plan: Omit<BuildPlan, 'secretFiles' | 'metadataFile'>,
  run: BuildRun,
): Promise<Built> {
  const metadataFile = join(run.folder, 'metadata.json')
  const secretFiles = await writeSecrets(world, options, run.folder)
  const argv = buildArguments(options, {...plan, secretFiles, metadataFile})
  const started = world.clock.now()
  for (let attempt = 1; ; attempt++) {
    const {finished, steps} = await runOnce(world, argv, run)
    world.cancel.throwIfAborted()
    if (finished.code === 0) {
      const {digest, text, warnings} = readMetadata(
        existsSync(metadataFile) ? await readFile(metadataFile, 'utf8') : '{}',
      )
      return {digest, metadata: text, warnings, steps, tookMs: world.clock.now() - started}
    }
    if (attempt > run.retries || !isTransientPush(finished)) throw explainBuild(finished, run.subject)
    const pause = pauseBefore(attempt)
    world.log.line(
      `The push broke on its way; trying again in ${humanDuration(pause)} (${String(attempt)} of ${String(run.retries)}).`,
    )
    countRetry('the registry')
    await world.clock.sleep(pause, world.cancel)
  }
}

// Half of it fixed and half by chance, so that the jobs of a matrix do not come back all at once.
function pauseBefore(attempt: number): number {
  const full = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt)
  return Math.round(full / 2 + Math.random() * (full / 2))
}

/** Whether a build failed in its push, and for a reason that may have gone. */
export function isTransientPush({stderr}: Finished): boolean {
  const message = stderr.split(/\r?\n/).findLast((line) => line.startsWith('ERROR: ')) ?? ''
  return PUSHING.test(message) && TRANSIENT.test(message) && !FINAL.test(message)
}

async function runOnce(
  world: World,
  argv: readonly string[],
  {env}: BuildRun,
): Promise<{finished: Finished; steps: BuildStep[]}> {
  const progress = followProgress()
  // The provenance inside the metadata file costs time and may hold build arguments; nobody asked for it here.
  const own = {BUILDX_METADATA_PROVENANCE: 'disabled', BUILDX_METADATA_WARNINGS: '1', ...env}
  const finished = await world.log.group('Build', () =>
    world.log.fenced(() =>
      world.processes.live('docker', argv, {
        cwd: workspace(world.env),
        env: own,
        cancel: world.cancel,
        onLine: (line) => {
          progress.feed(line)
          world.log.line(line)
        },
      }),
    ),
  )
  return {finished, steps: progress.steps()}
}

async function writeSecrets(world: World, options: BuildOptions, folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const [at, secret] of options.secrets.entries()) {
    if (!('value' in secret)) continue
    world.mask.add(secret.value)
    const path = join(folder, `secret-${String(at)}`)
    await writePrivateFile(path, secret.value)
    files.set(secret.id, path)
  }
  return files
}

/** Path of the Dockerfile from the top of the repository, as annotations want it. */
export function dockerfileOf({file, context}: Pick<BuildOptions, 'file' | 'context'>): string {
  return file ?? (context === '.' ? 'Dockerfile' : `${context.replace(/\/+$/, '')}/Dockerfile`)
}
