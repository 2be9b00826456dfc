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

/** Rules over what a plan may destroy. */
export interface Guard {
  /** Patterns of types or addresses that must not be destroyed or replaced. */
  readonly protect: readonly string[]
  /** The largest number of objects that may be destroyed, replacements included. */
  readonly maxDestroys?: number
}

/** One object that the guard stands before. */
export interface Guarded {
  readonly address: string
  readonly rule: string
  /** Whether a label on the pull request lets it pass all the same. */
  readonly pardoned?: boolean
}

const RULES = ['default', 'none', 'protect <type or address>', 'max-destroys <number>'] as const

/**
 * Reads the lines of the `guard` input: `default` (the stateful types), `none`, `protect aws_lb.*`, `max-destroys 5`.
 * @throws {InputError} for a line that is none of these
 */
export function parseGuard(lines: readonly string[]): Guard {
  const rules = lines.length === 0 ? ['default'] : lines
  const protect = rules.flatMap(protectedBy)
  const limits = rules.flatMap((rule) => /^max-destroys\s+(\d+)$/.exec(rule)?.[1] ?? []).map(Number)
  if (rules.includes('none') && rules.length > 1) {
    throw new InputError('Input "guard" has "none" beside other rules: keep one of the two.')
  }
  return {protect, ...(limits.length > 0 && {maxDestroys: Math.min(...limits)})}
}

function protectedBy(rule: string): readonly string[] {
  if (rule === 'default') return STATEFUL_TYPES
  if (rule === 'none' || /^max-destroys\s+\d+$/.test(rule)) return []
  const pattern = /^protect\s+(\S+)$/.exec(rule)?.[1]
  if (pattern === undefined) throw new InputError(`Input "guard" has the line "${rule}": use ${alternatives(RULES)}.`)
  return [pattern]
}

/**
 * What the guard stands before in this plan. @param allowed patterns of types or addresses that the user lets go
 * (`*` lets all go)
 */
export function guarded(plan: Plan, guard: Guard, allowed: readonly string[]): Guarded[] {
  const lost = plan.resources.filter(({kind, actions}) => kind !== 'no-op' && destroys(actions))
  const [free, protect] = [allowed.map(matcher), guard.protect.map(matcher)]
  const kept = lost.filter((change) => !free.some(({covers}) => covers(change)))
  const found = kept.flatMap((change) => {
    const rule = protect.find(({covers}) => covers(change))
    return rule === undefined ? [] : [{address: change.address, rule: `protect ${rule.pattern}`}]
  })
  if (guard.maxDestroys === undefined || kept.length <= guard.maxDestroys) return found
  const rule = `max-destroys ${String(guard.maxDestroys)}`
  return [...found, ...kept.map(({address}) => ({address, rule}))]
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
