/** How much of something there is after a delivery. */
export interface Count {
  readonly there: number
  /** How much of it the deliveries so far were asked to make. */
  readonly asked: number
}

/** What is counted after every delivery. */
export interface Measure {
  readonly name: string
  /** How far a count may be off by chance: somebody else on the machine comes and goes. */
  readonly noise: number
  count(): Promise<Count> | Count
}

/** What became of one measure. */
export interface Trend {
  readonly name: string
  readonly first: number
  readonly last: number
  /** How much more was asked for from the first to the last delivery. */
  readonly asked: number
  /** Median change per delivery over all pairs of counts, what was asked taken off. */
  readonly slope: number
  /** It grows beyond what was asked. */
  readonly grows: boolean
}

/** A delivery that leaves something behind one time in twenty is found. */
const SHARE = 0.05
const FEWEST = 5

/**
 * Whether something grows beyond what was asked. The slope is that of Theil and Sen, which single odd counts do not move
 * (https://en.wikipedia.org/wiki/Theil-Sen_estimator). What is left behind only now and then hardly moves a median, so
 * the growth from the first counts to the last ones is judged, too.
 * @param counts one for each delivery, the oldest first
 */
export function trendOf({name, noise}: Omit<Measure, 'count'>, counts: readonly Count[]): Trend {
  const extra = counts.map(({there, asked}) => there - asked)
  const [first, last] = [counts[0], counts.at(-1)]
  const slope = medianSlope(extra)
  const growth = median(extra.slice(-FEWEST)) - median(extra.slice(0, FEWEST))
  return {
    name,
    first: first?.there ?? 0,
    last: last?.there ?? 0,
    asked: (last?.asked ?? 0) - (first?.asked ?? 0),
    slope: Math.round(slope * 1000) / 1000,
    grows: growth > noise && (slope > 0 || growth > SHARE * counts.length),
  }
}

function medianSlope(values: readonly number[]): number {
  return median(values.flatMap((from, at) => values.slice(at + 1).map((to, more) => (to - from) / (more + 1))))
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [above = 0, below = above] = [sorted[middle], sorted[middle - 1]]
  return sorted.length % 2 === 1 ? above : (above + below) / 2
}
