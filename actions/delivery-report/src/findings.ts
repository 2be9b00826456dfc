import {code} from '../../shared/core/markdown.ts'
import type {Fact, Preview} from '../../shared/report/preview.ts'

/** A fact, and whose preview told it. */
interface Told extends Fact {
  readonly subject: string
}

/**
 * What no stage sees by itself: one takes away what another one uses, or they do not agree on a port. One sentence of
 * Markdown each.
 */
export function findings(previews: readonly Preview[]): string[] {
  const told = previews.flatMap(({subject, facts = []}) => facts.map((fact) => ({...fact, subject})))
  const uses = told.filter(({fact}) => fact === 'uses')
  const losses = told.filter(({fact}) => fact === 'removes' || fact === 'replaces')
  const expected = told.filter(({fact}) => fact === 'expects')
  const sentences = [
    ...losses.flatMap((loss) => lossFinding(loss, uses)),
    ...expected.flatMap((each) => portFinding(each, uses)),
  ]
  return [...new Set(sentences)]
}

const same = (one: Fact, other: Fact): boolean =>
  one.kind === other.kind && one.name.replace(/^\//, '') === other.name.replace(/^\//, '')

function lossFinding(loss: Told, uses: readonly Told[]): string[] {
  const users = uses.filter((use) => same(use, loss)).map(({by, subject}) => `${code(by)} of ${code(subject)}`)
  if (users.length === 0) return []
  const fate = loss.fact === 'removes' ? 'destroyed' : 'destroyed and made anew'
  return [`the ${loss.kind} ${code(loss.name)}, used by ${users.join(' and ')}, is ${fate} by ${code(loss.by)}`]
}

function portFinding(expected: Told, uses: readonly Told[]): string[] {
  const ports = uses.filter((use) => same(use, expected))
  if (ports.length === 0 || ports.some(({value}) => value === expected.value)) return []
  const open = ports.map(({value}) => value ?? '').join(', ')
  const [{subject} = expected] = ports
  return [
    `${code(expected.by)} sends to port ${expected.value ?? ''} of container ${code(expected.name)}, and the task definition for ${code(subject)} opens ${open}`,
  ]
}
