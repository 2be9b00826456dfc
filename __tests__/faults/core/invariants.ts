import type {ActionResult} from '../../support/spawn-action.ts'
import type {SignalFault} from './faults.ts'
import type {Cell, Standing} from './model.ts'

/** All that is known of a cell once its runs are over. */
export interface Evidence {
  readonly cell: Cell
  readonly met: boolean
  readonly main: ActionResult
  readonly post: ActionResult | undefined
  /** Standing and changes after main and post. */
  readonly standing: Standing
  readonly changes: number
  /** What main and post should also have done. */
  readonly owing: readonly string[]
  readonly again: ActionResult | undefined
  readonly standingAgain: Standing
  readonly secrets: readonly string[]
  /** What people could read outside the log. */
  readonly shown: string
  readonly secretInProcessList: boolean
  /** Locks, logins, files with secrets, processes. */
  readonly left: readonly string[]
  /** What main or post must have said. */
  readonly toSay: readonly string[]
  /** What the log must show of why the target cannot be reached. */
  readonly causes: readonly string[]
}

/** What must hold in every cell: a rule gives a sentence for each way in which it was broken. */
export const RULES: Readonly<Record<string, (evidence: Evidence) => readonly (string | false)[]>> = {
  'never green when the target is not as wanted': ({main, standing, again, standingAgain}) => [
    main.code === 0 && standing !== 'wanted' && `green, and the target is ${standing}`,
    again?.code === 0 && standingAgain !== 'wanted' && `the next run is green, and the target is ${standingAgain}`,
  ],
  'nothing left behind': ({left}) => left,
  'no secret shown': ({main, post, again, secrets, shown, secretInProcessList}) => {
    const texts = [main, post, again].flatMap((run) => run?.visible ?? []).concat(shown)
    const seen = secrets.some((secret) => texts.some((text) => text.includes(secret)))
    return [seen && 'a secret was shown', secretInProcessList && 'a secret was in the process list']
  },
  'one change where one was asked': ({changes}) => [changes > 1 && `${String(changes)} changes`],
  'plain words': ({main, post}) => [main, post].flatMap((run) => (run === undefined ? [] : gibberish(run))),
  'bounded time': ({main, post, cell}) =>
    [main, post].map((run) => (run?.tookMs ?? 0) > cell.subject.limitMs && `ran for ${seconds(run?.tookMs)} s`),
  'the log tells the truth': truth,
  'the next run finishes': ({again, standingAgain, cell}) =>
    again === undefined || !cell.subject.reachable
      ? []
      : [
          again.code !== 0 && `the next run failed: ${again.errors[0] ?? again.log.slice(-200)}`,
          again.code === 0 && standingAgain !== 'wanted' && `after the next run the target is ${standingAgain}`,
        ],
  'what passes by itself fails nothing': ({cell, main, met, owing}) => {
    if (!met || cell.fault.passes !== true || !cell.subject.reachable) return []
    return [main.code !== 0 && 'red, though the fault went away', ...owing]
  },
  'a cancelled run is red and settled': (evidence) =>
    evidence.cell.fault.family === 'signal' && evidence.met ? cancelled(evidence) : [],
}

/** The rules that a cell broke. */
export interface Judged {
  /** Each with what was seen. */
  readonly broken: readonly string[]
  /** Why a rule that was broken cannot be kept in this cell. */
  readonly limits: readonly string[]
}

/** Holds a cell to all rules. */
export function judged(evidence: Evidence): Judged {
  const {subject, phase, fault} = evidence.cell
  const known = (subject.limits ?? []).filter((limit) => limit.fault.test(fault.name) && limit.phase.test(phase))
  const found = Object.entries(RULES)
    .flatMap(([rule, check]) => check(evidence).map((sentence) => sentence !== false && `${rule}: ${sentence}`))
    .filter((sentence) => sentence !== false)
    .map((sentence) => ({sentence, limit: known.find(({rule}) => rule.test(sentence))}))
  return {
    broken: found.filter(({limit}) => limit === undefined).map(({sentence}) => sentence),
    limits: found.flatMap(({limit}) => limit?.why ?? []),
  }
}

const NOT_FOR_PEOPLE =
  /^\s+at .+:\d+:\d+\)?$|UnhandledPromise|node:internal|\[object |\bundefined\b|\b(?:Type|Syntax|Reference|Range)Error\b|Unexpected token|Deserialization error|\$response|not valid JSON|^\w+Error: /m
// A tool may begin so in the log; what an action says itself may not.
const PROGRAMS_WORDS = /^\w*Error: /m

function gibberish(run: ActionResult): string[] {
  const texts = [run.log.replaceAll(/^::debug::.*$/gm, ''), ...run.errors, ...run.warnings, run.summary]
  const own = [...run.errors, ...run.warnings, run.summary].flatMap((text) => PROGRAMS_WORDS.exec(text)?.[0] ?? [])
  const found = [...texts.flatMap((text) => NOT_FOR_PEOPLE.exec(text)?.[0] ?? []), ...own]
  return found.slice(0, 1).map((words) => `shows "${words.trim().slice(0, 100)}"`)
}

function truth({cell, main, post, standing, changes, toSay, causes}: Evidence): (string | false)[] {
  const status = main.outputs['status'] ?? ''
  const texts = [main.log, main.summary].join('\n')
  const said = `${texts}\n${post?.log ?? ''}`
  return [
    ...(main.code === 0 ? trueGreen(status) : trueRed(cell, main, status)),
    ...causes.map((words) => !said.includes(words) && `does not tell the cause: "${words}"`),
    ...toSay.map((words) => !said.includes(words) && `does not say "${words}", which is left to mend`),
    status === 'rolled-back' && standing !== 'before' && `says rolled back, and the target is ${standing}`,
    /nothing (?:was|has been) changed/.test(texts) && changes > 0 && 'says that nothing was changed, and it was',
    main.errors.some((error) => /^Input "[\w-]+" is required/.test(error)) && 'misses an input that was given',
    main.outputs['failure-reason'] === 'internal-error' && 'calls a fault from outside an error of its own',
  ]
}

function trueGreen(status: string): (string | false)[] {
  return [/^(?:failed|rolled-back|timed-out|cancelled)$/.test(status) && `green with status "${status}"`]
}

function trueRed(cell: Cell, {signal, errors}: ActionResult, status: string): (string | false)[] {
  if (signal === 'SIGKILL') return []
  const green = ['succeeded', 'unchanged', 'planned', ''].includes(status)
  return [
    errors.length !== 1 && `${String(errors.length)} errors are annotated`,
    machineKeepsOutputs(cell) && green && `red with status "${status}"`,
  ]
}

function machineKeepsOutputs({fault}: Cell): boolean {
  return fault.family !== 'machine' || !/GITHUB_OUTPUT|for outputs/.test(fault.name)
}

function cancelled({cell, main, standing}: Evidence): (string | false)[] {
  const {alone, signals} = cell.fault as SignalFault
  const killed = signals.includes('SIGKILL')
  return [
    main.code === 0 && standing !== 'wanted' && 'green',
    !killed && main.code !== 0 && !isToldAsCancelled(main) && `status "${main.outputs['status'] ?? ''}"`,
    alone !== true &&
      settles(cell, killed) &&
      standing === 'between' &&
      'the target is neither as before nor as wanted',
  ]
}

function settles({subject}: Cell, killed: boolean): boolean {
  return subject.settles === 'killed' || (subject.settles === 'cancelled' && !killed)
}

// Who is cancelled while going back ends it, and says that instead.
function isToldAsCancelled({outputs}: ActionResult): boolean {
  return outputs['status'] === 'cancelled' || outputs['status'] === 'rolled-back'
}

const seconds = (ms = 0): string => (ms / 1000).toFixed(1)
