import type {Cause} from '../api/kube-error.ts'
import {isObject} from '../object.ts'
import type {Json, JsonObject, KubeObject, ManagedFields} from '../object.ts'

/** The name under which plain `kubectl apply` owns fields, before server-side apply. */
const CLIENT_SIDE_MANAGERS = ['kubectl-client-side-apply', 'before-first-apply']

/** A field that somebody else owns with another value. */
export interface Conflict {
  readonly owner: string
  readonly field: string
}

/**
 * The conflicts of a refused server-side apply
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts).
 */
export function conflictsOf(causes: readonly Cause[]): Conflict[] {
  return causes
    .filter(({reason}) => reason === 'FieldManagerConflict')
    .map(({message, field}) => ({owner: /^conflict with "([^"]*)"/.exec(message)?.[1] ?? message, field}))
}

/** Whether these conflicts are only with plain `kubectl apply`: then its fields can be taken over as kubectl does. */
export function isClientSideOnly(conflicts: readonly Conflict[]): boolean {
  return conflicts.length > 0 && conflicts.every(({owner}) => CLIENT_SIDE_MANAGERS.includes(owner))
}

/** Whether plain `kubectl apply` owns fields of an object. */
export function isClientSideApplied(object: KubeObject): boolean {
  return object.metadata.managedFields?.some(isClientSide) ?? false
}

/**
 * The managed fields of a live object with those of plain `kubectl apply` handed to our manager, so that a field that
 * was taken out of the manifests is also taken out of the object (as `kubectl apply --server-side` migrates).
 */
export function takenOver(live: KubeObject, manager: string): readonly ManagedFields[] {
  const all = live.metadata.managedFields ?? []
  const others = all.filter((entry) => !isClientSide(entry) && !isOurs(entry, manager))
  const merged = all.filter((entry) => isClientSide(entry) || isOurs(entry, manager))
  const fields = merged.reduce<JsonObject>((sum, entry) => mergeFields(sum, entry.fieldsV1 ?? {}), {})
  const {apiVersion} = live
  return [...others, {manager, operation: 'Apply', apiVersion, fieldsType: 'FieldsV1', fieldsV1: fields}]
}

function isClientSide({manager, operation, subresource}: ManagedFields): boolean {
  return operation === 'Update' && subresource === undefined && CLIENT_SIDE_MANAGERS.includes(manager ?? '')
}

function isOurs(entry: ManagedFields, manager: string): boolean {
  return entry.manager === manager && entry.operation === 'Apply' && entry.subresource === undefined
}

/** The fields that our manager owns of an object; empty when it has not applied it yet. */
export function ownedFields(object: KubeObject, manager: string): JsonObject {
  const ours = object.metadata.managedFields?.filter((entry) => isOurs(entry, manager)) ?? []
  return ours.reduce<JsonObject>((sum, entry) => mergeFields(sum, entry.fieldsV1 ?? {}), {})
}

/** Both sets of fields as one. */
export function mergeFields(a: JsonObject, b: JsonObject): JsonObject {
  const merged: Record<string, Json | undefined> = {...a}
  for (const [key, value] of Object.entries(b)) {
    const known = merged[key]
    merged[key] = isObject(known) && isObject(value) ? mergeFields(known, value) : value
  }
  return merged
}

/**
 * The part of `value` that `fields` names: what a manager would have to apply to own exactly these fields with these
 * values. Field sets are written as `f:name`, `k:{"key":value}` for list items and `v:value` for items of a set
 * (https://github.com/kubernetes-sigs/structured-merge-diff, fieldpath/serialize-pe.go).
 */
export function extract(value: Json, fields: JsonObject): Json | undefined {
  const below = Object.entries(fields).filter(([key]) => key !== '.')
  if (below.length === 0) return value
  if (Array.isArray(value)) return extractItems(value as Json[], below)
  if (!isObject(value)) return value
  const kept = below.flatMap(([key, inner]) => {
    const name = key.slice(2)
    const own = value[name]
    if (!key.startsWith('f:') || own === undefined) return []
    return [[name, extract(own, isObject(inner) ? inner : {})] as const]
  })
  return Object.fromEntries(kept)
}

function extractItems(items: readonly Json[], below: readonly (readonly [string, Json | undefined])[]): Json[] {
  return items.flatMap((item) => {
    const match = below.find(([key]) => isItem(item, key))
    if (match === undefined) return []
    const [key, inner] = match
    const keys = key.startsWith('k:') ? (JSON.parse(key.slice(2)) as JsonObject) : {}
    const part = extract(item, isObject(inner) ? inner : {})
    return [isObject(part) ? {...part, ...keys} : (part ?? null)]
  })
}

function isItem(item: Json, key: string): boolean {
  const wanted = JSON.parse(key.slice(2)) as Json
  if (key.startsWith('v:')) return JSON.stringify(item) === JSON.stringify(wanted)
  if (!key.startsWith('k:') || !isObject(item) || !isObject(wanted)) return false
  // A key that was defaulted (a port's protocol) may be missing from an object that was never defaulted.
  return Object.entries(wanted).every(([name, value]) => item[name] === value)
}
