import {code} from '../../shared/core/markdown.ts'
import type {Fact, Preview} from '../../shared/report/preview.ts'

/** A fact, and whose preview told it. */
interface Told extends Fact {
  readonly stage: Preview['stage']
  readonly subject: string
}

/**
 * What no stage sees by itself: one takes away what another one uses, or they do not agree on a port or a platform. One
 * sentence of Markdown each.
 */
export function findings(previews: readonly Preview[]): string[] {
  const told = previews.flatMap(({stage, subject, facts = []}) => facts.map((fact) => ({...fact, stage, subject})))
  const uses = told.filter(({fact}) => fact === 'uses')
  const losses = told.filter(({fact}) => fact === 'removes' || fact === 'replaces')
  const expected = told.filter(({fact}) => fact === 'expects')
  const sentences = [
    ...losses.flatMap((loss) => lossFinding(loss, uses)),
    ...expected.flatMap((each) => disagreement(each, uses)),
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

// Containers of one name run on both platforms: what Terraform expects of an ECS service says nothing about a Deployment.
const ASKED: Readonly<Record<Preview['stage'], Preview['stage']>> = {plan: 'ecs', ecs: 'ecs', kubernetes: 'kubernetes'}

function disagreement(expected: Told, uses: readonly Told[]): string[] {
  const having = uses.filter((use) => same(use, expected) && use.stage === ASKED[expected.stage])
  const [first] = having
  // Who says nothing about it may be right: Kubernetes, for one, does not need a port to be declared.
  if (first === undefined || having.some(({value}) => value === expected.value)) return []
  const values = [...new Set(having.map(({value}) => value ?? ''))].join(', ')
  const sentence = expected.kind === 'platform' ? platformSentence : portSentence
  return [sentence(expected, first, values)]
}

function portSentence(expected: Told, having: Told, open: string): string {
  const who =
    having.stage === 'ecs'
      ? `the task definition for ${code(having.subject)}`
      : `${code(having.by)} of ${code(having.subject)}`
  return `${code(expected.by)} sends to port ${expected.value ?? ''} of container ${code(expected.name)}, and ${who} opens ${open}`
}

function platformSentence(expected: Told, having: Told, platforms: string): string {
  return `${code(expected.by)} of ${code(expected.subject)} needs ${code(expected.name)} for ${expected.value ?? ''}, and ${code(having.by)} is made for ${platforms}`
}
