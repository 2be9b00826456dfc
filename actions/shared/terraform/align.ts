/** What became of a run of items between two lists. */
export interface Hunk {
  /** Where it begins in the old list. */
  readonly from: number
  /** Where it begins in the new list. */
  readonly to: number
  readonly removed: number
  readonly added: number
}

/** Cells of the table of common subsequences; beyond it what differs is taken as replaced whole. */
const MOST_CELLS = 1_000_000

/**
 * The runs in which two lists differ, in order: the fewest removals and additions that turn one into the other (longest
 * common subsequence). @param before keys of the old items @param after keys of the new items
 */
export function hunks(before: readonly string[], after: readonly string[]): Hunk[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1
  let end = 0
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) {
    end += 1
  }
  const [old, fresh] = [before.slice(start, before.length - end), after.slice(start, after.length - end)]
  if (old.length + fresh.length === 0) return []
  if (old.length * fresh.length > MOST_CELLS) {
    return [{from: start, to: start, removed: old.length, added: fresh.length}]
  }
  return walk(old, fresh).map((hunk) => ({...hunk, from: hunk.from + start, to: hunk.to + start}))
}

function walk(before: readonly string[], after: readonly string[]): Hunk[] {
  const common = lengths(before, after)
  const width = after.length + 1
  const found: {from: number; to: number; removed: number; added: number}[] = []
  let [i, j] = [0, 0]
  let open: (typeof found)[number] | undefined
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      open = undefined
      i += 1
      j += 1
      continue
    }
    if (open === undefined) found.push((open = {from: i, to: j, removed: 0, added: 0}))
    const down = common[(i + 1) * width + j] ?? -1
    const right = common[i * width + j + 1] ?? -1
    if (i < before.length && (j >= after.length || down >= right)) {
      open.removed += 1
      i += 1
    } else {
      open.added += 1
      j += 1
    }
  }
  return found
}

/** Length of the longest common subsequence of what is left from each pair of places on. */
function lengths(before: readonly string[], after: readonly string[]): Uint32Array {
  const width = after.length + 1
  const table = new Uint32Array((before.length + 1) * width)
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      table[i * width + j] =
        before[i] === after[j]
          ? (table[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0)
    }
  }
  return table
}
