import * as z from 'zod/mini'
import {receiptSchema, STATUSES, told} from '../../shared/report/receipt.ts'

const digest = z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/))

const signatureSchema = told(
  'By whom the receipt is. It is of the bytes `slipway.delivery/v1`, a line feed, and the receipt without this property as JSON with sorted keys and without spaces (RFC 8785).',
  z.object({
    algorithm: z.literal('ed25519'),
    key: told('The SHA-256 of the public key (SubjectPublicKeyInfo, DER).', digest),
    value: told('The signature, in base64.', z.string()),
  }),
)

const approvalSchema = z.object({
  by: told('Their GitHub name.', z.string()),
  environments: told('The environments that they were asked for.', z.array(z.string())),
})

/** The published shape of a delivery's receipt, version 1: docs/schema/delivery-v1.json. */
export const deliverySchema = told(
  'The receipts of all stages of one delivery, each bound to the one before it. A later version of the suite may add properties; none of these changes its meaning.',
  z.object({
    schema: z.literal('slipway.delivery/v1'),
    repository: told('`owner/name` on GitHub.', z.string()),
    commit: told('The commit that was delivered, in full.', z.string()),
    run: told('The workflow run, `<run id>/<attempt>`.', z.string()),
    actor: z.optional(told('Who started the run, or started it again, by their GitHub name.', z.string())),
    approvals: z.optional(
      told(
        'Who approved the run at its environments; left out where nobody was asked, or it is not known.',
        z.array(approvalSchema),
      ),
    ),
    status: told('How the whole ended: the first way in which a stage ended red, else a green one.', z.enum(STATUSES)),
    stages: told('The receipts as the stages wrote them, in the order of the chain.', z.array(receiptSchema)),
    chain: told(
      'A link for each stage: the SHA-256 of the link before it (nothing for the first), a line feed, and the stage as compact JSON.',
      z.array(digest),
    ),
    signature: z.optional(signatureSchema),
  }),
)

/** The receipts of all stages of one delivery, in the order of the chain, each bound to the one before it. */
export type Delivery = z.infer<typeof deliverySchema>

/** Whose a delivery's receipt is. */
export type Signature = z.infer<typeof signatureSchema>

/** Somebody who approved a run. */
export type Approval = z.infer<typeof approvalSchema>
