import {isRecord} from '../core/json.ts'
import type {ValueChange} from './plan.ts'
import {SENSITIVE} from './secrets.ts'
import type {Secrets} from './secrets.ts'

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
 * @param secrets values that are marked anywhere in the plan
 */
export function attributeChanges(values: ValueChange, secrets: Secrets): AttributeChange[] {
  const changes: AttributeChange[] = []
  walk('', values, (path, at) => {
    const change = leafChange(path, at, secrets)
    if (change) changes.push(change)
  })
  return changes
}

function walk(path: string, at: ValueChange, found: (path: string, at: ValueChange) => void): void {
  const covered = at.beforeSensitive === true || at.afterSensitive === true
  if (covered || at.afterUnknown === true || !branches(at)) {
    found(path, at)
    return
  }
  for (const key of keysOf(at)) walk(pathTo(path, key, at), below(at, key), found)
}

// Both sides are lists, or both are objects; a side that is not there follows the other.
function branches({before, after, afterUnknown}: ValueChange): boolean {
  const sides = [before, after].filter((side) => side !== null && side !== undefined)
  const shapes = new Set((sides.length > 0 ? sides : [afterUnknown]).map(shapeOf))
  return shapes.size === 1 && !shapes.has('plain')
}

function shapeOf(value: unknown): 'list' | 'object' | 'plain' {
  if (Array.isArray(value)) return 'list'
  return isRecord(value) ? 'object' : 'plain'
}

function keysOf({before, after, afterUnknown}: ValueChange): string[] {
  const keys = [before, after, afterUnknown].flatMap((side) =>
    shapeOf(side) === 'plain' ? [] : Object.keys(side as object),
  )
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
    afterUnknown: part(values.afterUnknown),
    beforeSensitive: part(values.beforeSensitive),
    afterSensitive: part(values.afterSensitive),
  }
}

function leafChange(path: string, at: ValueChange, secrets: Secrets): AttributeChange | undefined {
  // A value shown whole is secret when any mark lies inside it: a list may turn into text between the two sides.
  const marked = hasMark(at.beforeSensitive) || hasMark(at.afterSensitive)
  const unknown = at.afterUnknown === true || (marked && hasMark(at.afterUnknown))
  const [before, after] = [plain(at.before), plain(at.after)]
  if (!unknown && before === after) return undefined
  const leaf = (text: string): Leaf => {
    const secret = marked || secrets.hides(text)
    return {shown: secret ? SENSITIVE : text, secret}
  }
  return {
    path,
    ...(before !== undefined && {before: leaf(before)}),
    ...(unknown ? {after: {shown: UNKNOWN, secret: marked}} : after !== undefined && {after: leaf(after)}),
  }
}

/** Whether a mark of a plan (sensitive, unknown) covers a value or anything in it. */
export function hasMark(value: unknown): boolean {
  if (value === true) return true
  return typeof value === 'object' && value !== null && Object.values(value).some(hasMark)
}

// null means "not set" in a plan.
function plain(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : JSON.stringify(value)
}
