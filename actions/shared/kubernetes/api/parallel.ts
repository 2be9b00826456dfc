/** How many calls are under way at once: quick for 200 objects, and kind to the API server's fairness queues. */
const AT_ONCE = 12

/** `map` over all items, several at once, results in order. @throws what the first failing call throws */
export async function inParallel<T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++
      results[at] = await map(items[at] as T)
    }
  }
  await Promise.all(Array.from({length: Math.min(AT_ONCE, items.length)}, worker))
  return results
}
