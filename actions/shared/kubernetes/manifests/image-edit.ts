import {isAlias, isMap, isScalar, isSeq} from 'yaml'
import type {Node, Scalar} from 'yaml'
import {POD_SPECS} from '../pod-specs.ts'
import {ruleFor} from './image-rules.ts'
import type {ImagePath, ImageRule} from './image-rules.ts'
import {parseYaml} from './yaml.ts'
import type {YamlDocument} from './yaml.ts'

/** A text with its images set. */
export interface EditedText {
  readonly text: string
  /** The rules that were used, once per image replaced. */
  readonly used: readonly ImageRule[]
  /** Every image that the text names, as it was written. */
  readonly seen: readonly string[]
}

/** Where a pod specification is found, for every kind that has one: KEDA's ScaledJob and PodTemplate, too. */
const PLACES: readonly (readonly string[])[] = [
  ...POD_SPECS,
  ['spec', 'jobTargetRef', 'template', 'spec'],
  ['template', 'spec'],
]

const IN_POD_SPEC: readonly (readonly string[])[] = [
  ['containers', '*', 'image'],
  ['initContainers', '*', 'image'],
  ['ephemeralContainers', '*', 'image'],
  ['volumes', '*', 'image', 'reference'],
]

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * Sets images in a manifest text. Only the characters of the image scalars change; comments, quoting, anchors, the
 * order of keys and the spelling of every other value stay the author's (a text that is read and written again loses
 * them: https://github.com/Azure/k8s-deploy reads `0644` and writes 644).
 * @param paths where images stand outside of pod templates
 * @throws {InputError} when the text is not YAML
 */
export function setImages(
  text: string,
  file: string,
  rules: readonly ImageRule[],
  paths: readonly ImagePath[],
): EditedText {
  const places = parseYaml(text, file).flatMap((document) => imagesOf(document, paths))
  const edits = new Map<number, Edit>()
  const used: ImageRule[] = []
  for (const place of places) {
    const rule = ruleFor(place.image, rules)
    if (rule === undefined || edits.has(place.start)) continue
    edits.set(place.start, {start: place.start, end: place.end, text: place.quote(rule.reference)})
    used.push(rule)
  }
  return {text: splice(text, [...edits.values()]), used, seen: places.map(({image}) => image)}
}

function splice(text: string, edits: readonly Edit[]): string {
  const backwards = [...edits].sort((a, b) => b.start - a.start)
  return backwards.reduce((out, {start, end, text: next}) => out.slice(0, start) + next + out.slice(end), text)
}

interface Place {
  readonly image: string
  readonly start: number
  readonly end: number
  quote(reference: string): string
}

function imagesOf(yaml: YamlDocument, paths: readonly ImagePath[]): Place[] {
  return objectsIn(yaml, yaml.document.contents).flatMap((object) => {
    const kind = scalarText(yaml, follow(yaml, object, ['kind'])[0])
    const custom = paths.filter((path) => path.kind === undefined || path.kind === kind).map(({path}) => path)
    const inTemplates = PLACES.flatMap((spec) => IN_POD_SPEC.map((path) => [...spec, ...path]))
    return [...inTemplates, ...custom].flatMap((path) =>
      follow(yaml, object, path).flatMap((node) => placeOf(yaml, node)),
    )
  })
}

function objectsIn(yaml: YamlDocument, node: Node | null): Node[] {
  const items = follow(yaml, node, ['items', '*'])
  return node === null ? [] : [node, ...items.flatMap((item) => objectsIn(yaml, item))]
}

// The nodes at the end of a path; aliases and merge keys are seen through, except for the last node itself.
function follow(yaml: YamlDocument, node: Node | null, path: readonly string[]): Node[] {
  const [step, ...rest] = path
  if (node === null) return []
  if (step === undefined) return [node]
  return children(yaml, behindAlias(yaml, node), step).flatMap((child) => follow(yaml, child, rest))
}

function children(yaml: YamlDocument, node: Node | undefined, step: string): Node[] {
  if (isSeq(node)) return step === '*' ? (node.items as Node[]) : []
  if (!isMap(node)) return []
  const own = node.items.find((pair) => scalarText(yaml, pair.key as Node) === step)
  if (own !== undefined) return own.value === null ? [] : [own.value as Node]
  const merged = node.items.filter((pair) => isScalar(pair.key) && pair.key.source === '<<')
  return merged.flatMap((pair) => children(yaml, behindAlias(yaml, pair.value as Node), step)).slice(0, 1)
}

function behindAlias(yaml: YamlDocument, node: Node): Node | undefined {
  return isAlias(node) ? node.resolve(yaml.document) : node
}

function scalarText(yaml: YamlDocument, node: Node | undefined): string | undefined {
  const behind = node && behindAlias(yaml, node)
  if (!isScalar(behind)) return undefined
  return typeof behind.value === 'string' ? behind.value : behind.source
}

// An alias is edited at its anchor, so that all who share the image keep sharing it.
function placeOf(yaml: YamlDocument, node: Node): Place[] {
  const scalar = behindAlias(yaml, node)
  if (!isScalar(scalar) || typeof scalar.value !== 'string' || !scalar.range) return []
  const [start, end] = scalar.range
  return [{image: scalar.value.trim(), start, end, quote: quoting(scalar)}]
}

function quoting(scalar: Scalar): (reference: string) => string {
  if (scalar.type === 'QUOTE_SINGLE') return (reference) => `'${reference}'`
  if (scalar.type === 'QUOTE_DOUBLE') return (reference) => `"${reference}"`
  // A block scalar (`image: >-`) ends with a line break that separates it from what follows.
  if (scalar.type === 'BLOCK_FOLDED' || scalar.type === 'BLOCK_LITERAL') return (reference) => `${reference}\n`
  return (reference) => reference
}
