import {InputError} from '../../core/errors.ts'
import {isObject, valueAt} from '../object.ts'
import type {Json} from '../object.ts'

type Step =
  | {readonly kind: 'key'; readonly name: string}
  | {readonly kind: 'item'; readonly at: number}
  | {readonly kind: 'all'}
  | {readonly kind: 'where'; readonly path: readonly string[]; readonly value: string}

/** A path into an object, that may lead to several values. */
export type JsonPath = readonly Step[]

const KEY = /^\.?([A-Za-z_][\w-]*)/
const QUOTED = /^\.?\['((?:[^'\\]|\\.)+)'\]/
const ITEM = /^\[(-?\d+)\]/
const ALL = /^(?:\[\*\]|\.\*)/
const WHERE = /^\[\?\(\s*@\.([\w.-]+)\s*==\s*(?:"([^"]*)"|'([^']*)'|(true|false|-?\d+))\s*\)\]/

/**
 * Reads a path as `kubectl wait --for=jsonpath=` takes it: `{.status.phase}`, `.status.items[0].name`,
 * `{.status.conditions[?(@.type=="Ready")].status}`.
 * @throws {InputError} for what kubectl's JSONPath knows beside keys, items, `[*]` and one comparison
 * @see https://kubernetes.io/docs/reference/kubectl/jsonpath/
 */
export function parseJsonPath(text: string): JsonPath {
  let rest = text.replace(/^\{(.*)\}$/s, '$1').replace(/^\$/, '')
  const steps: Step[] = []
  while (rest !== '') {
    const found = nextStep(rest)
    if (found === undefined) {
      throw new InputError(
        `Input "wait-rules" has the path "${text}", which is not understood at "${rest}": write it like {.status.phase}.`,
      )
    }
    steps.push(found[1])
    rest = rest.slice(found[0])
  }
  return steps
}

function whereStep(text: string): [number, Step] | undefined {
  const where = WHERE.exec(text)
  if (where === null) return undefined
  const [whole, path = '', double, single, bare] = where as readonly (string | undefined)[]
  return [whole?.length ?? 0, {kind: 'where', path: path.split('.'), value: double ?? single ?? bare ?? ''}]
}

function nextStep(text: string): [number, Step] | undefined {
  const where = whereStep(text)
  if (where !== undefined) return where
  const all = ALL.exec(text)
  if (all !== null) return [all[0].length, {kind: 'all'}]
  const item = ITEM.exec(text)
  if (item !== null) return [item[0].length, {kind: 'item', at: Number(item[1])}]
  const key = QUOTED.exec(text) ?? KEY.exec(text)
  // A dot inside of a key is written with a backslash: {.metadata.annotations.example\.com/x} needs ['…'].
  return key === null ? undefined : [key[0].length, {kind: 'key', name: (key[1] ?? '').replaceAll(/\\(.)/g, '$1')}]
}

/** All values that the path leads to; none when it leads nowhere. */
export function valuesAt(value: Json, path: JsonPath): Json[] {
  return path.reduce<Json[]>((found, step) => found.flatMap((one) => follow(one, step)), [value])
}

function follow(value: Json, step: Step): Json[] {
  if (step.kind === 'key') {
    const found = isObject(value) ? value[step.name] : undefined
    return found === undefined ? [] : [found]
  }
  const items = Array.isArray(value) ? (value as Json[]) : isObject(value) ? Object.values(value) : []
  const there = items.filter((item) => item !== undefined)
  if (step.kind === 'all') return there
  if (step.kind === 'item') return there.slice(step.at, step.at === -1 ? undefined : step.at + 1)
  return there.filter((item) => textOf(valueAt(item, step.path)) === step.value)
}

/** A value as kubectl prints and compares it: text as it is, anything else as JSON. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}
