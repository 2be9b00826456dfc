import type {KeyObject} from 'node:crypto'
import {Failure, titled} from '../../shared/core/diagnosis.ts'
import type {FailureReason} from '../../shared/core/diagnosis.ts'
import {chainOf, findMismatches} from './delivery.ts'
import {deliverySchema} from './delivery-schema.ts'
import type {Delivery} from './delivery-schema.ts'
import {signatureProblem} from './signature.ts'

/** What a receipt has to be before anything is done by it. */
export interface Trust {
  /** `owner/name`: whose deliveries are believed. */
  readonly repository: string
  /** Keys that may have signed it; empty asks for no signature. */
  readonly keys: readonly KeyObject[]
}

/**
 * A delivery's receipt that was stored somewhere, when it is what a delivery of this repository wrote.
 * @param what whose receipt it is, for sentences: `v1.3.9`
 * @throws {Failure} `rejected` when it is something else, was changed, or is not signed by a trusted key
 */
export function trusted(content: unknown, what: string, {repository, keys}: Trust): Delivery {
  const parsed = deliverySchema.safeParse(content)
  if (!parsed.success) throw refusal(`the receipt of ${what} is of an unknown kind`)
  // As it was written and not as it was read: a newer version may have said more, and the digests are of all of it.
  const delivery = content as Delivery
  if (delivery.repository !== repository) throw refusal(`the receipt of ${what} is of another repository`)
  const problem = keys.length === 0 ? undefined : signatureProblem(delivery, keys)
  if (problem !== undefined) throw refusal(`the receipt of ${what} ${problem}`)
  const links = chainOf(delivery.stages)
  const broken = links.findIndex((link, at) => link !== delivery.chain[at])
  if (broken >= 0 || delivery.chain.length !== links.length) {
    const at = broken >= 0 ? broken : links.length
    throw refusal(`the receipt of ${what} was changed after it was written (stage ${String(at)})`)
  }
  const [mismatch] = findMismatches(delivery)
  if (mismatch !== undefined) throw refusal(`the receipt of ${what} contradicts itself: ${mismatch.sentence}`)
  return delivery
}

/** A refusal before anything was done. */
export function refusal(cause: string, reason: FailureReason = 'rejected', advice = ADVICE): Failure {
  return new Failure({reason, ...titled('Receipt refused'), cause, advice, undo: 'nothing was changed'})
}

const ADVICE = 'name another release, or deploy the task definition that you know to be good by itself'
