import {systemClock} from './clock.ts'
import type {Clock} from './clock.ts'
import {systemProcesses} from './exec.ts'
import type {Processes} from './exec.ts'
import type {Environment} from './inputs.ts'
import {makeLog} from './log.ts'
import type {Log} from './log.ts'
import {makeMask} from './mask.ts'
import type {Mask} from './mask.ts'
import {makeOutputs} from './outputs.ts'
import type {Outputs} from './outputs.ts'
import {makeSummary} from './summary.ts'
import type {Summary} from './summary.ts'

/** Everything outside the action that every action needs. Made once, at the edge, and passed in. */
export interface World {
  readonly env: Environment
  readonly clock: Clock
  readonly processes: Processes
  readonly log: Log
  readonly mask: Mask
  readonly summary: Summary
  readonly outputs: Outputs
  /** Aborted, with a CancelledError as its reason, when the runner asks the step to stop. */
  readonly cancel: AbortSignal
}

/** The real world of the process that runs now. @param cancel aborted when the runner asks the step to stop */
export function makeWorld(cancel: AbortSignal): World {
  const mask = makeMask()
  return {
    env: process.env,
    clock: systemClock,
    processes: systemProcesses,
    log: makeLog(),
    mask,
    summary: makeSummary(process.env, mask),
    outputs: makeOutputs(mask),
    cancel,
  }
}
