import {kindOf} from './change-kind.ts'
import type {ChangeKind} from './change-kind.ts'
import {isRecord, listAt, recordAt, recordsAt, textAt} from '../core/json.ts'
import type {JsonRecord} from '../core/json.ts'
import {Secrets} from './secrets.ts'

/** One object of the plan and what would happen to it. */
export interface ResourceChange {
  readonly address: string
  /** The key of a leftover of an earlier replacement: the same address may then occur twice. */
  readonly deposed?: string
  readonly module: string
  readonly type: string
  readonly mode: string
  readonly actions: readonly string[]
  readonly kind: ChangeKind
  readonly previousAddress?: string
  /** The id (or identity) that it is imported from. */
  readonly importing?: string
  readonly reason?: string
  /** Which attributes force a replacement: `ami`, `triggers.0.value`. */
  readonly forcedBy: readonly string[]
  readonly values: ValueChange
}

/** Values before and after, with the plan's own marks of what is secret and what is not known yet. */
export interface ValueChange {
  readonly before: unknown
  readonly after: unknown
  readonly afterUnknown: unknown
  readonly beforeSensitive: unknown
  readonly afterSensitive: unknown
}

/** A root output and what would happen to it. */
export interface OutputChange {
  readonly name: string
  readonly actions: readonly string[]
  readonly sensitive: boolean
  readonly values: ValueChange
}

/** The result of one check, precondition or postcondition of the configuration. */
export interface CheckResult {
  readonly address: string
  readonly status: string
  readonly problems: readonly string[]
}

/** A plan, read as data. */
export interface Plan {
  readonly toolVersion: string
  /** All objects, those without a change too. */
  readonly resources: readonly ResourceChange[]
  /** Changes made outside of Terraform that this plan depends on. */
  readonly drift: readonly ResourceChange[]
  /** How many other objects were changed outside without an effect on this plan. */
  readonly otherDrift: number
  readonly outputs: readonly OutputChange[]
  readonly checks: readonly CheckResult[]
  /** Addresses whose changes are put off to a later plan, each with the reason. */
  readonly deferred: readonly string[]
  /** Actions that the apply would invoke (Terraform 1.14 and later). */
  readonly invocations: readonly string[]
  /** Every value that is marked as sensitive somewhere. */
  readonly secrets: Secrets
  /** Whether an apply would do anything. */
  readonly applyable: boolean
  /** Whether another plan is needed after this one (`target`, `exclude`, deferred changes). */
  readonly complete: boolean
  /** Whether planning failed half way; such a plan is never applied. */
  readonly errored: boolean
}

/**
 * Reads the output of `show -json PLAN` (https://developer.hashicorp.com/terraform/internals/json-format). Fields that
 * are missing, new or of another shape are taken as "not there"; nothing but broken JSON makes it throw.
 * @throws {SyntaxError} when the text is not JSON
 */
export function readPlan(text: string): Plan {
  const json: unknown = JSON.parse(text)
  const root = isRecord(json) ? json : {}
  const resources = recordsAt(root, 'resource_changes').map(readResource)
  const outputs = Object.entries(recordAt(root, 'output_changes')).map(readOutput)
  const invocations = recordsAt(root, 'action_invocations').map((item) => textAt(item, 'address') ?? 'an action')
  return {
    toolVersion: textAt(root, 'terraform_version') ?? '',
    resources,
    ...readDrift(root),
    outputs,
    checks: recordsAt(root, 'checks').map(readCheck),
    deferred: recordsAt(root, 'deferred_changes').map(readDeferred),
    invocations,
    secrets: readSecrets(root, [...resources, ...outputs]),
    applyable: flag(root, 'applyable', hasWork(resources, outputs, invocations)),
    complete: flag(root, 'complete', true),
    errored: flag(root, 'errored', false),
  }
}

function readSecrets(root: JsonRecord, changes: readonly {readonly values: ValueChange}[]): Secrets {
  const secrets = new Secrets()
  for (const {values} of changes) {
    secrets.add(values.before, values.beforeSensitive)
    secrets.add(values.after, values.afterSensitive)
  }
  const declared = recordAt(recordAt(recordAt(root, 'configuration'), 'root_module'), 'variables')
  for (const [name, variable] of Object.entries(recordAt(root, 'variables'))) {
    const sensitive = recordAt(declared, name)['sensitive'] === true
    if (isRecord(variable)) secrets.add(variable['value'], sensitive)
  }
  return secrets
}

// Older tools leave the flags out: then the plan itself says whether there is something to do.
function flag(root: JsonRecord, name: string, fallback: boolean): boolean {
  const value = root[name]
  return typeof value === 'boolean' ? value : fallback
}

function hasWork(
  resources: readonly ResourceChange[],
  outputs: readonly OutputChange[],
  invocations: readonly string[],
): boolean {
  return (
    resources.some(({kind}) => kind !== 'no-op') ||
    outputs.some(({actions}) => !actions.includes('no-op')) ||
    invocations.length > 0
  )
}

function readResource(item: JsonRecord): ResourceChange {
  const change = recordAt(item, 'change')
  const address = textAt(item, 'address') ?? 'an object without an address'
  const actions = listAt(change, 'actions').map(String)
  const previousAddress = textAt(item, 'previous_address')
  const moved = previousAddress !== undefined && previousAddress !== address
  const importing = importId(change['importing'])
  const [deposed, reason] = [textAt(item, 'deposed'), textAt(item, 'action_reason')]
  const mode = textAt(item, 'mode') ?? 'managed'
  const kind = kindOf({actions, moved, imported: importing !== undefined})
  return {
    address,
    module: textAt(item, 'module_address') ?? '',
    type: textAt(item, 'type') ?? '',
    mode,
    actions,
    // Dropping a data source from the state touches nothing that exists.
    kind: mode === 'data' && kind === 'delete' ? 'no-op' : kind,
    forcedBy: listAt(change, 'replace_paths').map((path) => (Array.isArray(path) ? path.join('.') : String(path))),
    values: readValues(change),
    ...(deposed !== undefined && {deposed}),
    ...(moved && {previousAddress}),
    ...(importing !== undefined && {importing}),
    ...(reason !== undefined && {reason}),
  }
}

function importId(importing: unknown): string | undefined {
  if (!isRecord(importing)) return undefined
  const identity = importing['identity']
  return textAt(importing, 'id') ?? (identity === undefined ? 'an id known only at apply' : JSON.stringify(identity))
}

function readValues(change: JsonRecord): ValueChange {
  return {
    before: change['before'],
    after: change['after'],
    afterUnknown: change['after_unknown'],
    beforeSensitive: change['before_sensitive'],
    afterSensitive: change['after_sensitive'],
  }
}

function readOutput([name, item]: [string, unknown]): OutputChange {
  const change = isRecord(item) ? item : {}
  const values = readValues(change)
  const sensitive = values.beforeSensitive === true || values.afterSensitive === true
  return {name, actions: listAt(change, 'actions').map(String), sensitive, values}
}

/**
 * All drift is in the plan; only that which the plan's result depends on is news
 * (`relevant_attributes` is there to tell them apart). Without that list all of it is.
 */
function readDrift(root: JsonRecord): Pick<Plan, 'drift' | 'otherDrift'> {
  const all = recordsAt(root, 'resource_drift')
    .map(readResource)
    .filter(({kind}) => kind !== 'no-op' && kind !== 'move')
  if (!Array.isArray(root['relevant_attributes'])) return {drift: all, otherDrift: 0}
  const relevant = new Set(recordsAt(root, 'relevant_attributes').map((item) => textAt(item, 'resource')))
  const drift = all.filter(({address}) => relevant.has(address) || relevant.has(address.replace(/\[[^[\]]*\]$/, '')))
  return {drift, otherDrift: all.length - drift.length}
}

function readCheck(item: JsonRecord): CheckResult {
  const instances = recordsAt(item, 'instances')
  return {
    address: textAt(recordAt(item, 'address'), 'to_display') ?? 'a check',
    status: textAt(item, 'status') ?? 'unknown',
    problems: instances.flatMap((instance) =>
      recordsAt(instance, 'problems').map((problem) => textAt(problem, 'message') ?? ''),
    ),
  }
}

function readDeferred(item: JsonRecord): string {
  const address = textAt(recordAt(item, 'resource_change'), 'address') ?? 'an object'
  return `${address}: ${(textAt(item, 'reason') ?? 'unknown').replaceAll('_', ' ')}`
}
