import {details} from '../core/markdown.ts'
import type {ChangeKind} from './change-kind.ts'
import type {Plan, ResourceChange} from './plan.ts'
import {withoutKeys} from './references.ts'

/** More boxes than this are no picture any more. */
const MOST_BOXES = 40

const COLOURS: Partial<Record<ChangeKind, string>> = {
  delete: 'fill:#ffdcd7,stroke:#cf222e,color:#82071e',
  replace: 'fill:#ffdcd7,stroke:#cf222e,color:#82071e',
  update: 'fill:#fff8c5,stroke:#9a6700,color:#4d2d00',
  create: 'fill:#dafbe1,stroke:#1a7f37,color:#044f1e',
}
const MARKS: Readonly<Record<ChangeKind, string>> = {
  delete: '−',
  replace: '∓',
  unknown: '?',
  update: '~',
  create: '+',
  forget: '.',
  import: '←',
  move: '→',
  read: '⇐',
  'no-op': '',
}

/** A box of the picture: all instances of one resource to which the same happens. */
interface Box {
  readonly id: string
  readonly resource: string
  readonly module: string
  readonly kind: ChangeKind
  readonly instances: number
}

/**
 * What a plan touches, as a Mermaid flowchart in a fold: a box per resource, in a frame per module, in the colours of a
 * diff, with an arrow from what is referred to; of a large plan a box per module. Names alone are in it, no values. Empty
 * when there is too little or too much to see.
 */
export function planDiagram(plan: Plan, changes: readonly ResourceChange[]): string {
  const boxes = boxesOf(changes)
  if (boxes.length > MOST_BOXES) return moduleDiagram(plan, changes)
  return boxes.length < 2 ? '' : picture([...frames(boxes), ...arrows(plan, boxes), ...colours(boxes)])
}

/** Changes come with what is lost first, so that the first of a module gives it its colour. */
function moduleDiagram(plan: Plan, changes: readonly ResourceChange[]): string {
  const modules = Map.groupBy(changes, ({module}) => withoutKeys(module))
  if (modules.size < 2 || modules.size > MOST_BOXES) return ''
  const boxes = [...modules].map(([module, inside], at) => {
    return {id: `m${String(at)}`, module, kind: inside[0]?.kind ?? 'no-op', counts: countsOf(inside)}
  })
  const places = new Map(boxes.map(({id, module}) => [module, id]))
  const found = new Set<string>()
  for (const {from, to} of plan.references) {
    const [start, end] = [places.get(moduleOf(from)), places.get(moduleOf(to))]
    if (start !== undefined && end !== undefined && start !== end) found.add(`${start} --> ${end}`)
  }
  const shown = boxes.map(({id, module, counts}) => `${id}["${escaped(`${module || 'root'}: ${counts}`)}"]`)
  return picture([...shown, ...found, ...colours(boxes)])
}

function countsOf(changes: readonly ResourceChange[]): string {
  const kinds = Map.groupBy(changes, ({kind}) => kind)
  return [...kinds].map(([kind, inside]) => `${MARKS[kind]}${String(inside.length)}`).join(' ')
}

/** The module that an address is in, or is. */
function moduleOf(address: string): string {
  return /^(?:module\.[^.]+(?:\.|$))*/.exec(address)?.[0].replace(/\.$/, '') ?? ''
}

function picture(lines: readonly string[]): string {
  return details('What is touched', ['```mermaid', 'flowchart LR', ...lines, '```'].join('\n'))
}

function boxesOf(changes: readonly ResourceChange[]): Box[] {
  const found = new Map<string, Box>()
  for (const {address, module, kind} of changes) {
    const resource = withoutKeys(address)
    const key = `${kind} ${resource}`
    const box = found.get(key)
    found.set(key, {
      id: box?.id ?? `r${String(found.size)}`,
      resource,
      module: withoutKeys(module),
      kind,
      instances: (box?.instances ?? 0) + 1,
    })
  }
  return [...found.values()]
}

function frames(boxes: readonly Box[]): string[] {
  const modules = [...new Set(boxes.map(({module}) => module))]
  return modules.flatMap((module) => {
    const inside = boxes.filter((box) => box.module === module).map((box) => `${box.id}["${label(box)}"]`)
    if (module === '') return inside
    return [`subgraph ${frameId(module)}["${escaped(module)}"]`, ...inside.map((line) => `  ${line}`), 'end']
  })
}

function label({resource, module, kind, instances}: Box): string {
  const name = module === '' ? resource : resource.slice(module.length + 1)
  return escaped(`${MARKS[kind]} ${name}${instances > 1 ? ` × ${String(instances)}` : ''}`)
}

// Mermaid reads quotes, brackets and entities in a label (https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters).
function escaped(text: string): string {
  return text.replace(/["<>#&`]/g, (sign) => `#${String(sign.codePointAt(0))};`)
}

const frameId = (module: string): string => `m_${module.replace(/[^A-Za-z0-9]/g, '_')}`

function arrows(plan: Plan, boxes: readonly Box[]): string[] {
  const places = new Map<string, string>()
  for (const {id, resource, module} of boxes) {
    places.set(resource, id)
    if (module !== '') places.set(module, frameId(module))
  }
  const found = new Set<string>()
  for (const {from, to} of plan.references) {
    const [start, end] = [places.get(from), places.get(to)]
    if (start !== undefined && end !== undefined && start !== end && !`${to}.`.startsWith(`${from}.`)) {
      found.add(`${start} --> ${end}`)
    }
  }
  return [...found]
}

function colours(boxes: readonly Pick<Box, 'id' | 'kind'>[]): string[] {
  return Object.entries(COLOURS).flatMap(([kind, style]) => {
    const ids = boxes.filter((box) => box.kind === kind).map(({id}) => id)
    return ids.length === 0 ? [] : [`classDef ${kind} ${style}`, `class ${ids.join(',')} ${kind}`]
  })
}
