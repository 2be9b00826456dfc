import {createReadStream, existsSync} from 'node:fs'
import {stripVTControlCharacters} from 'node:util'
import {Failure} from '../core/diagnosis.ts'
import {lastWords} from '../core/exec.ts'
import {writePrivateFile} from '../core/files.ts'
import type {Log} from '../core/log.ts'
import {askingAgain} from './asking-again.ts'
import type {Answer} from './asking-again.ts'
import {diagnosticsFromText} from './diagnostics.ts'
import type {Diagnostic} from './diagnostics.ts'
import {explainBroken} from './failures.ts'
import {isLockLeft, ownLock, releaseLockSoon} from './free-lock.ts'
import type {Released} from './free-lock.ts'
import {describeLockLeft, lockLeftAdvice, planLockFailure, withLock} from './lock-left.ts'
import {planArgv} from './plan-argv.ts'
import type {PlanOptions} from './plan-argv.ts'
import type {Plan} from './plan.ts'
import {readPlanStream} from './read-plan.ts'
import type {Session} from './session.ts'

/** A plan that was made: as data, and as files that only this user can read. */
export interface MadePlan {
  readonly plan: Plan
  /** 0: nothing to do. 2: something to do. */
  readonly exitCode: 0 | 2
  /** The binary plan. */
  readonly file: string
  /** The plan as JSON. It holds secrets in clear text. */
  readonly jsonFile: string
  /** The plan as the tool shows it to people. */
  readonly textFile: string
  readonly text: string
  readonly warnings: readonly Diagnostic[]
}

/** A plan that broke off half way: what it would have done until then is to be seen, and never to be applied. */
export class BrokenPlan extends Failure {
  readonly partial: Plan

  constructor({diagnosis, status}: Failure, partial: Plan) {
    super(diagnosis, status)
    this.partial = partial
  }
}

/** Plans of ten thousand resources have some ten million characters of text. */
const LONGEST_TEXT = 64 * 1024 * 1024

/**
 * Plans, live, and reads the plan back as data. The tool writes for people here, in colour: the machine-readable form has
 * no plan in it, and asking for the text later would start every provider once more.
 * @param folder where the files go; private
 * @throws {Failure} when the tool cannot plan, with its diagnostics on file and line; {@link BrokenPlan} when it had
 * planned a part until then
 */
export async function makePlan(session: Session, options: PlanOptions, folder: string): Promise<MadePlan> {
  const {world} = session
  const [file, jsonFile, textFile] = [`${folder}/plan.tfplan`, `${folder}/plan.json`, `${folder}/plan.txt`]
  const progress = liveUntilPlan(world.log)
  const answer = await askingAgain(session, () =>
    session.live(planArgv(options, file), progress.take, {keep: LONGEST_TEXT}),
  )
  const {finished, diagnostics} = answer
  const lock = await settleLock(session, diagnostics)
  world.cancel.throwIfAborted()
  const said = finished.code === 0 || finished.code === 2 ? finished.code : undefined
  if (said === undefined && !isOnlyLate(answer, lock)) {
    const partial = existsSync(file) ? await showPlan(session, file, jsonFile).catch(() => undefined) : undefined
    await progress.release((text) => partial?.secrets.scrub(text) ?? text)
    throw failureOf(session, answer, lock, partial)
  }
  const read = await showPlan(session, file, jsonFile)
  // OpenTofu does not say in the plan that something was left out.
  const plan = {...read, complete: read.complete && options.targets.length === 0 && options.excludes.length === 0}
  await progress.release((text) => plan.secrets.scrub(text))
  const text = plan.secrets.scrub(planText(finished.stdout))
  await writePrivateFile(textFile, text)
  const warnings = diagnostics.filter(({severity}) => severity === 'warning')
  // The tool calls a plan failed whose lock it could not release: only the plan tells then whether there is something to do.
  const exitCode = said ?? (plan.applyable ? 2 : 0)
  return {plan, file, jsonFile, textFile, text, exitCode, warnings}
}

// Nobody could plan or apply this root until a person has freed the lock.
async function settleLock(session: Session, diagnostics: readonly Diagnostic[]): Promise<Released | undefined> {
  const left = diagnostics.filter(isLockLeft)
  if (left.length === 0) return undefined
  const lock = await releaseLockSoon(session, ownLock(left))
  const {world, root, tool} = session
  if (lock.kind === 'free') {
    world.log.warning(
      `${root}: ${tool.name} could not release its lock, as its backend was busy or away; it is released now.`,
    )
  } else if (world.cancel.aborted) {
    world.log.warning(
      `${root}: ${tool.name} could not release its lock: ${describeLockLeft(session, lock)}; ${lockLeftAdvice(session, lock)}.`,
    )
  }
  return lock
}

const errorsBeside = (diagnostics: readonly Diagnostic[]): Diagnostic[] =>
  diagnostics.filter((diagnostic) => diagnostic.severity === 'error' && !isLockLeft(diagnostic))

// All that the tool could not do is done by now.
function isOnlyLate({diagnostics}: Answer, lock: Released | undefined): boolean {
  return lock?.kind === 'free' && errorsBeside(diagnostics).length === 0
}

function failureOf(
  session: Session,
  {finished, diagnostics}: Answer,
  lock: Released | undefined,
  partial: Plan | undefined,
): Failure {
  const others = errorsBeside(diagnostics)
  // A plan whose lock alone is left is whole, and is not to be shown as one that broke off.
  if (others.length === 0 && lock !== undefined && lock.kind !== 'free') return planLockFailure(session, lock)
  const broken = explainBroken(session.world, {
    phase: 'plan',
    root: session.root,
    diagnostics: others,
    lastWords: lastWords(session.tool.name, finished),
  })
  const failure = withLock(session, broken, lock)
  return partial === undefined ? failure : new BrokenPlan(failure, {...partial, errored: true})
}

/**
 * Shows the tool's progress as it comes and keeps the plan itself back, which comes all at once at the end: only the plan
 * as data tells which of its values are secret, and the tool's text shows some of them.
 */
function liveUntilPlan(log: Log): {
  take(line: string): void
  release(clean: (text: string) => string): Promise<void>
} {
  const held: string[] = []
  return {
    take: (line) => {
      if (held.length > 0 || FIRST_LINES.test(stripVTControlCharacters(line))) held.push(line)
      else log.line(line)
    },
    release: async (clean) => {
      await log.fenced(() => {
        if (held.length > 0) log.line(clean(held.join('\n')))
        return Promise.resolve()
      })
    },
  }
}

/**
 * Reads a binary plan as data. @param jsonFile a new private file for the tool's JSON
 * @throws {Failure} when the tool cannot read it
 */
export async function showPlan(session: Session, file: string, jsonFile: string): Promise<Plan> {
  const shown = await session.save(['show', '-json', file], jsonFile)
  if (shown.code === 0) return await readPlanStream(createReadStream(jsonFile, {highWaterMark: READ_AT_ONCE}))
  throw explainBroken(session.world, {
    phase: 'plan',
    root: session.root,
    diagnostics: diagnosticsFromText(shown.stderr, session.root),
    lastWords: lastWords(session.tool.name, shown),
  })
}

const READ_AT_ONCE = 1024 * 1024

const FIRST_LINES =
  /^(?:Note: Objects have changed|No changes\.|(?:Terraform|OpenTofu) used the selected|(?:Terraform|OpenTofu) (?:will perform|planned the following)|Changes to Outputs:|You can apply this plan)/m

/** The plan in the tool's output: without what was read before it, and without the hint about the file behind it. */
export function planText(output: string): string {
  const plain = stripVTControlCharacters(output)
  const start = FIRST_LINES.exec(plain)?.index ?? 0
  const end = plain.search(/^─{10,}\n+(?=Saved the plan to)/m)
  return `${plain.slice(start, end < start ? undefined : end).trim()}\n`
}
