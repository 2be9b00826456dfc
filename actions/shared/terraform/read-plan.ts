import {kindOf} from './change-kind.ts'
import {isRecord, listAt, recordAt, recordsAt, textAt} from '../core/json.ts'
import type {JsonRecord} from '../core/json.ts'
import {JsonCutter} from './json-cutter.ts'
import type {Wanted} from './json-cutter.ts'
import type {CheckResult, Invocation, OutputChange, Plan, ResourceChange, ValueChange} from './plan.ts'
import {deferredLine, readInvocation} from './read-invocation.ts'
import {referencesOf, referencesOfCalls} from './references.ts'
import type {Reference} from './references.ts'
import {Secrets} from './secrets.ts'
import {hasMark} from './values.ts'

/** What is read of a plan; the rest (state, planned values, configuration) may be ten times as much. */
const WANTED: Wanted = {
  terraform_version: 'whole',
  applyable: 'whole',
  complete: 'whole',
  errored: 'whole',
  resource_changes: 'each',
  resource_drift: 'each',
  relevant_attributes: 'whole',
  output_changes: 'whole',
  checks: 'whole',
  deferred_changes: 'whole',
  action_invocations: 'whole',
  deferred_action_invocations: 'whole',
  variables: 'whole',
  configuration: {root_module: {variables: 'whole', resources: 'each', module_calls: 'whole'}},
}

const VARIABLES = 'configuration.root_module.variables'
const RESOURCES = 'configuration.root_module.resources'
const MODULES = 'configuration.root_module.module_calls'

/**
 * Reads the output of `show -json PLAN` (https://developer.hashicorp.com/terraform/internals/json-format) as it comes,
 * in time and memory that grow with the changes alone. Fields that are missing, new or of another shape are taken as
 * "not there"; nothing but broken JSON makes it throw.
 * @throws {SyntaxError} when the text is not JSON
 */
export async function readPlanStream(pieces: AsyncIterable<Uint8Array>): Promise<Plan> {
  const gatherer = new PlanGatherer()
  for await (const piece of pieces) gatherer.write(piece)
  return gatherer.end()
}

/** {@link readPlanStream} for a text that is there already. @throws {SyntaxError} when the text is not JSON */
export function readPlan(text: string): Plan {
  const gatherer = new PlanGatherer()
  gatherer.write(Buffer.from(text))
  return gatherer.end()
}

/** Gathers what is wanted of a plan, element by element. */
class PlanGatherer {
  readonly #root: Record<string, unknown> = {}
  readonly #resources: ResourceChange[] = []
  readonly #drift: ResourceChange[] = []
  readonly #references: Reference[] = []
  readonly #secrets = new Secrets()
  readonly #cutter = new JsonCutter(WANTED, (path, value) => {
    this.#take(path, value)
  })

  write(piece: Uint8Array): void {
    this.#cutter.write(piece)
  }

  end(): Plan {
    this.#cutter.end()
    const root = this.#root
    const outputs = Object.entries(recordAt(root, 'output_changes')).map(readOutput)
    for (const {values} of outputs) addSecrets(this.#secrets, values)
    addVariables(this.#secrets, root)
    const invocations = recordsAt(root, 'action_invocations').map(readInvocation)
    for (const {values} of invocations) addSecrets(this.#secrets, values)
    const resources = this.#resources
    const errored = flag(root, 'errored', false)
    return {
      toolVersion: textAt(root, 'terraform_version') ?? '',
      resources,
      ...relevantDrift(this.#drift, root),
      outputs,
      checks: recordsAt(root, 'checks').map(readCheck),
      deferred: [
        ...recordsAt(root, 'deferred_changes').map((item) => deferredLine(item, 'resource_change')),
        ...recordsAt(root, 'deferred_action_invocations').map((item) => deferredLine(item, 'action_invocation')),
      ],
      invocations,
      references: [...this.#references, ...referencesOfCalls(root[MODULES], '')],
      secrets: this.#secrets,
      applyable: flag(root, 'applyable', !errored && hasWork(resources, outputs, invocations)),
      complete: flag(root, 'complete', true),
      errored,
    }
  }

  #take(path: string, value: unknown): void {
    const taken = this.#elements[path]
    if (taken === undefined) this.#root[path] = value
    else if (isRecord(value)) taken(value)
  }

  readonly #elements: Readonly<Record<string, (item: JsonRecord) => void>> = {
    resource_changes: (item) => {
      const change = readResource(item)
      addSecrets(this.#secrets, change.values)
      this.#resources.push(change.kind === 'no-op' ? {...change, values: UNCHANGED} : change)
    },
    [RESOURCES]: (item) => {
      this.#references.push(...referencesOf(item, ''))
    },
    resource_drift: (item) => {
      const change = readResource(item)
      addSecrets(this.#secrets, change.values)
      this.#drift.push({...change, values: UNCHANGED})
    },
  }
}

/** The values of what nothing happens to, and of drift: nobody looks at them again. */
const UNCHANGED: ValueChange = {
  before: undefined,
  after: undefined,
  afterUnknown: undefined,
  beforeSensitive: undefined,
  afterSensitive: undefined,
}

function addSecrets(secrets: Secrets, values: ValueChange): void {
  secrets.add(values.before, values.beforeSensitive)
  secrets.add(values.after, values.afterSensitive)
}

function addVariables(secrets: Secrets, root: JsonRecord): void {
  const declared = recordAt(root, VARIABLES)
  for (const [name, variable] of Object.entries(recordAt(root, 'variables'))) {
    if (isRecord(variable)) secrets.add(variable['value'], recordAt(declared, name)['sensitive'] === true)
  }
}

// Older tools and OpenTofu leave the flags out: then the plan itself says whether there is something to do.
function flag(root: JsonRecord, name: string, fallback: boolean): boolean {
  const value = root[name]
  return typeof value === 'boolean' ? value : fallback
}

function hasWork(
  resources: readonly ResourceChange[],
  outputs: readonly OutputChange[],
  invocations: readonly Invocation[],
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
  const sensitive = hasMark(values.beforeSensitive) || hasMark(values.afterSensitive)
  return {name, actions: listAt(change, 'actions').map(String), sensitive, values}
}

/**
 * All drift is in the plan; only that which the plan's result depends on is news
 * (`relevant_attributes` is there to tell them apart). Without that list all of it is.
 */
function relevantDrift(changes: readonly ResourceChange[], root: JsonRecord): Pick<Plan, 'drift' | 'otherDrift'> {
  const all = changes.filter(({kind}) => kind !== 'no-op' && kind !== 'move')
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
