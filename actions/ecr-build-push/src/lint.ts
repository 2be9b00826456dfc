import * as z from 'zod/mini'
import type {World} from '../../shared/core/world.ts'

/** A remark of BuildKit's about a line of the Dockerfile. */
export interface LintWarning {
  readonly text: string
  readonly line: number | undefined
}

const WARNINGS = 'buildx.build.warnings'
/** How many annotations of one kind GitHub shows for a step. */
const MOST_SHOWN = 10

const position = z.object({line: z.optional(z.number())})
const warningSchema = z.object({
  short: z.string(),
  url: z.optional(z.string()),
  range: z.optional(z.nullable(z.array(z.object({start: z.optional(position)})))),
})
const metadataSchema = z.looseObject({
  'containerimage.digest': z.optional(z.string()),
  [WARNINGS]: z.optional(z.array(warningSchema)),
})

/** What buildx wrote about a build. */
export interface BuildMetadata {
  readonly digest: string | undefined
  readonly warnings: readonly LintWarning[]
  /** The rest as JSON, without the warnings: those hold the whole Dockerfile, once for each. */
  readonly text: string
}

/** Reads buildx's metadata file (https://docs.docker.com/reference/cli/docker/buildx/build/#metadata-file). */
export function readMetadata(text: string): BuildMetadata {
  const {[WARNINGS]: warnings = [], ...rest} = metadataSchema.parse(JSON.parse(text))
  return {
    digest: rest['containerimage.digest'],
    text: JSON.stringify(rest),
    warnings: warnings.map(({short, url, range}) => ({
      // Go writes bytes as base64; the line is told by the annotation.
      text: [
        Buffer.from(short, 'base64')
          .toString('utf8')
          .replace(/ \(line \d+\)$/, ''),
        url,
      ]
        .filter(Boolean)
        .join(' '),
      line: range?.[0]?.start?.line,
    })),
  }
}

/** Shows BuildKit's remarks as annotations on the lines of the Dockerfile. */
export function showWarnings(world: World, warnings: readonly LintWarning[], dockerfile: string): void {
  for (const {text, line} of warnings.slice(0, MOST_SHOWN)) {
    world.log.warning(text, 'Dockerfile', {file: dockerfile, ...(line !== undefined && {line})})
  }
}
