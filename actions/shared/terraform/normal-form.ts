import {createHash, createHmac} from 'node:crypto'
import {canonicalJson, isRecord} from '../core/json.ts'
import type {JsonRecord} from '../core/json.ts'
import type {OutputChange, Plan, ResourceChange, ValueChange} from './plan.ts'

/** What a plan would do, one entry per object, output and action: equal plans have equal entries. */
export type NormalForm = ReadonlyMap<string, string>

/** Turns a secret value into something that can be compared but not read. */
export type Conceal = (text: string) => string

/** Conceals by HMAC: equal secrets are equal, nobody without the key can try values. */
export function concealWith(key: Uint8Array | string): Conceal {
  return (text) => `hmac:${createHmac('sha256', key).update(text).digest('hex')}`
}

/** Conceals all alike: for a digest that is shown to everybody when there is no key. */
export const concealAlike: Conceal = () => 'sensitive'

/**
 * The plan without what differs between two plans of the same change: timestamps, prior state, drift, reasons, order.
 * What counts is what an apply would do. Values with a secret mark are concealed before they are compared.
 */
export function normalForm(plan: Plan, concealSecret: Conceal): NormalForm {
  const conceal: Concealment = {secret: concealSecret, isSecret: (text) => plan.secrets.isText(text)}
  const entries = new Map<string, string>()
  for (const change of plan.resources) {
    if (change.kind !== 'no-op') entries.set(resourceKey(change), JSON.stringify(resourceEntry(change, conceal)))
  }
  for (const output of plan.outputs) {
    if (!output.actions.includes('no-op'))
      entries.set(`output.${output.name}`, JSON.stringify(outputEntry(output, conceal)))
  }
  for (const {address, trigger, values} of plan.invocations) {
    // One action may be invoked several times, each for a reason of its own.
    const key = `invoke ${address}${trigger && ` ${trigger}`}`
    entries.set(key, `${entries.get(key) ?? ''}${JSON.stringify(valueEntry(values, conceal))}`)
  }
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** How secrets are concealed, and which unmarked values are secrets too. */
interface Concealment {
  readonly secret: Conceal
  readonly isSecret: (text: string) => boolean
}

function resourceKey({address, deposed}: ResourceChange): string {
  return deposed === undefined ? address : `${address} (deposed ${deposed})`
}

function resourceEntry(change: ResourceChange, conceal: Concealment): unknown {
  return {
    actions: change.actions,
    from: change.previousAddress ?? null,
    importing: change.importing ?? null,
    forcedBy: [...change.forcedBy].sort(),
    ...valueEntry(change.values, conceal),
  }
}

function outputEntry({actions, sensitive, values}: OutputChange, conceal: Concealment): unknown {
  return {actions, sensitive, ...valueEntry(values, conceal)}
}

function valueEntry(values: ValueChange, conceal: Concealment): Record<string, unknown> {
  return {
    before: concealed(values.before, values.beforeSensitive, conceal),
    after: concealed(values.after, values.afterSensitive, conceal),
    unknown: ordered(values.afterUnknown ?? false),
  }
}

function concealed(value: unknown, mark: unknown, conceal: Concealment): unknown {
  if (mark === true) return value === null || value === undefined ? null : conceal.secret(canonicalJson(value))
  if (Array.isArray(value)) {
    return (value as unknown[]).map((item, at) => concealed(item, Array.isArray(mark) ? mark[at] : undefined, conceal))
  }
  if (typeof value === 'string') return conceal.isSecret(value) ? conceal.secret(JSON.stringify(value)) : value
  if (!isRecord(value)) return value ?? null
  const marks = isRecord(mark) ? mark : {}
  return inOrder(value, (item, key) => concealed(item, marks[key], conceal))
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return (value as unknown[]).map(ordered)
  return isRecord(value) ? inOrder(value, ordered) : value
}

// The tools write their keys in order already; nobody promises it.
function inOrder(record: JsonRecord, made: (item: unknown, key: string) => unknown): JsonRecord {
  const keys = Object.keys(record)
  if (keys.some((key, at) => at > 0 && key < (keys[at - 1] ?? ''))) keys.sort()
  return Object.fromEntries(keys.map((key) => [key, made(record[key], key)]))
}

/** `sha256:<hex>` of a normal form: what an approval is bound to. */
export function digestOf(form: NormalForm): string {
  const hash = createHash('sha256')
  // One by one: all of a large plan as one text would take as much memory again. No entry has a line break in it.
  for (const [key, entry] of form) hash.update(`${JSON.stringify(key)} ${entry}\n`)
  return `sha256:${hash.digest('hex')}`
}

/** One difference between the plan that was reviewed and the one that was made later. */
export interface Difference {
  /** The address, or `output.NAME`. */
  readonly what: string
  readonly how: 'appeared' | 'disappeared' | 'differs'
}

/** What differs between two plans, object by object; empty when they would do the same. */
export function differences(reviewed: NormalForm, fresh: NormalForm): Difference[] {
  const keys = [...new Set([...reviewed.keys(), ...fresh.keys()])].sort()
  return keys.flatMap((what) => {
    const [before, after] = [reviewed.get(what), fresh.get(what)]
    if (before === after) return []
    return [{what, how: before === undefined ? 'appeared' : after === undefined ? 'disappeared' : 'differs'} as const]
  })
}
