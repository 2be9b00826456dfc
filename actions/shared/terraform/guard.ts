import {alternatives} from '../core/inputs.ts'
import {InputError} from '../core/errors.ts'
import {destroys} from './change-kind.ts'
import type {Plan, ResourceChange} from './plan.ts'

/**
 * Types whose destruction loses data or identity for good: databases, volumes, buckets, keys, user pools. They are
 * guarded when the user gives no rules. `*` stands for any text.
 */
export const STATEFUL_TYPES = [
  'aws_db_*',
  'aws_rds_*',
  'aws_dynamodb_table',
  'aws_docdb_*',
  'aws_neptune_*',
  'aws_elasticache_*',
  'aws_memorydb_*',
  'aws_redshift_*',
  'aws_opensearch_domain',
  'aws_elasticsearch_domain',
  'aws_efs_file_system',
  'aws_fsx_*',
  'aws_ebs_volume',
  'aws_s3_bucket',
  'aws_kms_key',
  'aws_kinesis_stream',
  'aws_sqs_queue',
  'aws_cognito_user_pool',
  'aws_secretsmanager_secret',
  'aws_ecr_repository',
] as const

/** What must not be destroyed or replaced. */
export interface Limits {
  /** Patterns of types or addresses. */
  readonly protect: readonly string[]
  /** The largest number of objects that may be destroyed, replacements included. */
  readonly maxDestroys?: number
}

/** Rules over what a plan may destroy. */
export interface Guard extends Limits {
  /** The rules that neither an input nor a label lets anything pass. */
  readonly deny: Limits
}

/** One object that the guard stands before. */
export interface Guarded {
  readonly address: string
  readonly rule: string
  /** Whether the rule is one that nothing overrides. */
  readonly denied?: boolean
  /** Whether a label on the pull request lets it pass all the same. */
  readonly pardoned?: boolean
}

const RULES = [
  'default',
  'none',
  'protect <type or address>',
  'max-destroys <number>',
  'deny <type or address>',
  'deny default',
  'deny max-destroys <number>',
] as const
const LIMIT = /^max-destroys\s+(\d+)$/

/**
 * Reads the lines of the `guard` input: `default` (the stateful types), `none`, `protect aws_lb.*`, `max-destroys 5`; and
 * `deny default`, `deny aws_lb.*`, `deny max-destroys 20`, which nothing overrides.
 * @throws {InputError} for a line that is none of these
 */
export function parseGuard(lines: readonly string[]): Guard {
  const rules = (lines.length === 0 ? ['default'] : lines).map(readRule)
  if (rules.some(({words}) => words === 'none') && rules.length > 1) {
    throw new InputError('Input "guard" has "none" beside other rules: keep one of the two.')
  }
  return {...limitsOf(rules.filter(({deny}) => !deny)), deny: limitsOf(rules.filter(({deny}) => deny))}
}

interface Rule {
  readonly deny: boolean
  readonly words: string
  readonly protect: readonly string[]
}

function readRule(line: string): Rule {
  const [, verb, rest = ''] = /^(deny|protect)\s+(.*)$/.exec(line) ?? [undefined, undefined, line]
  const deny = verb === 'deny'
  if (verb !== 'protect' && rest === 'default') return {deny, words: rest, protect: STATEFUL_TYPES}
  if (verb !== 'protect' && LIMIT.test(rest)) return {deny, words: rest, protect: []}
  if (line === 'none') return {deny, words: rest, protect: []}
  // A word of the rules is never a type: taken for one it would guard nothing, in silence.
  if (verb !== undefined && /^\S+$/.test(rest) && !/^(?:all|default|none|max-destroys)$/.test(rest)) {
    return {deny, words: rest, protect: [rest]}
  }
  throw new InputError(`Input "guard" has the line "${line}": use ${alternatives(RULES)}.`)
}

function limitsOf(rules: readonly Rule[]): Limits {
  const limits = rules.flatMap(({words}) => LIMIT.exec(words)?.[1] ?? []).map(Number)
  const protect = rules.flatMap((rule) => rule.protect)
  return {protect, ...(limits.length > 0 && {maxDestroys: Math.min(...limits)})}
}

/**
 * What the guard stands before in this plan, what is denied first. @param allowed patterns of types or addresses that the
 * user lets go (`*` lets all go); no rule that denies asks them
 */
export function guarded(plan: Plan, guard: Guard, allowed: readonly string[]): Guarded[] {
  const lost = plan.resources.filter(({kind, actions}) => kind !== 'no-op' && destroys(actions))
  const denied = broken(lost, guard.deny, 'deny').map((each) => ({...each, denied: true}))
  const refused = new Set(denied.map(({address}) => address))
  const free = allowed.map(matcher)
  const kept = lost.filter((change) => !free.some(({covers}) => covers(change)))
  // What is denied needs no approval that would not help it.
  return [...denied, ...broken(kept, guard, 'protect').filter(({address}) => !refused.has(address))]
}

function broken(lost: readonly ResourceChange[], limits: Limits, verb: 'deny' | 'protect'): Guarded[] {
  const protect = limits.protect.map(matcher)
  const found = lost.flatMap((change) => {
    const rule = protect.find(({covers}) => covers(change))
    return rule === undefined ? [] : [{address: change.address, rule: `${verb} ${rule.pattern}`}]
  })
  if (limits.maxDestroys === undefined || lost.length <= limits.maxDestroys) return found
  const rule = `${verb === 'deny' ? 'deny ' : ''}max-destroys ${String(limits.maxDestroys)}`
  return [...found, ...lost.map(({address}) => ({address, rule}))]
}

/** How many objects the guard stands before, by what can be done about it. */
export function guardCounts(found: readonly Guarded[]): {readonly denied: number; readonly held: number} {
  const distinct = (some: readonly Guarded[]): number => new Set(some.map(({address}) => address)).size
  return {
    denied: distinct(found.filter(({denied}) => denied)),
    held: distinct(found.filter(({denied, pardoned}) => !denied && !pardoned)),
  }
}

interface Matcher {
  readonly pattern: string
  covers(change: ResourceChange): boolean
}

// A pattern may name a type, a whole address, or an address without its modules.
function matcher(pattern: string): Matcher {
  const expression = new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`)
  return {
    pattern,
    covers: ({address, type, module}) =>
      [type, address, module === '' ? address : address.slice(module.length + 1)].some((text) => expression.test(text)),
  }
}

function escaped(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
}
