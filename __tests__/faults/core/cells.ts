import {MACHINES, MACHINES_LATER, NETWORK, SIGNALS, TOOLS} from './faults.ts'
import {nameOf} from './model.ts'
import type {Cell, Fault, LeftOut, Subject} from './model.ts'

/** Where faults are that strike at no phase. */
export const START = 'from the start'

/** Faults of the machine at phases that are the same in another situation of the action. */
export const MACHINE_LATER = {
  fault: /^(?:GITHUB_|disk full|RUNNER_TEMP|no DNS)/,
  why: 'up to there the run does what it does in the first situation',
} as const

/** Every cell of a subject: each fault at each phase, and once those that are there from the start. */
export function cellsOf(subject: Subject): Cell[] {
  const reasons = leftOutOf(subject)
  return possibleCells(subject).filter((cell) => !reasons.some((reason) => isLeftOut(cell, reason)))
}

/** Why cells of a subject are left out, each with how many they are. */
export function omissionsOf(subject: Subject): {readonly why: string; readonly cells: readonly string[]}[] {
  const possible = possibleCells(subject)
  return leftOutOf(subject)
    .map((reason) => ({why: reason.why, cells: possible.filter((cell) => isLeftOut(cell, reason)).map(nameOf)}))
    .filter(({cells}) => cells.length > 0)
}

function possibleCells(subject: Subject): Cell[] {
  const faults: readonly Fault[] = [...NETWORK, ...SIGNALS, ...MACHINES, ...MACHINES_LATER, ...TOOLS]
  return faults.flatMap((fault) =>
    fault.whole === true
      ? [{subject, phase: START, fault}]
      : subject.phases
          .filter(({calls}) => fault.family !== 'tool' || calls !== undefined)
          .map(({name}) => ({subject, phase: name, fault})),
  )
}

function isLeftOut({phase, fault}: Cell, reason: Reason): boolean {
  return (
    (typeof reason.fault === 'function' ? reason.fault(fault) : reason.fault.test(fault.name)) &&
    reason.phase?.test(phase) !== false
  )
}

type Reason = Omit<LeftOut, 'fault'> & {readonly fault: RegExp | ((fault: Fault) => boolean)}

const isOfNetwork = ({family, name}: Fault): boolean => family === 'network' || /^no (?:network|DNS)/.test(name)

const LATER = /^(?!from the start)/

function leftOutOf(subject: Subject): readonly Reason[] {
  const network = subject.phases.some(({tool}) => tool === undefined)
  return [
    ...(subject.leftOut ?? []),
    ...(network ? [] : [{fault: isOfNetwork, why: 'it speaks to no service'}]),
    ...(subject.post
      ? []
      : [{fault: /^GITHUB_STATE/, phase: LATER, why: 'it has no post step, and hands nothing to one'}]),
    ...(!subject.writes.includes('temp')
      ? [{fault: /RUNNER_TEMP/, phase: LATER, why: 'it writes nothing to RUNNER_TEMP'}]
      : []),
    ...(subject.writes.includes('checkout')
      ? []
      : [{fault: /in the checkout/, why: 'it writes nothing into the checkout'}]),
  ]
}
