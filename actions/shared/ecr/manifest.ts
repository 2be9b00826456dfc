import {createHash} from 'node:crypto'
import * as z from 'zod/mini'

const INDEX_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const

/** Every kind of manifest that an image may have: asked for by name, or a registry converts it and its digest changes. */
export const MANIFEST_TYPES: readonly string[] = [
  ...INDEX_TYPES,
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

const descriptor = z.object({
  mediaType: z.optional(z.string()),
  digest: z.string(),
  size: z.number(),
  platform: z.optional(z.object({os: z.string(), architecture: z.string(), variant: z.optional(z.string())})),
  annotations: z.optional(z.record(z.string(), z.string())),
})

// https://github.com/opencontainers/image-spec/blob/main/manifest.md and image-index.md
const manifestSchema = z.object({
  mediaType: z.optional(z.string()),
  config: z.optional(descriptor),
  layers: z.optional(z.array(descriptor)),
  manifests: z.optional(z.array(descriptor)),
  annotations: z.optional(z.record(z.string(), z.string())),
})

// https://github.com/opencontainers/image-spec/blob/main/config.md
const configSchema = z.object({
  os: z.optional(z.string()),
  architecture: z.optional(z.string()),
  variant: z.optional(z.string()),
  config: z.optional(z.nullable(z.object({Labels: z.optional(z.nullable(z.record(z.string(), z.string())))}))),
})

/** A manifest or an index. */
export type Manifest = z.infer<typeof manifestSchema>
/** A pointer to a blob or a manifest. */
export type Descriptor = z.infer<typeof descriptor>
/** The part of an image's configuration that we read. */
export type ImageConfig = z.infer<typeof configSchema>

/** @throws {Error} when `text` is not a manifest or an index */
export function parseManifest(text: string): Manifest {
  return manifestSchema.parse(JSON.parse(text))
}

/** @throws {Error} when `text` is not an image configuration */
export function parseConfig(text: string): ImageConfig {
  return configSchema.parse(JSON.parse(text))
}

/** The images of an index, without the attestations that BuildKit hangs beside them as `unknown/unknown`. */
export function platformImages(index: Manifest): Descriptor[] {
  return (index.manifests ?? []).filter(({platform}) => platform?.os !== 'unknown')
}

/** Compressed bytes of an image: what a pull moves. Undefined for an index, whose images must be asked one by one. */
export function imageBytes({config, layers}: Manifest): number | undefined {
  if (layers === undefined) return undefined
  return layers.reduce((sum, layer) => sum + layer.size, config?.size ?? 0)
}

/** `linux/arm64/v8`: a platform as Docker writes it. */
export function platformName(platform: {
  os?: string | undefined
  architecture?: string | undefined
  variant?: string | undefined
}): string {
  return [platform.os ?? 'unknown', platform.architecture ?? 'unknown', platform.variant].filter(Boolean).join('/')
}

/** `sha256:<hex>` of the exact bytes: what a registry calls a manifest by. */
export function digestOf(content: Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}
