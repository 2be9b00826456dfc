import {trendOf} from './judge.ts'
import type {Count, Measure, Trend} from './judge.ts'

/** What came of one delivery. */
export interface Delivered {
  /** What went wrong on purpose, and where: `ecs: reset at request 3`. */
  readonly fault: string
  /** How the stage ended that it was made in. */
  readonly end: string
  readonly seconds: number
  /** What must not be; none is what is wanted. */
  readonly wrong: readonly string[]
}

/** What is known of a soak so far. */
export interface Soaked {
  readonly deliveries: number
  /** Ends of the stages that a fault was made in, with how many there were of each. */
  readonly ends: Readonly<Record<string, number>>
  readonly medianSeconds: number
  readonly wrong: readonly string[]
  readonly trends: readonly Trend[]
}

/**
 * Delivers again and again, and counts after each delivery what is there.
 * @param deliver does one, counted from 1 @param measures looked at one after the other
 * @param keep is given what is known so far, after each delivery: a soak that is ended early has not been for nothing
 * @param end the delivery under way is the last one once this is aborted
 */
export async function soak(
  deliveries: number,
  deliver: (number: number) => Promise<Delivered>,
  measures: readonly Measure[],
  keep: (soaked: Soaked, delivered: Delivered) => void,
  end?: AbortSignal,
): Promise<Soaked> {
  const all: Delivered[] = []
  const counts: Count[][] = measures.map(() => [])
  let soaked = sumUp(all, measures, counts)
  for (let number = 1; number <= deliveries && end?.aborted !== true; number += 1) {
    const delivered = await deliver(number)
    all.push(delivered)
    for (const [at, measure] of measures.entries()) counts[at]?.push(await measure.count())
    soaked = sumUp(all, measures, counts)
    keep(soaked, delivered)
  }
  return soaked
}

function sumUp(all: readonly Delivered[], measures: readonly Measure[], counts: readonly Count[][]): Soaked {
  const ends: Record<string, number> = {}
  for (const {end} of all) ends[end] = (ends[end] ?? 0) + 1
  const seconds = all.map((one) => one.seconds).sort((a, b) => a - b)
  return {
    deliveries: all.length,
    ends,
    medianSeconds: seconds[Math.floor(seconds.length / 2)] ?? 0,
    wrong: all.flatMap(({wrong}, at) => wrong.map((sentence) => `delivery ${String(at + 1)}: ${sentence}`)),
    trends: measures.map((measure, at) => trendOf(measure, counts[at] ?? [])),
  }
}

/** Whether a soak is as it should be. */
export function isSound({wrong, trends}: Soaked): boolean {
  return wrong.length === 0 && trends.every(({grows}) => !grows)
}
