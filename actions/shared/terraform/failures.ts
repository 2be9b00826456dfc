import {Failure} from '../core/diagnosis.ts'
import type {Diagnosis, Evidence, FailureReason} from '../core/diagnosis.ts'
import type {World} from '../core/world.ts'
import {diagnosticLines} from './diagnostics.ts'
import type {Diagnostic} from './diagnostics.ts'
import {describeLock, parseLock} from './lock.ts'
import type {LockInfo} from './lock.ts'

/** The step of the tool that failed. */
export type Phase = 'init' | 'plan' | 'apply'

/** A step that failed, with all that it said. */
export interface Broken {
  readonly phase: Phase
  /** The root module as the user calls it. */
  readonly root: string
  readonly diagnostics: readonly Diagnostic[]
  /** Its last line, for a tool that died without a diagnostic. */
  readonly lastWords: string
}

/** A cause that is known by the tool's own summary, and what helps. */
interface Known {
  readonly summary: RegExp
  /** `plan-failed` or `apply-failed`, as the step is, when left out. */
  readonly reason?: FailureReason
  /** Said instead of the tool's own words. */
  readonly cause?: string
  readonly advice: string
}

/** The words of both tools for a state that is none (internal/states/statefile, read.go). */
export const NO_STATE = /unsupported state file format/i

const KNOWN: readonly Known[] = [
  {
    summary: /^Saved plan is stale|^Saved plan does not match the given state/,
    reason: 'plan-stale',
    cause: 'the saved plan is stale: the state was changed after the plan was made',
    advice: 'plan again and have the new plan reviewed, or set "if-stale: replan" to go on when nothing has changed',
  },
  {
    summary: /^Error releasing the state lock/,
    reason: 'state-locked',
    advice:
      'look when the backend is back: the next run goes through, or names the lock that is held and how to free it',
  },
  {
    summary: NO_STATE,
    cause: 'what the backend gave is no state',
    advice:
      'find out what answers in the place of the backend (a proxy, a login page); if the state itself is damaged, put ' +
      'an earlier version of it back',
  },
  {
    summary: /^Inconsistent dependency lock file/,
    reason: 'plan-rejected',
    advice: 'commit .terraform.lock.hcl, so that plan and apply use the same providers',
  },
  {
    summary: /^Reference to undeclared|^Unsupported|^Invalid|^Missing|^Argument or block|^No value for required/,
    advice: 'correct the configuration at that place',
  },
  {
    summary: /Failed to query available provider|Failed to install provider|could not connect to registry/i,
    reason: 'unreachable',
    advice: 'check the version constraint and that the runner reaches the provider registry or mirror',
  },
  {
    summary: /S3 bucket "[^"]+" does not exist/,
    reason: 'not-found',
    cause: 'the bucket of the state does not exist',
    advice: 'make the bucket, or correct "bucket=" in "backend-config"',
  },
  {
    summary: /No valid credential sources|NoCredentialProviders/i,
    reason: 'access-denied',
    advice:
      'run aws-actions/configure-aws-credentials before this step, with "permissions: id-token: write" on the job',
  },
  {
    summary: /ExpiredToken|InvalidClientTokenId|AccessDenied|not authorized/i,
    reason: 'access-denied',
    advice: 'check the role that this job assumes: the message names the call that was refused',
  },
  {
    summary: /^Error acquiring the state lock/,
    advice:
      'check that the backend is there; if only its answer was lost, it holds the lock of this run: the next run goes ' +
      'through, or names the lock and how to free it',
  },
]

/** What the step's failure means, with its own words as evidence. Further errors are annotated where they belong. */
export function explainBroken(world: World, broken: Broken): Failure {
  const errors = broken.diagnostics.filter(({severity}) => severity === 'error').filter(notHalted)
  // One that says where is worth more than the one that came first.
  const first = errors.find(({place}) => place !== undefined) ?? errors[0]
  if (first === undefined) return new Failure(withoutDiagnostic(broken))
  const further = errors.filter((error) => error !== first)
  for (const diagnostic of further.filter((other) => !isSame(other, first))) {
    world.log.error(world.mask.scrub(sentence(diagnostic)), undefined, diagnostic.place)
  }
  const lock = parseLock(first.detail)
  if (lock) return new Failure(lockedDiagnosis(broken, lock, world.clock.now()))
  return new Failure(diagnosisOf(broken, first, further))
}

// Terraform says "execution halted" once per resource that it let go after an interrupt.
function notHalted({summary}: Diagnostic): boolean {
  return summary !== 'execution halted'
}

// What has no place and the same summary follows from the same fault, which is told once.
function isSame(other: Diagnostic, first: Diagnostic): boolean {
  return other.place === undefined && first.place === undefined && other.summary === first.summary
}

function diagnosisOf(broken: Broken, first: Diagnostic, further: readonly Diagnostic[]): Diagnosis {
  const text = `${first.summary} ${first.detail}`
  const known = KNOWN.find(({summary}) => summary.test(first.summary) || (summary.flags === 'i' && summary.test(text)))
  const failed = broken.phase === 'apply' ? 'apply-failed' : 'plan-failed'
  return {
    reason: known?.reason ?? failed,
    subject: first.address ?? broken.root,
    cause: known?.cause ?? sentence(first),
    advice: known?.advice ?? 'correct what the message names, then plan again',
    evidence: evidenceOf(first, further),
    ...(first.place && {place: first.place}),
  }
}

function evidenceOf(first: Diagnostic, further: readonly Diagnostic[]): Evidence[] {
  const whole = {title: 'what the tool says', lines: diagnosticLines(first)}
  if (further.length === 0) return [whole]
  const lines = further.flatMap((diagnostic) => [...diagnosticLines(diagnostic), ''])
  return [whole, {title: `further errors (${String(further.length)})`, lines, folded: true}]
}

/** One line of a diagnostic: its summary and the first sentence of its detail. */
export function sentence({summary, detail}: Diagnostic): string {
  // The tool wraps its text at the width of a terminal: a line is not a sentence, a paragraph is.
  const paragraph =
    detail
      .trim()
      .split(/\n\s*\n/)[0]
      ?.replace(/\s+/g, ' ') ?? ''
  const head = summary.replace(/\.$/, '')
  return paragraph === '' ? head : `${head}: ${paragraph.replace(/\.$/, '')}`
}

function lockedDiagnosis({root}: Broken, lock: LockInfo, now: number): Diagnosis {
  const unlock = `run terraform-apply with "mode: unlock" and "lock-id: ${lock.id}"`
  const own = lock.own === true
  return {
    reason: 'state-locked',
    subject: root,
    cause: own
      ? `the state is locked by this run itself: the backend took its lock and the answer was lost, lock id ${lock.id}`
      : `the state is locked, ${describeLock(lock, now)}`,
    advice: own
      ? `free it when the backend is back: ${unlock}`
      : `wait for the other run, or give "lock-timeout" to wait here; if that run is dead, ${unlock}`,
    undo: 'nothing was changed',
  }
}

function withoutDiagnostic({phase, root, lastWords}: Broken): Diagnosis {
  return {
    reason: phase === 'apply' ? 'apply-failed' : 'plan-failed',
    subject: root,
    cause: `${phase} failed: ${lastWords}`,
    advice: 're-run with step debug logging to see the whole output of the tool',
  }
}
