import {loadavg} from 'node:os'
import type {Bench, Case, Measure, Row, Sample, Shortfall, Unit} from './row.ts'
import {isReached, stats} from './statistics.ts'
import type {Goal, Stats} from './statistics.ts'

/** One measure of one case, both sides. */
export interface Line {
  readonly case: string
  readonly measure: string
  readonly unit: Unit
  readonly ours: Stats
  readonly theirs?: Stats | undefined
  /** The other side's name; where it was not measured, why. */
  readonly other?: string | undefined
  readonly ratio?: number | undefined
  readonly goal?: Goal | undefined
  readonly reached?: boolean | undefined
  /** Of a figure that was not reached; undefined there, too, when nobody gave a reason. */
  readonly shortfall?: Shortfall | undefined
  readonly note?: string | undefined
}

/** What a row came to. */
export interface RowResult {
  readonly name: string
  readonly title: string
  readonly how: string
  readonly lines: readonly Line[]
  /** Why nothing, or not everything, was measured. */
  readonly trouble: readonly string[]
  readonly seconds: number
  /** When it was measured, in UTC. */
  readonly date: string
  /** Processes that wanted a core, on average of the minute before: at the start and at the end. */
  readonly load: readonly [number, number]
  readonly runs: number
  /** The commit whose bundles were measured. */
  readonly commit?: string
}

/** Opens a row, measures its cases one after the other, and closes it. What goes wrong is in `trouble`. */
export async function measureRow(row: Row, bench: Bench, runs: number, print: Print): Promise<RowResult> {
  const started = Date.now()
  const date = new Date(started).toISOString().slice(0, 16).replace('T', ' ')
  const before = loadavg()[0] ?? 0
  const lines: Line[] = []
  const trouble: string[] = []
  const complain = (what: string, error: unknown): void => {
    const sentence = `${what}: ${error instanceof Error ? error.message : String(error)}`
    print(`✗ ${sentence}`)
    trouble.push(sentence)
  }
  try {
    const {cases, close} = await row.open(bench)
    try {
      for (const one of cases) {
        try {
          lines.push(...(await measureCase(one, lines, runs, print)))
        } catch (error) {
          complain(one.name, error)
        }
      }
    } finally {
      await close()
    }
  } catch (error) {
    complain(row.name, error)
  }
  const {name, title, how} = row
  const load = [before, loadavg()[0] ?? 0] as const
  return {name, title, how, lines, trouble, seconds: (Date.now() - started) / 1000, date, load, runs}
}

/** Tells a person how far it is. */
export type Print = (line: string) => void

async function measureCase(one: Case, before: readonly Line[], runs: number, print: Print): Promise<Line[]> {
  const [ours, theirs]: [Sample[], Sample[]] = [[], []]
  const count = Math.min(runs, one.runs ?? runs)
  if (one.other?.missing !== undefined) print(`! ${one.name}: ${one.other.missing}`)
  // In turns, and each begins every second time: what the machine does meanwhile falls on both.
  for (let at = 0; at < count; at++) {
    const turns = [
      async () => ours.push(await one.ours()),
      async () => one.other?.run && theirs.push(await one.other.run()),
    ]
    for (const turn of at % 2 === 0 ? turns : turns.reverse()) await turn()
  }
  const lines = one.measures.flatMap((measure) => line(one, measure, {ours, theirs, before}))
  for (const each of lines)
    print(`  ${one.name}, ${each.measure}: ${shown(each.ours)}, beside ${shown(each.theirs)} ${each.unit}`)
  return lines
}

const shown = (side: Stats | undefined): string => side?.median.toFixed(2) ?? 'nothing'

interface Taken {
  readonly ours: readonly Sample[]
  readonly theirs: readonly Sample[]
  /** Lines of the cases before this one. */
  readonly before: readonly Line[]
}

function line(one: Case, measure: Measure, taken: Taken): Line[] {
  const values = (samples: readonly Sample[]): number[] => samples.flatMap((sample) => sample[measure.name] ?? [])
  const [mine, others] = [values(taken.ours), values(taken.theirs)]
  if (mine.length === 0) return []
  const ours = stats(mine)
  const theirs = others.length === 0 ? undefined : stats(others)
  const {name, other, note} = one
  const {goal} = measure
  const from = goal?.kind === 'growth' ? goal.from : undefined
  const earlier = taken.before.find((each) => each.case === from && each.measure === measure.name)?.ours
  const reached = isReached(goal, {ours, theirs, before: earlier})
  return [
    {
      case: name,
      measure: measure.name,
      unit: measure.unit,
      ours,
      theirs,
      other: other?.missing ?? other?.name,
      ratio: theirs === undefined || theirs.median === 0 ? undefined : ours.median / theirs.median,
      goal,
      reached,
      shortfall: reached === false ? shortfallOf(one, measure) : undefined,
      note,
    },
  ]
}

const shortfallOf = ({shortfalls}: Case, {name, shortfall}: Measure): Shortfall | undefined =>
  shortfalls?.[name] ?? shortfall
