import {isObject, valueAt} from './object.ts'
import type {Json, JsonObject, KubeObject} from './object.ts'

/** Where the specification of a pod stands in the kinds of Kubernetes itself that are or make pods. */
export const POD_SPECS: readonly (readonly string[])[] = [
  ['spec'],
  ['spec', 'template', 'spec'],
  ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
]

/** The place among {@link POD_SPECS} at which this object has containers; undefined when it makes no pods. */
export function podSpecPath(object: KubeObject): readonly string[] | undefined {
  return POD_SPECS.find((path) => Array.isArray(valueAt(object as unknown as Json, [...path, 'containers'])))
}

/** The specification of the pods that an object makes, or is. */
export interface PodSpec {
  /** Empty where the object does not say. */
  readonly namespace: string
  readonly spec: JsonObject
}

/** The pods that these objects make, one specification for each object that makes any. */
export function podSpecsOf(objects: readonly KubeObject[]): PodSpec[] {
  return objects.flatMap((object) => {
    const path = podSpecPath(object)
    const spec = path && valueAt(object as unknown as Json, path)
    return isObject(spec) ? [{namespace: object.metadata.namespace ?? '', spec}] : []
  })
}

/** The images that these objects run, init containers included, each once. */
export function imagesOf(objects: readonly KubeObject[]): string[] {
  const images = podSpecsOf(objects).flatMap(({spec}) => {
    const listed = ['initContainers', 'containers'].map((key) => valueAt(spec, [key])).filter(Array.isArray)
    return (listed.flat() as readonly {readonly image?: string}[]).flatMap(({image}) => image ?? [])
  })
  return [...new Set(images)]
}
