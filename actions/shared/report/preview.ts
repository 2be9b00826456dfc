import * as z from 'zod/mini'

// What stages have in common: who removes what another one uses is seen where their previews meet.
const factSchema = z.object({
  /** `expects`: another stage must have `value` for it. */
  fact: z.enum(['uses', 'removes', 'replaces', 'expects']),
  kind: z.enum([
    'log group',
    'secret',
    'parameter',
    'role',
    'image repository',
    'cluster',
    'service',
    'container port',
    // Of pods: what a node must be.
    'node label',
    'architecture',
    // Of an image: `linux/arm64`.
    'platform',
  ]),
  /** The thing's name, without account and region; of a port its container, of a platform its image's repository. */
  name: z.string(),
  value: z.optional(z.string()),
  /** Who says so: `container api`, `aws_cloudwatch_log_group.old`. */
  by: z.string(),
})

/** Something that a stage uses, removes, or expects of another one. */
export type Fact = z.infer<typeof factSchema>

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
  /** Terraform: the id of the saved plan that does exactly this. */
  planId: z.optional(z.string()),
  /** For findings that cross stages; a stage that knows of none leaves it out. */
  facts: z.optional(z.array(factSchema)),
})

/** What a stage would change, in the format that all plan modes share. */
export type Preview = z.infer<typeof previewSchema>

/** The compact JSON of a preview, for the `preview` output. */
export function makePreview(preview: Omit<Preview, 'schema'>): string {
  return JSON.stringify({schema: 'slipway.preview/v1', ...preview} satisfies Preview)
}
