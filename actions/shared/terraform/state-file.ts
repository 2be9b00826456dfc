import {recordAt, recordFrom, recordsAt, textAt} from '../core/json.ts'
import type {JsonRecord} from '../core/json.ts'
import {rootOutputsIn} from './root-outputs.ts'
import type {RootOutput} from './root-outputs.ts'

/** What decides whether one state may take another's place (format 4, as `state pull` writes it). */
export interface StateFile {
  /** The same in all states that came one out of the other. */
  readonly lineage: string
  /** One more with each write. */
  readonly serial: number
  /**
   * The managed objects, told apart by type and id: moving one in the state makes no other object of it. To each its
   * address, and its id. Undefined when the file is encrypted (OpenTofu).
   */
  readonly objects: ReadonlyMap<string, string> | undefined
  /** The root outputs; undefined when the file is encrypted. */
  readonly outputs: readonly RootOutput[] | undefined
}

/** Reads a state; undefined for a text that is none, and for what the tool shows where there is none: no lineage. */
export function readStateFile(text: string): StateFile | undefined {
  const json = recordFrom(text)
  const serial = json?.['serial']
  const lineage = json && textAt(json, 'lineage')
  if (json === undefined || typeof serial !== 'number' || !lineage) return undefined
  const plain = json['version'] === 4
  return {
    lineage,
    serial,
    objects: plain ? objectsIn(json) : undefined,
    outputs: plain ? rootOutputsIn(recordAt(json, 'outputs')) : undefined,
  }
}

function objectsIn(state: JsonRecord): ReadonlyMap<string, string> {
  const objects = new Map<string, string>()
  for (const resource of recordsAt(state, 'resources').filter(({mode}) => mode === 'managed')) {
    for (const instance of recordsAt(resource, 'instances')) {
      const address = addressOf(resource, instance)
      const id = textAt(recordAt(instance, 'attributes'), 'id')
      objects.set(
        `${textAt(resource, 'type') ?? ''} ${id ?? address}`,
        id === undefined ? address : `${address} (${id})`,
      )
    }
  }
  return objects
}

function addressOf(resource: JsonRecord, instance: JsonRecord): string {
  const key = instance['index_key']
  const index = key === undefined ? '' : `[${JSON.stringify(key)}]`
  const own = `${textAt(resource, 'type') ?? ''}.${textAt(resource, 'name') ?? ''}${index}`
  return [textAt(resource, 'module'), own].filter(Boolean).join('.')
}

/**
 * A state with another serial, and the rest of its text as it was: numbers in it may be larger than JavaScript's.
 * The serial stands before everything that a provider wrote.
 */
export function withSerial(text: string, serial: number): string {
  return text.replace(/("serial":\s*)\d+/, `$1${String(serial)}`)
}
