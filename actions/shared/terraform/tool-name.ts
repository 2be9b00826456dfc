/** The tools that speak Terraform's language. */
export const TOOLS = ['terraform', 'tofu'] as const

/** One of {@link TOOLS}. */
export type ToolName = (typeof TOOLS)[number]
