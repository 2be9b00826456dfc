import {InputError} from '../../core/errors.ts'
import type {Place} from '../../core/log.ts'
import {groupOf, isObject, title} from '../object.ts'
import type {Json, JsonObject, KubeObject} from '../object.ts'
import {setImages} from './image-edit.ts'
import type {ImagePath, ImageRule} from './image-rules.ts'
import type {Source} from './sources.ts'
import {parseYaml, yamlValue} from './yaml.ts'

/** An object that the user wants in the cluster, and where it is written. */
export interface Manifest {
  readonly object: KubeObject
  readonly place: Place
}

/** The images that were set, and what the manifests look like with them. */
export interface ManifestSet {
  readonly manifests: readonly Manifest[]
  /** The sources with their images set: the author's text otherwise. */
  readonly sources: readonly Source[]
}

/**
 * Reads all objects of the sources, with the images set. `kind: List` is flattened; empty and comment-only documents
 * are passed over.
 * @throws {InputError} for invalid YAML, a document that is no object, an object without a kind or a name, the same
 * object twice, an empty set, and an image rule that matched nothing
 */
export function readManifestSet(
  texts: readonly Source[],
  rules: readonly ImageRule[],
  paths: readonly ImagePath[],
): ManifestSet {
  const edited = texts.map(({file, text}) => ({file, ...setImages(text, file, rules, paths)}))
  checkRules(
    rules,
    edited.flatMap(({used}) => used),
    edited.flatMap(({seen}) => seen),
  )
  const manifests = edited.flatMap(readObjects)
  if (manifests.length === 0) {
    throw new InputError(`There is no Kubernetes object in ${texts.map(({file}) => file).join(', ')}.`)
  }
  checkDuplicates(manifests)
  return {manifests, sources: edited.map(({file, text}) => ({file, text}))}
}

function checkRules(rules: readonly ImageRule[], used: readonly ImageRule[], seen: readonly string[]): void {
  const unused = rules.find((rule) => !used.includes(rule))
  if (unused === undefined) return
  const images = [...new Set(seen)].sort()
  const known = images.length === 0 ? 'they name no image at all' : `they name ${images.join(', ')}`
  throw new InputError(
    `Input "images" has "${unused.written}", but no manifest uses the image "${unused.repository}": ${known}.`,
  )
}

function readObjects({file, text}: Source): Manifest[] {
  return parseYaml(text, file).flatMap((yaml) => {
    const place = {file, line: yaml.line}
    return flatten(yamlValue(yaml), place).map((value) => ({object: checkObject(value, place), place}))
  })
}

function flatten(value: Json, place: Place): JsonObject[] {
  if (value === null) return []
  if (!isObject(value)) throw new InputError(`${where(place)} is not an object: a manifest starts with apiVersion.`)
  const {kind, items} = value
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)) {
    return (items as Json[]).flatMap((item) => flatten(item, place))
  }
  return [value]
}

function checkObject(value: JsonObject, place: Place): KubeObject {
  const {apiVersion, kind, metadata} = value
  const missing = [
    typeof apiVersion !== 'string' && 'apiVersion',
    typeof kind !== 'string' && 'kind',
    !isObject(metadata) && 'metadata',
  ].find((name) => name !== false)
  if (missing !== undefined) throw new InputError(`The object at ${where(place)} has no ${missing}.`)
  const object = value as unknown as KubeObject
  const {name, generateName} = object.metadata
  if (typeof (name ?? generateName) !== 'string') {
    throw new InputError(`The ${object.kind} at ${where(place)} has no metadata.name that is text: give it one.`)
  }
  return object
}

function checkDuplicates(manifests: readonly Manifest[]): void {
  const seen = new Map<string, Manifest>()
  for (const manifest of manifests) {
    const {object} = manifest
    if (object.metadata.name === undefined) continue
    const key = [groupOf(object.apiVersion), object.kind, object.metadata.namespace, object.metadata.name].join('|')
    const first = seen.get(key)
    if (first !== undefined) {
      throw new InputError(
        `${title(object)} is given twice, at ${where(first.place)} and ${where(manifest.place)}: keep one.`,
      )
    }
    seen.set(key, manifest)
  }
}

/** `k8s/app.yaml:12`. */
export function where({file, line}: Place): string {
  return line === undefined ? file : `${file}:${String(line)}`
}
