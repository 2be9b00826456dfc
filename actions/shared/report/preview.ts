import * as z from 'zod/mini'

/** The published shape of a preview section, version 1: what one stage would change, for the combined comment. */
export const previewSchema = z.object({
  schema: z.literal('slipway.preview/v1'),
  stage: z.enum(['plan', 'ecs', 'kubernetes']),
  /** What would change, as its owner calls it: `terraform/`, `APIService`, `streaming`. */
  subject: z.string(),
  /** `none`: nothing would change. `destroy`: something that exists would be destroyed or replaced. */
  verdict: z.enum(['none', 'change', 'destroy', 'unknown']),
  /** One line of Markdown for the table: `**+2 ~1 −1** destroys `…``. */
  headline: z.string(),
  /** Markdown for the fold below the table. */
  body: z.string(),
  /** `sha256:<hex>` of the normalised change: what an approval is bound to. */
  digest: z.string(),
})

/** What a stage would change, in the format that all plan modes share. */
export type Preview = z.infer<typeof previewSchema>

/** The compact JSON of a preview, for the `preview` output. */
export function makePreview(preview: Omit<Preview, 'schema'>): string {
  return JSON.stringify({schema: 'slipway.preview/v1', ...preview} satisfies Preview)
}
