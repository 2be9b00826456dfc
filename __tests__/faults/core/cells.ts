import {MACHINES, NETWORK, SIGNALS, TOOLS} from './faults.ts'
import type {Cell, Fault, Subject} from './model.ts'

/** Every cell of a subject: each fault at each phase, and once those that are there from the start. */
export function cellsOf(subject: Subject): Cell[] {
  const network = subject.phases.some(({tool}) => tool === undefined)
  const faults: readonly Fault[] = [
    ...(network ? NETWORK : []),
    ...SIGNALS,
    ...MACHINES.filter(({machine}) => network || !/^no-n/.test(machine)),
    ...(subject.tools ? TOOLS : []),
  ]
  return faults.flatMap((fault) =>
    fault.whole === true
      ? [{subject, phase: 'from the start', fault}]
      : subject.phases.map(({name}) => ({subject, phase: name, fault})),
  )
}
