/** What several measurements of one thing come to. */
export interface Stats {
  readonly n: number
  readonly median: number
  readonly min: number
  readonly max: number
}

/** @throws RangeError when there is nothing to count */
export function stats(values: readonly number[]): Stats {
  const sorted = [...values].sort((a, b) => a - b)
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (min === undefined || max === undefined) throw new RangeError('There is no measurement to take a median of.')
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)] ?? min, sorted[Math.ceil((sorted.length - 1) / 2)]]
  return {n: sorted.length, median: (low + (high ?? low)) / 2, min, max}
}

/** The figure to reach. */
export type Goal =
  /** Ours divided by the other's. */
  | {readonly kind: 'ratio'; readonly max: number}
  /** Ours alone, in the unit of the measure. */
  | {readonly kind: 'at-most'; readonly max: number}
  /** Ours less the other's, in the unit of the measure. */
  | {readonly kind: 'difference'; readonly max: number}
  /** Ours less ours in another case of the same row, in percent of it: what does not grow with the work. */
  | {readonly kind: 'growth'; readonly from: string; readonly max: number}

/** Both sides of one measure, as far as they were measured. */
export interface Sides {
  readonly ours: Stats
  readonly theirs?: Stats | undefined
  /** Ours in the case that a goal of growth names. */
  readonly before?: Stats | undefined
}

/** The number that a goal is about; undefined when the side that it is compared with was not measured. */
export function figure(goal: Goal, {ours, theirs, before}: Sides): number | undefined {
  if (goal.kind === 'at-most') return ours.median
  if (goal.kind === 'growth') return before && before.median > 0 ? (ours.median / before.median) * 100 : undefined
  if (theirs === undefined) return undefined
  if (goal.kind === 'difference') return ours.median - theirs.median
  return theirs.median > 0 ? ours.median / theirs.median : undefined
}

/** Whether a goal was reached; undefined when it cannot be told. */
export function isReached(goal: Goal | undefined, sides: Sides): boolean | undefined {
  if (goal === undefined) return undefined
  const value = figure(goal, sides)
  return value === undefined ? undefined : value <= goal.max
}
