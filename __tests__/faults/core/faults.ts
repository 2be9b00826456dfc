import type {Dialect, Fault} from './model.ts'
import type {Harm, Passing} from './proxy.ts'

/** A fault of the network: what happens to the requests from the phase on. */
export interface NetworkFault extends Fault {
  readonly family: 'network'
  /** How many requests are met. */
  readonly times: number
  /** @param nth counts from 1 @returns undefined for a request that passes after all */
  harm(request: Passing, dialect: Dialect): Harm | undefined
}

/** A fault that is a signal to the run. */
export interface SignalFault extends Fault {
  readonly family: 'signal'
  readonly signals: readonly NodeJS.Signals[]
  /** The runner is gone as well: its post step never comes. */
  readonly alone?: boolean
}

/** A fault of the machine that the run is on. */
export interface MachineFault extends Fault {
  readonly family: 'machine'
  readonly machine: Machine
}

/** What is wrong with the machine. */
export type Machine =
  | 'no-output-file'
  | 'no-summary-file'
  | 'no-state-file'
  | 'full-output'
  | 'full-temp'
  | 'full-workspace'
  | 'read-only-temp'
  | 'no-network'
  | 'no-names'

const HTML = '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>'
const PORTAL = '<!doctype html><title>Welcome to the guest network</title><p>Please sign in to go on.</p>'

const html = (status: number, body: string): Harm => {
  return {kind: 'answer', status, headers: {'content-type': 'text/html'}, body}
}

function told(dialect: Dialect, status: number, aws: string, message: string): Harm {
  const type = dialect === 'aws' ? 'application/x-amz-json-1.1' : 'application/json'
  const headers = {'content-type': type, ...(status === 429 && {'retry-after': '1'})}
  const bodies: Readonly<Record<Dialect, unknown>> = {
    aws: {__type: aws, message},
    github: {message},
    kubernetes: {kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, reason: aws, message},
    plain: {message},
  }
  return {kind: 'answer', status, headers, body: JSON.stringify(bodies[dialect])}
}

const busy = (dialect: Dialect): Harm => told(dialect, 429, 'ThrottlingException', 'Rate exceeded')
const expired = (dialect: Dialect): Harm =>
  dialect === 'aws'
    ? told(dialect, 400, 'ExpiredTokenException', 'The security token included in the request is expired')
    : told(dialect, 401, 'Unauthorized', 'Bad credentials')

const network = (
  name: string,
  times: number,
  harm: NetworkFault['harm'],
  more: Pick<Fault, 'passes' | 'whole'> = {},
): NetworkFault => ({name, family: 'network', times, harm, ...more})
const passing = {passes: true}

/** Clocks may differ by this much before AWS refuses a signature: https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html */
const SIGNATURE_MS = 5 * 60_000

// A signature is judged by the clock of AWS, which is `ahead` of the runner's.
const skewed =
  (ahead: number): NetworkFault['harm'] =>
  ({headers}, dialect) => {
    const now = Date.now() + ahead
    const signed = String(headers['x-amz-date'] ?? '')
    const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(signed)
    if (parts === null) return {kind: 'dated', date: now}
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number)
    const difference = Date.UTC(year, month - 1, day, hour, minute, second) - now
    if (Math.abs(difference) < SIGNATURE_MS) return {kind: 'dated', date: now}
    const message = `Signature ${difference < 0 ? 'expired' : 'not yet current'}: ${signed}`
    const refusal = told(dialect, 403, 'InvalidSignatureException', message)
    return refusal.kind === 'answer'
      ? {...refusal, headers: {...refusal.headers, date: new Date(now).toUTCString()}}
      : refusal
  }

/** What can go wrong between an action and the services it speaks to. */
export const NETWORK: readonly NetworkFault[] = [
  network('latency 0.7 s', Infinity, () => ({kind: 'delay', ms: 700}), passing),
  network('reset', 1, () => ({kind: 'reset'}), passing),
  network('answer lost', 1, () => ({kind: 'answer-lost'}), passing),
  network('half-open', 1, () => ({kind: 'silence'}), passing),
  network('429 × 3', 3, (_request, dialect) => busy(dialect), passing),
  network('503 × 3', 3, () => html(503, HTML), passing),
  network('truncated body', 1, () => ({kind: 'truncated'}), passing),
  network('wrong JSON', 1, () => html(200, PORTAL), passing),
  network('resets for ever', Infinity, () => ({kind: 'reset'})),
  network('429 for ever', Infinity, (_request, dialect) => busy(dialect)),
  network('502 for ever', Infinity, () => html(502, HTML)),
  network('half-open for ever', Infinity, () => ({kind: 'silence'})),
  network('wrong JSON for ever', Infinity, () => html(200, PORTAL)),
  network('truncated for ever', Infinity, () => ({kind: 'truncated'})),
  network('expired credentials', Infinity, (_request, dialect) => expired(dialect)),
  network('network gone', Infinity, () => ({kind: 'cut'})),
  network('clock 10 min slow', Infinity, skewed(600_000), {passes: true, whole: true}),
  network('clock 10 min fast', Infinity, skewed(-600_000), {passes: true, whole: true}),
]

const signal = (name: string, signals: readonly NodeJS.Signals[], alone = false): SignalFault => {
  return {name, family: 'signal', signals, ...(alone && {alone})}
}

/** What the runner, the machine or a person does to the process. */
export const SIGNALS: readonly SignalFault[] = [
  signal('SIGINT', ['SIGINT']),
  signal('SIGTERM', ['SIGTERM']),
  signal('SIGINT, SIGTERM', ['SIGINT', 'SIGTERM']),
  signal('SIGKILL', ['SIGKILL']),
  signal('SIGKILL, runner too', ['SIGKILL'], true),
]

const machine = (name: string, what: Machine, whole = true): MachineFault => {
  return {name, family: 'machine', machine: what, ...(whole && {whole})}
}

/** What can be wrong with the machine. */
export const MACHINES: readonly MachineFault[] = [
  machine('GITHUB_OUTPUT missing', 'no-output-file'),
  machine('GITHUB_STEP_SUMMARY missing', 'no-summary-file'),
  machine('GITHUB_STATE missing', 'no-state-file'),
  machine('disk full for outputs', 'full-output'),
  machine('disk full in RUNNER_TEMP', 'full-temp'),
  machine('RUNNER_TEMP read-only', 'read-only-temp'),
  machine('no network', 'no-network'),
  machine('no DNS', 'no-names'),
]

/** What of it can also get out of order later. Without any network from a phase on is "network gone". */
export const MACHINES_LATER: readonly MachineFault[] = [
  ...MACHINES.filter((fault) => fault.machine !== 'no-network').map((fault) =>
    machine(fault.name, fault.machine, false),
  ),
  machine('disk full in the checkout', 'full-workspace', false),
]

/** What a tool that the action starts may write. */
export const TOOLS: readonly Fault[] = [
  {name: '100 MB of output', family: 'tool', passes: true},
  {name: 'invalid UTF-8', family: 'tool', passes: true},
]
