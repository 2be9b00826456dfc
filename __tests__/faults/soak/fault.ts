import type {ActionCall} from '../../support/spawn-action.ts'
import {NETWORK} from '../core/faults.ts'
import type {Dice} from './random.ts'
import type {Stage} from './stages.ts'

/** What will go wrong in a stage; it strikes while `strike` runs. */
export interface Fault {
  readonly name: string
  /** The run cannot end green with it. */
  readonly fatal?: boolean
  /** Whether it came to it: a run may be over before, or ask less often. */
  met(): boolean
  strike(call: ActionCall): ActionCall
}

/** What a stage took when nothing went wrong: faults are made within that. */
export interface Usual {
  readonly ms: number
  /** Requests or, where what is said is encrypted, connections. */
  readonly requests: number
}

// Those that are silent for ever cost minutes each; the matrix has them.
const PASSING = NETWORK.filter(({passes, whole, name}) => passes === true && whole !== true && !/half-open/.test(name))
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const
// A push asks dozens of times: a fault that strikes each time would take minutes.
const MOST_TIMES = 5
const STEPS = 1000

/**
 * Chooses what goes wrong: a version that does not start where the stage starts one, a fault of the network at some
 * request, or a signal at some moment. The dice are thrown equally often whatever the stage took before, so that the
 * same seed makes the same faults.
 */
export function chooseFault(random: Dice, stage: Stage, usual: Usual): Fault {
  const [kind, share, which] = [random.upTo(10), (1 + random.upTo(STEPS)) / STEPS, random.upTo(STEPS)]
  const {way, crashing} = stage
  if (crashing !== undefined && kind < 2) return versionThatExits(crashing)
  if (kind < 5) return signalAfter(one(SIGNALS, which), Math.round(share * usual.ms))
  const nth = Math.ceil(share * usual.requests)
  if ('proxy' in way) return atRequest(way, one(PASSING, which), nth)
  return atConnection(way, one(['reset', 'slow'], which), nth)
}

function one<T>(all: readonly T[], which: number): T {
  const found = all[which % all.length]
  if (found === undefined) throw new Error('There is nothing to choose from.')
  return found
}

function versionThatExits(crashing: NonNullable<Stage['crashing']>): Fault {
  return {name: 'a version that exits with 3', fatal: true, met: () => true, strike: () => crashing()}
}

function signalAfter(signal: NodeJS.Signals, ms: number): Fault {
  let met = false
  const strike: Fault['strike'] = (call) => ({
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

type Way = Stage['way']

function atRequest(
  {proxy, dialect}: Extract<Way, {proxy: unknown}>,
  fault: (typeof PASSING)[number],
  nth: number,
): Fault {
  let [seen, struck] = [0, 0]
  const times = Math.min(fault.times, MOST_TIMES)
  const strike: Fault['strike'] = (call) => {
    proxy.harm = (request) => {
      seen += 1
      if (seen < nth || struck >= times) return undefined
      struck += 1
      return fault.harm(request, dialect)
    }
    return call
  }
  return {name: `${fault.name} at request ${String(nth)}`, met: () => struck > 0, strike}
}

function atConnection({wire}: Extract<Way, {wire: unknown}>, harm: 'reset' | 'slow', nth: number): Fault {
  let seen = 0
  const strike: Fault['strike'] = (call) => {
    wire.harm = () => ((seen += 1) === nth ? harm : undefined)
    return call
  }
  return {name: `${harm} at connection ${String(nth)}`, met: () => seen >= nth, strike}
}
