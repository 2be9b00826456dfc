import {createHash} from 'node:crypto'
import {canonical, isObject, valueAt} from '../object.ts'
import type {Json, JsonObject, KubeObject} from '../object.ts'

/**
 * The annotation of a pod template that changes when the pods have to be started again for what they read at their
 * start. It is a part of what we apply, so that undoing a change restarts the pods with the configuration before.
 */
export const CONFIG_MARK = 'slipway.dev/config'

const PLACE = ['spec', 'template', 'metadata', 'annotations', CONFIG_MARK]

/** The mark that an object's pod template bears, or undefined. */
export function configMark(object: KubeObject | undefined): string | undefined {
  const mark = valueAt(object as unknown as Json | undefined, PLACE)
  return typeof mark === 'string' ? mark : undefined
}

/** The object with its pod template marked; everything else of it stays. */
export function withConfigMark(object: KubeObject, mark: string): KubeObject {
  return set(object as unknown as JsonObject, PLACE, mark) as unknown as KubeObject
}

/**
 * The object with the mark that its live template bears: leaving it out would take it away, which restarts all pods
 * for nothing. A mark that the manifest brings itself wins.
 */
export function keepConfigMark(object: KubeObject, live: KubeObject | undefined): KubeObject {
  const mark = configMark(live)
  return mark === undefined || configMark(object) !== undefined ? object : withConfigMark(object, mark)
}

/**
 * The next mark of a workload for this data. It builds on the mark before, so that data which was changed by hand and
 * back again restarts the pods too; 32 bits tell two versions apart and give nothing to guess a Secret's value from.
 */
export function nextMark(workload: KubeObject, sources: readonly KubeObject[]): string {
  const data = [configMark(workload) ?? '', ...sources.map(valueOf)]
  return createHash('sha256').update(canonical(data)).digest('hex').slice(0, 8)
}

function valueOf(source: KubeObject): Json {
  const {kind, metadata, data, binaryData, stringData} = source as KubeObject & JsonObject
  return [kind, metadata.name ?? '', data ?? null, binaryData ?? null, stringData ?? null] as Json
}

function set(object: JsonObject, [step = '', ...rest]: readonly string[], value: Json): JsonObject {
  const below = object[step]
  return {...object, [step]: rest.length === 0 ? value : set(isObject(below) ? below : {}, rest, value)}
}
