import {isRecord} from '../core/json.ts'
import type {ValueChange} from './plan.ts'

/** What a value is shown as that nobody may see. */
export const SENSITIVE = '(sensitive value)'
/** What a value is shown as that nobody knows yet. */
export const UNKNOWN = '(known after apply)'

/** A leaf of a value: text as JSON, or one of the two stand-ins. */
export interface Leaf {
  readonly shown: string
  readonly secret: boolean
}

/** One attribute and its change; a side is undefined when the attribute is not there on it. */
export interface AttributeChange {
  /** `tags.Name`, `ingress[0].cidr_blocks[1]` */
  readonly path: string
  readonly before?: Leaf
  readonly after?: Leaf
}

/**
 * The attributes that differ between before and after, leaf by leaf. A value that the plan marks as sensitive on either
 * side is never in the result, only the fact that it is there (and that it differs, where it does): the marks mirror the
 * value's structure, and a mark on a parent covers all below it.
 */
export function attributeChanges(values: ValueChange): AttributeChange[] {
  const changes: AttributeChange[] = []
  walk('', values, changes)
  return changes
}

function walk(path: string, at: ValueChange, changes: AttributeChange[]): void {
  const covered = at.beforeSensitive === true || at.afterSensitive === true
  if (covered || at.afterUnknown === true || !branches(at)) {
    // A value shown whole is secret when any mark lies inside it: a list may turn into text between the two sides.
    const change = leafChange(path, at, hasTrue(at.beforeSensitive) || hasTrue(at.afterSensitive))
    if (change) changes.push(change)
    return
  }
  for (const key of keysOf(at)) walk(pathTo(path, key, at), below(at, key), changes)
}

// A side that has something inside and whose counterpart is not a plain value of another kind.
function branches({before, after, afterUnknown}: ValueChange): boolean {
  const sides = [before, after].filter((side) => side !== null && side !== undefined)
  const nested = sides.filter(hasParts)
  if (nested.length > 0) return nested.length === sides.length
  return sides.length === 0 && hasParts(afterUnknown)
}

function hasParts(value: unknown): boolean {
  return (Array.isArray(value) || isRecord(value)) && Object.keys(value).length > 0
}

function keysOf({before, after, afterUnknown}: ValueChange): string[] {
  const keys = [before, after, afterUnknown].flatMap((side) => (hasParts(side) ? Object.keys(side as object) : []))
  return [...new Set(keys)]
}

function pathTo(path: string, key: string, {before, after, afterUnknown}: ValueChange): string {
  const list = [before, after, afterUnknown].some(Array.isArray)
  if (list) return `${path}[${key}]`
  return path === '' ? key : `${path}.${key}`
}

function below(values: ValueChange, key: string): ValueChange {
  const part = (side: unknown): unknown =>
    Array.isArray(side) ? (side as unknown[])[Number(key)] : isRecord(side) ? side[key] : undefined
  return {
    before: part(values.before),
    after: part(values.after),
    afterUnknown: values.afterUnknown === true ? true : part(values.afterUnknown),
    beforeSensitive: values.beforeSensitive === true ? true : part(values.beforeSensitive),
    afterSensitive: values.afterSensitive === true ? true : part(values.afterSensitive),
  }
}

function leafChange(path: string, at: ValueChange, secret: boolean): AttributeChange | undefined {
  const unknown = at.afterUnknown === true || (secret && hasTrue(at.afterUnknown))
  const [before, after] = [plain(at.before), plain(at.after)]
  if (!unknown && before === after) return undefined
  const leaf = (text: string): Leaf => ({shown: secret ? SENSITIVE : text, secret})
  return {
    path,
    ...(before !== undefined && {before: leaf(before)}),
    ...(unknown ? {after: leaf(UNKNOWN)} : after !== undefined && {after: leaf(after)}),
  }
}

function hasTrue(value: unknown): boolean {
  if (value === true) return true
  return hasParts(value) && Object.values(value as object).some(hasTrue)
}

// null means "not set" in a plan.
function plain(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : JSON.stringify(value)
}
