import {setSecret} from './commands.ts'

/** What stands where a secret was, in every text that we write ourselves. */
export const MASKED = '***'

const SHORTEST_MASKED_LINE = 4

/**
 * Keeps secrets out of everything a run writes. The runner masks only the log; summaries, comments, outputs and
 * receipts are ours to clean, so each secret is remembered here as well.
 */
export interface Mask {
  /**
   * Hides `secret` from now on. Call it before the first use of a derived secret. A secret of several lines is also
   * hidden line by line, because the runner matches single lines. Empty text is ignored.
   */
  add(secret: string): void
  /** `text` with every known secret replaced by `***`. */
  scrub(text: string): string
}

/**
 * A mask that tells the runner and remembers.
 * @param announce how the runner is told; by default the `add-mask` workflow command
 */
export function makeMask(announce: (secret: string) => void = setSecret): Mask {
  const known = new Set<string>()
  return {
    add(secret) {
      for (const part of partsOf(secret)) {
        if (known.has(part)) continue
        known.add(part)
        announce(part)
      }
    },
    scrub(text) {
      const longestFirst = [...known].sort((a, b) => b.length - a.length)
      return longestFirst.reduce((clean, secret) => clean.replaceAll(secret, MASKED), text)
    },
  }
}

// A line of `{` or `}` of a JSON secret must not turn every brace of the log into ***.
function partsOf(secret: string): string[] {
  if (secret.trim() === '') return []
  const lines = secret.split(/\r?\n/).map((line) => line.trim())
  return lines.length === 1 ? [secret] : [secret, ...lines.filter((line) => line.length >= SHORTEST_MASKED_LINE)]
}
