import {alternatives} from '../../../shared/core/inputs.ts'
import {InputError} from '../../../shared/core/errors.ts'
import {fields} from '../lists.ts'

/** The kinds of tag rules, with the priority that each has unless the rule sets its own: higher comes first. */
const PRIORITIES = {
  schedule: 1000,
  semver: 900,
  pep440: 900,
  match: 800,
  edge: 700,
  ref: 600,
  raw: 200,
  sha: 100,
} as const

/** The kind of a tag rule. */
export type RuleType = keyof typeof PRIORITIES

/** One line of the `tags` input. */
export interface Rule {
  readonly type: RuleType
  /** The line as it was written, for messages. */
  readonly line: string
  readonly priority: number
  /** A template; the rule counts when it gives `true`. */
  readonly enable: string
  readonly prefix: string | undefined
  readonly suffix: string | undefined
  /** What only this kind of rule has: `pattern`, `value`, `event`, `format`, `branch`, `group`, `match`. */
  readonly own: ReadonlyMap<string, string>
}

/** The attributes of each kind, as docker/metadata-action documents them; `!` marks what is required. */
const OWN: Readonly<Record<RuleType, readonly string[]>> = {
  schedule: ['pattern'],
  semver: ['pattern!', 'value', 'match'],
  pep440: ['pattern!', 'value', 'match'],
  match: ['pattern!', 'group', 'value'],
  edge: ['branch'],
  ref: ['event!'],
  raw: ['value!'],
  sha: ['format'],
}
const COMMON: readonly string[] = ['type', 'enable', 'priority', 'prefix', 'suffix']
const TYPES = Object.keys(PRIORITIES) as RuleType[]
const EVENTS: readonly string[] = ['branch', 'tag', 'pr']

/**
 * Reads one line of `tags`: a rule of docker/metadata-action (`type=semver,pattern={{version}}`).
 * @throws {InputError} for an unknown kind or attribute, a missing one, or a value that is not allowed
 */
export function parseRule(line: string): Rule {
  const attributes = readAttributes(line)
  const type = attributes.get('type') ?? 'raw'
  if (!isRuleType(type)) throw new InputError(`Input "tags": "${line}" has type "${type}": use ${alternatives(TYPES)}.`)
  const allowed = OWN[type].map((name) => name.replace('!', ''))
  const own = new Map([...attributes].filter(([name]) => !COMMON.includes(name)))
  for (const name of own.keys()) if (!allowed.includes(name)) throw unknownAttribute(line, name, allowed)
  for (const name of OWN[type]) if (name.endsWith('!')) requireAttribute(line, own, name.slice(0, -1))
  checkValues(line, type, own)
  return {
    type,
    line,
    own,
    priority: readPriority(line, attributes.get('priority')) ?? PRIORITIES[type],
    enable: attributes.get('enable') ?? 'true',
    prefix: attributes.get('prefix'),
    suffix: attributes.get('suffix'),
  }
}

function isRuleType(text: string): text is RuleType {
  return (TYPES as readonly string[]).includes(text)
}

function readAttributes(line: string): Map<string, string> {
  const attributes = new Map<string, string>()
  for (const field of fields(line)) {
    const at = field.indexOf('=')
    // A bare word is the value of a raw rule, as in docker/metadata-action.
    const [name, value] =
      at < 0 ? ['value', field] : [field.slice(0, at).trim().toLowerCase(), field.slice(at + 1).trim()]
    if (attributes.has(name))
      throw new InputError(`Input "tags": "${line}" gives "${name}" twice: keep one of the two.`)
    attributes.set(name, value)
  }
  return attributes
}

function unknownAttribute(line: string, name: string, allowed: readonly string[]): InputError {
  const all = [...allowed, ...COMMON.slice(1)]
  return new InputError(`Input "tags": "${line}" has the unknown attribute "${name}": use ${alternatives(all)}.`)
}

function requireAttribute(line: string, own: ReadonlyMap<string, string>, name: string): void {
  if ((own.get(name) ?? '') === '') {
    throw new InputError(`Input "tags": "${line}" needs "${name}": add ",${name}=...".`)
  }
}

function checkValues(line: string, type: RuleType, own: ReadonlyMap<string, string>): void {
  const check = (name: string, allowed: readonly string[]): void => {
    const value = own.get(name)
    if (value === undefined || allowed.includes(value)) return
    throw new InputError(`Input "tags": "${line}" has ${name} "${value}": use ${alternatives(allowed)}.`)
  }
  if (type === 'ref') check('event', EVENTS)
  if (type === 'sha') check('format', ['short', 'long'])
  const group = own.get('group')
  if (group !== undefined && !/^\d+$/.test(group)) {
    throw new InputError(
      `Input "tags": "${line}" has group "${group}": give the number of a group, 0 for the whole match.`,
    )
  }
}

function readPriority(line: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text)
  throw new InputError(`Input "tags": "${line}" has priority "${text}": give a whole number.`)
}
