const counts = new Map<string, number>()

/** Counts that something outside had to be asked again. @param whom `AWS`, `GitHub`: as a person would call it */
export function countRetry(whom: string): void {
  counts.set(whom, (counts.get(whom) ?? 0) + 1)
}

/** How often each was asked again in this process, which is one step; who answered at once is not in it. */
export function retriesSoFar(): Readonly<Record<string, number>> {
  return Object.fromEntries(counts)
}
