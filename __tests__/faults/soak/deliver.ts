import type {ActionCall, ActionResult} from '../../support/spawn-action.ts'
import {spawnAction} from '../../support/spawn-action.ts'
import {NETWORK} from '../core/faults.ts'
import type {Dialect} from '../core/model.ts'
import type {FaultProxy} from '../core/proxy.ts'
import {MARK} from '../core/watcher.ts'
import {peakOf} from './peak.ts'
import type {Dice} from './random.ts'
import type {Wire} from './wire.ts'

/** One action of a delivery. */
export interface Stage {
  readonly name: string
  readonly action: string
  /** Whether action.yml names a post step. */
  readonly post: boolean
  /** Where faults of its network are made. */
  readonly way: {readonly proxy: FaultProxy; readonly dialect: Dialect} | {readonly wire: Wire} | undefined
  call(): ActionCall
  /** What is not as it should be after a green run. */
  check(result: ActionResult): Promise<readonly string[]>
}

/** How a stage ended. */
export interface Ended {
  readonly stage: string
  readonly exit: string
  readonly status: string
  /** The run after a red one. */
  readonly again?: string
  /** Sentences about what must not be; none is what is wanted. */
  readonly wrong: readonly string[]
  /** MiB, the most of all its processes. */
  readonly peakMiB: number
}

// Those that are silent for ever cost minutes each; the matrix has them.
const PASSING = NETWORK.filter(({passes, whole, name}) => passes === true && whole !== true && !/half-open/.test(name))
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const
const LATEST_REQUEST = 6
const LATEST_SIGNAL_MS = 5000

/** What will go wrong in a stage; it strikes while `strike` runs. */
export interface Fault {
  readonly name: string
  /** Whether it came to it: a run may be over before, or ask less often. */
  met(): boolean
  strike(stage: Stage, call: ActionCall): ActionCall
}

/** Chooses what goes wrong: a fault of the network at some request, or a signal at some moment. */
export function chooseFault(random: Dice, stage: Stage): Fault {
  const {way} = stage
  const kind = random.upTo(way === undefined ? 3 : 10)
  if (kind < 3) return signalAfter(SIGNALS[kind] ?? 'SIGKILL', 200 + random.upTo(LATEST_SIGNAL_MS))
  const nth = 1 + random.upTo(LATEST_REQUEST)
  if (way !== undefined && 'proxy' in way) return atRequest(random.pick(PASSING), nth)
  return atConnection(random.pick(['reset', 'slow'] as const), nth)
}

function signalAfter(signal: NodeJS.Signals, ms: number): Fault {
  let met = false
  const strike: Fault['strike'] = (_stage, call) => ({
    ...call,
    onStart: (child) => {
      const timer = setTimeout(() => {
        met = child.kill(signal)
      }, ms)
      child.once('exit', () => {
        clearTimeout(timer)
      })
    },
  })
  return {name: `${signal} after ${String(ms)} ms`, met: () => met, strike}
}

function atRequest(fault: (typeof PASSING)[number], nth: number): Fault {
  let [seen, struck] = [0, 0]
  const strike: Fault['strike'] = ({way}, call) => {
    if (way === undefined || !('proxy' in way)) return call
    way.proxy.harm = (request) => {
      seen += 1
      if (seen < nth || struck >= fault.times) return undefined
      struck += 1
      return fault.harm(request, way.dialect)
    }
    return call
  }
  return {name: `${fault.name} at request ${String(nth)}`, met: () => struck > 0, strike}
}

function atConnection(harm: 'reset' | 'slow', nth: number): Fault {
  let seen = 0
  const strike: Fault['strike'] = ({way}, call) => {
    if (way !== undefined && 'wire' in way) way.wire.harm = () => ((seen += 1) === nth ? harm : undefined)
    return call
  }
  return {name: `${harm} at connection ${String(nth)}`, met: () => seen >= nth, strike}
}

/** Runs a stage, with a fault or without one, and its post step; after a red end once more without the fault. */
export async function runStage(stage: Stage, id: string, fault?: Fault): Promise<Ended & {last: ActionResult}> {
  const peak = peakOf(id)
  const call = marked(stage.call(), id)
  const first = await withPost(stage, fault?.strike(stage, call) ?? call)
  mend(stage)
  const last = first.code === 0 ? first : await withPost(stage, marked(stage.call(), id))
  const wrong = last.code === 0 ? await stage.check(last) : [last.errors[0] ?? last.log.slice(-300)]
  return {
    stage: stage.name,
    exit: first.signal ?? String(first.code),
    status: first.outputs['status'] ?? '',
    ...(last !== first && {again: `${String(last.code)} ${last.outputs['status'] ?? ''}`.trim()}),
    wrong: wrong.map((sentence) => `${stage.name}: ${sentence}`),
    peakMiB: peak.stop(),
    last,
  }
}

const marked = (call: ActionCall, id: string): ActionCall => ({...call, env: {...call.env, [MARK]: id}})

async function withPost({action, post}: Stage, call: ActionCall): Promise<ActionResult> {
  const main = await spawnAction(action, call)
  if (post) {
    const {inputs = {}, env = {}} = call
    await spawnAction(action, {inputs, env, entry: 'post', state: main.state})
  }
  return main
}

function mend({way}: Stage): void {
  if (way === undefined) return
  if ('proxy' in way) way.proxy.harm = () => undefined
  else way.wire.harm = () => undefined
}
