import {annotationText, Failure, titled} from './diagnosis.ts'
import type {Diagnosis, Evidence} from './diagnosis.ts'
import {CancelledError, errorMessage, InputError} from './errors.ts'
import type {Environment} from './inputs.ts'
import type {Log} from './log.ts'
import {failureSection} from './summary.ts'
import {outsideTrouble} from './outside.ts'
import {makeWorld} from './world.ts'
import type {World} from './world.ts'

/** The work of an action, in a module of its own. */
interface Work<I> {
  /** Resolves when it succeeded, throws a {@link Failure} (or anything else) when it did not. */
  run(world: World, inputs: I): Promise<void>
}

/**
 * Runs an action from its first line to its exit code: the one place where a failure becomes red. Whatever is thrown
 * is shown as a diagnosis in the log, in one annotation, in the job summary and in the outputs `status` and
 * `failure-reason`.
 *
 * The runner cancels with SIGINT, sends SIGTERM 7.5 s later and kills 2.5 s after that
 * (https://github.com/actions/runner/issues/1309). The first signal aborts `world.cancel`; later ones change nothing.
 *
 * The clients of AWS and GitHub cost most of a start: they are loaded once the inputs are known to be good, so that a
 * mistake in a workflow is said in a fraction of that time.
 *
 * @param read the inputs, from the environment; throws an {@link InputError} for what cannot be meant
 * @param load the rest of the action
 */
export async function runAction<I>(read: (env: Environment) => I, load: () => Promise<Work<I>>): Promise<void> {
  const world = makeWorld(cancelOnSignal())
  try {
    const inputs = read(world.env)
    const {run} = await load()
    await run(world, inputs)
  } catch (thrown) {
    reportFailure(world, asFailure(thrown), thrown)
    process.exitCode = 1
  }
  await writeSummary(world)
}

/** Runs an action's post step. What goes wrong there is a warning: it must never turn a good job red. */
export async function runPost(run: (world: World) => Promise<void>): Promise<void> {
  const world = makeWorld(cancelOnSignal())
  try {
    await run(world)
  } catch (thrown) {
    world.log.warning(world.mask.scrub(`Cleaning up after the step did not work: ${errorMessage(thrown)}`))
  }
  await writeSummary(world)
}

function cancelOnSignal(): AbortSignal {
  const controller = new AbortController()
  const onSignal = (): void => {
    if (!controller.signal.aborted) controller.abort(new CancelledError())
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return controller.signal
}

async function writeSummary(world: World): Promise<void> {
  try {
    await world.summary.write()
  } catch (thrown) {
    world.log.warning(`The job summary could not be written: ${errorMessage(thrown)}`)
  }
}

/** What was thrown, as a failure with a diagnosis; an unexpected error says that it is ours to mend. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown
  const cause = errorMessage(thrown)
  if (thrown instanceof CancelledError) {
    const advice = 're-run the job when you are ready'
    return new Failure({reason: 'cancelled', ...titled('Cancelled'), cause, advice}, 'cancelled')
  }
  if (thrown instanceof InputError) {
    return new Failure({
      reason: 'invalid-input',
      ...titled('Invalid input'),
      cause,
      advice: 'nothing was changed; correct it and re-run',
    })
  }
  const outside = outsideTrouble(thrown)
  if (outside !== undefined) return new Failure(outside)
  const advice = 're-run with step debug logging; if it stays, open an issue with the log'
  return new Failure({reason: 'internal-error', ...titled('Unexpected error'), cause, advice})
}

/** Shows a failure everywhere a user may look: log, annotation, summary, outputs. */
export function reportFailure(world: World, failure: Failure, thrown: unknown = failure): void {
  const diagnosis = scrubbed(failure.diagnosis, world)
  logDiagnosis(world.log, diagnosis)
  world.log.error(annotation(diagnosis), undefined, diagnosis.place)
  world.summary.add(failureSection(diagnosis, failure.status))
  setVerdict(world, failure.status, diagnosis.reason)
  if (diagnosis.reason === 'internal-error' && thrown instanceof Error) world.log.debug(thrown.stack ?? '')
}

// Where the runner's file is what is broken, the log and the annotation must do.
function setVerdict(world: World, status: string, reason: string): void {
  try {
    world.outputs.set('status', status)
    world.outputs.set('failure-reason', reason)
  } catch (thrown) {
    world.log.warning(`The outputs of this step could not be written: ${errorMessage(thrown)}`)
  }
}

// An input's mistake is one sentence that names it already: "Invalid input" in front would only be noise. An object of
// the manifests is not noise.
function annotation(diagnosis: Diagnosis): string {
  const isInput = diagnosis.reason === 'invalid-input' && diagnosis.heading !== undefined
  return isInput ? diagnosis.cause : annotationText(diagnosis)
}

function scrubbed(diagnosis: Diagnosis, world: World): Diagnosis {
  const clean = (_key: string, value: unknown): unknown => (typeof value === 'string' ? world.mask.scrub(value) : value)
  return JSON.parse(JSON.stringify(diagnosis), clean) as Diagnosis
}

/** Prints a diagnosis to the log: the sentence, the evidence, what changed, what to do, the state things are in. */
export function logDiagnosis(log: Log, diagnosis: Diagnosis): void {
  log.line(`✗ ${diagnosis.subject}: ${diagnosis.cause}`)
  for (const evidence of diagnosis.evidence ?? []) {
    log.line('')
    log.line(`  ${evidence.title}`)
    log.quote(evidenceLines(evidence))
  }
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['what changed', diagnosis.changed],
    ['what to do', diagnosis.advice],
    ['now', diagnosis.undo],
    ...(diagnosis.links ?? []).map(({text, url}) => ['open', `${text}: ${url}`] as const),
  ]
  for (const [name, value] of facts) if (value !== undefined) log.line(`  ${name.padEnd(13)} ${value}`)
}

function evidenceLines(evidence: Evidence): readonly string[] {
  if ('lines' in evidence) return evidence.lines
  const {columns, rows} = evidence.table
  const widths = columns.map((column, at) => Math.max(column.length, ...rows.map((row) => row[at]?.length ?? 0)))
  return [columns, ...rows].map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
