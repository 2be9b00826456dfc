import {InputError} from '../../shared/core/errors.ts'

const DIGEST = /sha256:[0-9a-f]{64}/

/** Reads the `merge` input: digests, or references that end in one. @throws {InputError} for anything else */
export function parseMerge(lines: readonly string[]): string[] {
  return lines.map((line) => {
    const digest = DIGEST.exec(line)?.[0]
    if (digest !== undefined && line.endsWith(digest)) return digest
    throw new InputError(
      `Input "merge" has "${line}", which is not a digest: hand over the "digest" outputs of the jobs that built the platforms.`,
    )
  })
}
