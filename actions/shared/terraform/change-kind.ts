/** What happens to one object. */
export const CHANGE_KINDS = [
  'delete',
  'replace',
  'unknown',
  'update',
  'create',
  'forget',
  'import',
  'move',
  'read',
  'no-op',
] as const

/** One of {@link CHANGE_KINDS}, which are in the order in which people should see them: what is lost comes first. */
export type ChangeKind = (typeof CHANGE_KINDS)[number]

/** How a replacement treats the old object. */
export type ReplaceOrder = 'delete-first' | 'create-first' | 'keep-old'

/** What decides the kind of a change. */
export interface Planned {
  /** As in the plan: `["delete","create"]`. */
  readonly actions: readonly string[]
  readonly moved: boolean
  readonly imported: boolean
}

const SINGLE: Readonly<Record<string, ChangeKind>> = {
  create: 'create',
  update: 'update',
  delete: 'delete',
  forget: 'forget',
  read: 'read',
  open: 'no-op',
  'no-op': 'no-op',
}

/**
 * The kind of a planned change. A list of actions that no tool wrote so far is `unknown`, never an error: tomorrow's
 * Terraform must not break today's preview (actions are listed at
 * https://developer.hashicorp.com/terraform/internals/json-format#change-representation).
 */
export function kindOf({actions, moved, imported}: Planned): ChangeKind {
  if (replaceOrder(actions) !== undefined) return 'replace'
  const kind = actions.length === 1 ? (SINGLE[actions[0] ?? ''] ?? 'unknown') : 'unknown'
  if (kind !== 'no-op') return kind
  if (imported) return 'import'
  return moved ? 'move' : 'no-op'
}

/** In which order a replacement happens, or undefined when the change is not a replacement. */
export function replaceOrder(actions: readonly string[]): ReplaceOrder | undefined {
  if (actions.length !== 2 || !actions.includes('create')) return undefined
  if (actions.includes('forget')) return 'keep-old'
  if (!actions.includes('delete')) return undefined
  return actions[0] === 'delete' ? 'delete-first' : 'create-first'
}

/** Whether an existing object is destroyed; an unknown list of actions counts when it names a deletion. */
export function destroys(actions: readonly string[]): boolean {
  return actions.includes('delete')
}

/** The sign that stands before a change in lists, as Terraform's own. */
export const SIGNS: Readonly<Record<ChangeKind, string>> = {
  delete: '-',
  replace: '-/+',
  unknown: '?',
  update: '~',
  create: '+',
  forget: '.',
  import: '<-',
  move: '->',
  read: '<=',
  'no-op': ' ',
}

const REASONS: Readonly<Record<string, string>> = {
  replace_because_cannot_update: 'cannot be changed in place',
  replace_because_tainted: 'it is tainted',
  replace_by_request: 'asked for',
  replace_by_triggers: 'replace_triggered_by',
  delete_because_no_resource_config: 'it is no longer in the configuration',
  delete_because_no_module: 'its module is no longer in the configuration',
  delete_because_wrong_repetition: 'count or for_each came or went',
  delete_because_count_index: 'its index is beyond count',
  delete_because_each_key: 'its key is no longer in for_each',
  delete_because_no_move_target: 'the target of its move is not in the configuration',
  delete_because_enabled_false: 'lifecycle.enabled is false',
  forgot_because_lifecycle_destroy_in_state: 'lifecycle.destroy was false',
  forgot_because_lifecycle_destroy_in_config: 'lifecycle.destroy is false',
  read_because_config_unknown: 'its arguments are known only at apply',
  read_because_dependency_pending: 'it depends on a change of this plan',
  read_because_check_nested: 'a check reads it',
}

/** Why a change is needed, in words; a reason that is not known here is shown as the tool wrote it. */
export function reasonText(reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : (REASONS[reason] ?? reason.replaceAll('_', ' '))
}
