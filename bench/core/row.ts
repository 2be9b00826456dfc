import type {LabEnvironment} from '../../lab/index.ts'
import type {Peers} from './peers.ts'
import type {Goal} from './statistics.ts'

/** The units of measures; they say how a number is written, too. */
export type Unit = 's' | 'MiB' | 'MB' | 'per minute' | 'calls'

/** Why a figure is not reached where it is not, and what to try next. */
export interface Shortfall {
  readonly why: string
  readonly next: string
}

/** One thing that is counted in every run. */
export interface Measure {
  readonly name: string
  readonly unit: Unit
  readonly goal?: Goal
  /** Printed below the table where the goal was not reached, and only there. */
  readonly shortfall?: Shortfall
}

/** The values of one run, by the name of their measure. */
export type Sample = Readonly<Record<string, number>>

/** The other side: a peer's published bundle, or the bare tool. */
export interface Other {
  /** With its version: `docker/login-action v4.1.0`. */
  readonly name: string
  /** Not given: it could not be had, and `missing` says why. */
  readonly run?: () => Promise<Sample>
  readonly missing?: string
}

/** One situation that both sides are put in. */
export interface Case {
  readonly name: string
  readonly measures: readonly Measure[]
  /** @throws when the run did not do what is being measured: a wrong figure is worse than none */
  readonly ours: () => Promise<Sample>
  readonly other?: Other
  /** Runs that are made at all, where one run says everything (the size of a file) or costs minutes. */
  readonly runs?: number
  /** By the name of a measure: what is to be said of this case instead of the measure's own words. */
  readonly shortfalls?: Readonly<Record<string, Shortfall>>
  /** A sentence for the reader of the table. */
  readonly note?: string
}

/** What a row is given. */
export interface Bench {
  readonly peers: Peers
  /** The short form, for CI: smaller inputs, the same situations. */
  readonly short: boolean
  /** @throws when the lab is not up */
  readonly lab: () => LabEnvironment
}

/** A row that stands ready: servers listen, repositories are made. */
export interface Opened {
  readonly cases: readonly Case[]
  readonly close: () => Promise<void>
}

/** One row of the benchmarks: a file in `rows/`. */
export interface Row {
  /** For `--only`. */
  readonly name: string
  /** What is measured, as a heading. */
  readonly title: string
  /** What is done in a run, and how the clock is read. */
  readonly how: string
  readonly needsLab: boolean
  /** Left out of the short form: a run takes minutes. */
  readonly long?: boolean
  readonly open: (bench: Bench) => Promise<Opened>
}
