import type {ActionCall, ActionResult} from '../../support/spawn-action.ts'
import {spawnAction} from '../../support/spawn-action.ts'
import {MARK} from '../core/watcher.ts'
import type {Fault, Usual} from './fault.ts'
import {peakOf} from './peak.ts'
import type {Stage} from './stages.ts'

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
  /** Of a first run that was green. */
  readonly took?: Usual
}

/** Runs a stage, with a fault or without one, and its post step; after a red end once more without the fault. */
export async function runStage(stage: Stage, id: string, fault?: Fault): Promise<Ended> {
  const peak = peakOf(id)
  const count = watch(stage)
  const started = Date.now()
  const call = stage.call()
  const first = await withPost(stage, id, fault?.strike(call) ?? call)
  const took = {ms: Date.now() - started, requests: Math.max(count(), 1)}
  mend(stage)
  const again = first.code === 0 ? undefined : await secondRun(stage, id)
  return {
    stage: stage.name,
    exit: first.signal ?? String(first.code),
    status: statusOf(first),
    ...(again !== undefined && {again: `${String(again.code)} ${statusOf(again)}`.trim()}),
    wrong: [...untrue(first, fault), ...(await missing(stage, again ?? first))].map((one) => `${stage.name}: ${one}`),
    peakMiB: peak.stop(),
    ...(fault === undefined && first.code === 0 && {took}),
  }
}

const statusOf = ({outputs}: ActionResult): string => outputs['status'] ?? ''

function untrue({code}: ActionResult, fault: Fault | undefined): string[] {
  return fault?.fatal === true && code === 0 ? [`green with ${fault.name}`] : []
}

async function missing(stage: Stage, last: ActionResult): Promise<readonly string[]> {
  return last.code === 0 ? await stage.take(last) : [last.errors[0] ?? last.log.slice(-300)]
}

async function secondRun(stage: Stage, id: string): Promise<ActionResult> {
  const {before} = stage
  if (before !== undefined) {
    const made = await withPost(before, id, before.call())
    // What it lacks, the stage that needs it says.
    await before.take(made)
  }
  return await withPost(stage, id, stage.call())
}

async function withPost({action, post}: Stage, id: string, call: ActionCall): Promise<ActionResult> {
  const {inputs = {}} = call
  const env = {...call.env, [MARK]: id}
  const main = await spawnAction(action, {...call, env})
  if (post) await spawnAction(action, {inputs, env, entry: 'post', state: main.state})
  return main
}

// Counts until a fault takes its place.
function watch({way}: Stage): () => number {
  let seen = 0
  const count = (): undefined => {
    seen += 1
  }
  if ('proxy' in way) {
    way.proxy.forget()
    way.proxy.harm = count
  } else {
    way.wire.harm = count
  }
  return () => seen
}

function mend({way}: Stage): void {
  if ('proxy' in way) way.proxy.harm = () => undefined
  else way.wire.harm = () => undefined
}
