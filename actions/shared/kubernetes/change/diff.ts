import {createHash} from 'node:crypto'
import {canonical, isObject, sameJson} from '../object.ts'
import type {Json, JsonObject, KubeObject} from '../object.ts'

/** One field that differs. */
export interface FieldChange {
  /** `spec.template.spec.containers[api].image`. */
  readonly path: string
  /** Undefined when the field is new. */
  readonly before?: Json
  /** Undefined when the field goes away. */
  readonly after?: Json
}

const SERVER_OWNED = ['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp', 'selfLink']
/** Annotations that say who deployed or what the controllers noted: they never make a deployment a change. */
const BOOKKEEPING =
  /^(?:slipway\.dev\/|kubernetes\.io\/change-cause$|kubectl\.kubernetes\.io\/last-applied-configuration$|deployment\.kubernetes\.io\/|deprecated\.daemonset\.)/

/**
 * What differs between the live object and the one the server would make of it, field by field and after defaulting.
 * Lists of named things are compared by name. Values of Secrets appear as hashes only.
 * @param before undefined when the object is new: then nothing is listed
 */
export function fieldChanges(before: KubeObject | undefined, after: KubeObject): FieldChange[] {
  if (before === undefined) return []
  const changes = compare('', comparable(before), comparable(after))
  return after.kind === 'Secret' ? changes.map(hashSecret) : changes
}

function comparable(object: KubeObject): JsonObject {
  const {metadata} = object
  const kept = Object.entries(metadata as unknown as JsonObject).filter(([key]) => !SERVER_OWNED.includes(key))
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !BOOKKEEPING.test(key))
  const rest = Object.entries(object as KubeObject & JsonObject).filter(([key]) => key !== 'status')
  return {
    ...Object.fromEntries(rest),
    metadata: {...Object.fromEntries(kept), annotations: Object.fromEntries(annotations)},
  }
}

function compare(path: string, before: Json | undefined, after: Json | undefined): FieldChange[] {
  if (sameJson(before, after)) return []
  if (isObject(before) && isObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...keys].flatMap((key) => compare(join(path, key), before[key], after[key]))
  }
  if (Array.isArray(before) && Array.isArray(after)) return compareLists(path, before as Json[], after as Json[])
  return [{path, ...(before !== undefined && {before}), ...(after !== undefined && {after})}]
}

function compareLists(path: string, before: readonly Json[], after: readonly Json[]): FieldChange[] {
  const keysBefore = before.map(listKey)
  const keysAfter = after.map(listKey)
  const named = [keysBefore, keysAfter].every((keys) => !keys.includes(undefined) && new Set(keys).size === keys.length)
  if (!named) {
    const length = Math.max(before.length, after.length)
    return Array.from({length}, (_none, at) => compare(`${path}[${String(at)}]`, before[at], after[at])).flat()
  }
  const keys = new Set([...keysBefore, ...keysAfter])
  const changes = [...keys].flatMap((key) =>
    compare(`${path}[${key ?? ''}]`, before[keysBefore.indexOf(key)], after[keysAfter.indexOf(key)]),
  )
  // The same things in another order: for containers and environment variables the order means something.
  return changes.length > 0 ? changes : [{path: `${path} (order)`, before: keysBefore.join(), after: keysAfter.join()}]
}

function listKey(item: Json): string | undefined {
  if (!isObject(item)) return undefined
  const {name, mountPath, containerPort, port, type} = item
  const key = mountPath ?? name ?? containerPort ?? port ?? type
  return typeof key === 'string' || typeof key === 'number' ? String(key) : undefined
}

function join(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${path}[${key}]`
  return path === '' ? key : `${path}.${key}`
}

function hashSecret(change: FieldChange): FieldChange {
  if (!/^(?:data|stringData)\b/.test(change.path)) return change
  const {path, before, after} = change
  return {
    path,
    ...(before !== undefined && {before: secretHash(before)}),
    ...(after !== undefined && {after: secretHash(after)}),
  }
}

// 32 bits tell two versions apart and give nothing to guess a value from.
function secretHash(value: Json): string {
  return `(secret ${createHash('sha256').update(canonical(value)).digest('hex').slice(0, 8)})`
}

const LONGEST_SHOWN = 120

/** A value in one line: text as it is, anything else as JSON, long ones cut. */
export function shown(value: Json | undefined): string {
  if (value === undefined) return ''
  const text = typeof value === 'string' ? value.replaceAll('\n', '⏎') : JSON.stringify(value)
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 1)}…` : text
}

/** One change in one line: `~ spec.replicas: 3 → 4`, `+ data.KEY: x`, `− data.OLD: y`. */
export function changeLine({path, before, after}: FieldChange): string {
  if (before === undefined) return `+ ${path}: ${shown(after)}`
  if (after === undefined) return `− ${path}: ${shown(before)}`
  return `~ ${path}: ${shown(before)} → ${shown(after)}`
}
