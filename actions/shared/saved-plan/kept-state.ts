import {createHash} from 'node:crypto'
import * as z from 'zod/mini'
import {canonicalJson} from '../core/json.ts'
import {readable} from './plan-id.ts'
import {rootFields} from './root-fields.ts'
import {seal, unseal} from './sealed-file.ts'
import type {SealedKind, SealKey} from './sealed-file.ts'

const text = z.string()

/** The one place that a kept state may be written to. */
const homeSchema = z.object(rootFields)

const bindingSchema = z.object({
  home: homeSchema,
  /** `<run id>/<attempt>` */
  run: text,
  /** ISO 8601, UTC. */
  keptAt: text,
})

/** See {@link homeSchema}. */
export type StateHome = z.infer<typeof homeSchema>

/** A state that its backend did not take, as it is kept. */
export interface KeptState {
  readonly home: StateHome
  readonly run: string
  readonly keptAt: string
  /** As the tool left it. */
  readonly state: string
  /** The state that the apply's plan was made with; empty when it could not be told. */
  readonly before: string
}

const KEPT_STATE: SealedKind<z.infer<typeof bindingSchema>> = {
  magic: 'SLIPWAY-STATE/1\n',
  schema: 'slipway.state/v1',
  binding: bindingSchema,
  words: {
    reason: 'rejected',
    subject: 'Kept state',
    what: 'kept state',
    notOne: {
      cause: 'the file is not a state that terraform-apply kept',
      advice: 'find out who wrote to the plan store',
    },
    notSealed: 'find out who wrote to the plan store; a state that was kept before "plan-key" was set goes without it',
    keyMissing: 'give the "plan-key" that the run had which kept it',
    tampered:
      'give the "plan-key" that the run had which kept it; if that is right, find out who wrote to the plan store',
  },
}

/** The id of the state that is kept for a root: one at a time, and the same for each run, so that each finds it. */
export function keptStateId(home: StateHome): string {
  const exact = createHash('sha256').update(canonicalJson(home)).digest('hex').slice(0, 12)
  return `${readable(home.workingDirectory, home.workspace)}-${exact}`
}

/** Packs a state into one file, sealed when there is a key. */
export function packState({state, before, ...binding}: KeptState, key: SealKey | undefined): Buffer {
  const files = new Map([
    ['lost.tfstate', Buffer.from(state)],
    ['before.tfstate', Buffer.from(before)],
  ])
  return seal(KEPT_STATE, {binding, files}, key)
}

/**
 * Opens a kept state and checks its seal.
 * @throws {Failure} when the file is none, was changed, or key and seal do not go together
 */
export function unpackState(bytes: Uint8Array, key: string | undefined): KeptState {
  const {binding, files} = unseal(KEPT_STATE, bytes, key)
  const textOf = (name: string): string => Buffer.from(files.get(name) ?? []).toString('utf8')
  return {...binding, state: textOf('lost.tfstate'), before: textOf('before.tfstate')}
}
