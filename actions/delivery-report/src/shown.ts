import * as z from 'zod/mini'

/** A change that somebody was shown: of a preview, what an approval is bound to, and its words where they are known. */
export const shownSchema = z.object({
  stage: z.enum(['plan', 'ecs', 'kubernetes']),
  subject: z.string(),
  digest: z.string(),
  headline: z.optional(z.string()),
  body: z.optional(z.string()),
})

/** See {@link shownSchema}. */
export type Shown = z.infer<typeof shownSchema>
