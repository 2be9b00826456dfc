import {isObject, valueAt} from './object.ts'
import type {JsonObject, KubeObject} from './object.ts'

/** The specification of the pods that an object makes, or is. */
export interface PodSpec {
  /** Empty where the object does not say. */
  readonly namespace: string
  readonly spec: JsonObject
}

/** The pods that these objects make, one specification for each object that makes any. */
export function podSpecsOf(objects: readonly KubeObject[]): PodSpec[] {
  return objects.flatMap(({kind, metadata, spec}) => {
    const path = kind === 'CronJob' ? ['jobTemplate', 'spec', 'template', 'spec'] : ['template', 'spec']
    const found = kind === 'Pod' ? spec : valueAt(spec, path)
    return isObject(found) && Array.isArray(found['containers'])
      ? [{namespace: metadata.namespace ?? '', spec: found}]
      : []
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
