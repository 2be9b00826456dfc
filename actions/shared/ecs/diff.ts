import type {Definition} from './definition.ts'
import {shortImage} from './names.ts'
import {normalise} from './normalise.ts'

type Json = Record<string, unknown>

/** One difference between two task definitions, without any value that may be secret. */
export interface Difference {
  /** The container it is in; undefined for the task as a whole. */
  readonly container: string | undefined
  /** `image`, `environment`, `cpu`, `healthCheck.interval`. */
  readonly field: string
  readonly kind: 'added' | 'removed' | 'changed'
  /** For environment, secrets, labels and options: the name. */
  readonly name: string | undefined
  /** Shown only where a value cannot be secret. */
  readonly before: string | undefined
  readonly after: string | undefined
}

// Fields whose items are told by name, and whose values are never shown.
const NAMED: Readonly<Record<string, {readonly id: string; readonly label: string}>> = {
  environment: {id: 'name', label: 'environment'},
  secrets: {id: 'name', label: 'secret'},
  secretOptions: {id: 'name', label: 'log secret'},
  tags: {id: 'key', label: 'tag'},
}
const NAMED_MAPS: Readonly<Record<string, string>> = {dockerLabels: 'label', options: 'log option'}

/** What differs between two task definitions, in the order: task, then each container. */
export function differences(before: Definition, after: Definition): Difference[] {
  const {containerDefinitions: oldContainers = [], ...oldTask} = normalise(before)
  const {containerDefinitions: newContainers = [], ...newTask} = normalise(after)
  const names = [...new Set([...oldContainers, ...newContainers].map(({name}) => name ?? ''))]
  return [
    ...objectDifferences(oldTask, newTask, undefined, ''),
    ...names.flatMap((name) => {
      const one = oldContainers.find((container) => container.name === name)
      const two = newContainers.find((container) => container.name === name)
      if (one === undefined) return [difference(name, 'container', 'added', {after: shortImage(two?.image)})]
      if (two === undefined) return [difference(name, 'container', 'removed', {before: shortImage(one.image)})]
      return objectDifferences(one as Json, two as Json, name, '')
    }),
  ]
}

function difference(
  container: string | undefined,
  field: string,
  kind: Difference['kind'],
  rest: Partial<Pick<Difference, 'name' | 'before' | 'after'>> = {},
): Difference {
  return {container, field, kind, name: undefined, before: undefined, after: undefined, ...rest}
}

function objectDifferences(before: Json, after: Json, container: string | undefined, path: string): Difference[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return keys.flatMap((key) => {
    const [one, two] = [before[key], after[key]]
    if (JSON.stringify(one) === JSON.stringify(two)) return []
    const named = NAMED[key]
    if (named !== undefined)
      return namedDifferences(byName(one, named.id), byName(two, named.id), container, named.label)
    const map = NAMED_MAPS[key]
    if (map !== undefined) return namedDifferences(entries(one), entries(two), container, map)
    const field = path === '' ? key : `${path}.${key}`
    if (isObject(one) && isObject(two)) return objectDifferences(one, two, container, field)
    return [difference(container, field, kindOf(one, two), {before: shown(key, one), after: shown(key, two)})]
  })
}

function kindOf(before: unknown, after: unknown): Difference['kind'] {
  if (before === undefined) return 'added'
  return after === undefined ? 'removed' : 'changed'
}

function namedDifferences(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  container: string | undefined,
  field: string,
): Difference[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort()
  return names
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => difference(container, field, kindOf(before.get(name), after.get(name)), {name}))
}

function byName(list: unknown, id: string): ReadonlyMap<string, string> {
  const items = Array.isArray(list) ? (list as Json[]) : []
  return new Map(items.map((item) => [String(item[id]), JSON.stringify(item)]))
}

function entries(map: unknown): ReadonlyMap<string, string> {
  return new Map(Object.entries(isObject(map) ? map : {}).map(([key, value]) => [key, String(value)]))
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const LONGEST_VALUE = 120

function shown(field: string, value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (field === 'image') return shortImage(value as string)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}

const SIGNS = {added: '+', removed: '−', changed: '~'} as const

/** A difference as one line: `api: environment − DATABASE_URL`, `cpu 256 → 512`. */
export function differenceLine(item: Difference): string {
  const where = item.container === undefined || item.field === 'container' ? '' : `${item.container}: `
  if (item.field === 'container')
    return `container ${SIGNS[item.kind]} ${item.container ?? ''} ${item.after ?? ''}`.trim()
  if (item.name !== undefined) return `${where}${item.field} ${SIGNS[item.kind]} ${item.name}`
  if (item.kind === 'changed') return `${where}${item.field} ${item.before ?? ''} → ${item.after ?? ''}`
  return `${where}${item.field} ${SIGNS[item.kind]} ${item.after ?? item.before ?? ''}`
}

/** All differences in one line, for a table or a diagnosis; the rest is counted when there are more than `most`. */
export function differenceSummary(list: readonly Difference[], most = 6): string {
  const lines = list.slice(0, most).map(differenceLine)
  return [...lines, ...(list.length > most ? [`and ${String(list.length - most)} more`] : [])].join(', ')
}
