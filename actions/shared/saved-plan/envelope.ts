import * as z from 'zod/mini'
import {rootFields} from './root-fields.ts'
import {seal, unseal} from './sealed-file.ts'
import type {Sealed, SealedKind, SealKey} from './sealed-file.ts'

const text = z.string()

/** What a saved plan is bound to. Everything here is authenticated when the plan is sealed. */
const bindingSchema = z.object({
  ...rootFields,
  /** The commit that was planned. */
  headSha: text,
  /** The commit that a pull request was planned against; empty elsewhere. */
  baseSha: text,
  /** `<run id>/<attempt>` */
  run: text,
  tool: text,
  toolVersion: text,
  /** `sha256:<hex>` of .terraform.lock.hcl. */
  lockFile: text,
  /** `sha256:<hex>` of the binary plan. */
  planHash: text,
  /** `sha256:<hex>` of what the plan would do. */
  planDigest: text,
  /** ISO 8601, UTC. */
  plannedAt: text,
})

/** See {@link bindingSchema}. */
export type Binding = z.infer<typeof bindingSchema>

/** A saved plan with what travels with it, by file name: `plan.tfplan`, `.terraform.lock.hcl`, files made while planning. */
export type Parcel = Sealed<Binding>

const SAVED_PLAN: SealedKind<Binding> = {
  magic: 'SLIPWAY-PLAN/1\n',
  schema: 'slipway.plan/v1',
  binding: bindingSchema,
  words: {
    reason: 'plan-rejected',
    subject: 'Saved plan',
    what: 'plan',
    notOne: {
      cause: 'the file is not a plan that terraform-plan saved',
      advice: 'give the plan-id (or file) of a terraform-plan step',
    },
    notSealed: 'give "plan-key" to terraform-plan too, and plan again',
    keyMissing: 'give the "plan-key" that terraform-plan was given',
    tampered: 'plan again; if the key is right, find out who wrote to the plan store',
  },
}

/** Packs a plan into one file, sealed when there is a key. */
export function pack(parcel: Parcel, key: SealKey | undefined): Buffer {
  return seal(SAVED_PLAN, parcel, key)
}

/**
 * Opens a packed plan and checks its seal.
 * @throws {Failure} when the file is no saved plan, was changed, or key and seal do not go together
 */
export function unpack(bytes: Uint8Array, key: string | undefined): Parcel {
  return unseal(SAVED_PLAN, bytes, key)
}
