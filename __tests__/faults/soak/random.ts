/** Numbers that look like chance, and are the same for the same seed. */
export interface Dice {
  /** From 0 up to, and without, `below`; a whole number. */
  upTo(below: number): number
  pick<T>(items: readonly T[]): T
}

/** The generator mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function dice(seed: number): Dice {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const upTo = (below: number): number => Math.floor(next() * below)
  const pick = <T>(items: readonly T[]): T => {
    const item = items[upTo(items.length)]
    if (item === undefined) throw new Error('There is nothing to pick from.')
    return item
  }
  return {upTo, pick}
}
