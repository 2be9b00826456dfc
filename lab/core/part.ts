import type {Install} from '../install/install.ts'
import type {LabPaths} from './paths.ts'
import type {PartState} from './state.ts'

/** What every part of the lab is given: made once at the edge. */
export interface World {
  readonly paths: LabPaths
  /** The environment the lab was started with. */
  readonly env: NodeJS.ProcessEnv
  /** Words before a command that needs root; undefined when this user cannot have it. */
  readonly root: readonly string[] | undefined
  /** One line of progress. */
  readonly say: (line: string) => void
}

/** A part while it is being started: the world, and the record that `down` will work from. */
export interface Starting extends World {
  /** Merges into the part's record and writes it at once: what is not recorded cannot be cleaned up after a crash. */
  readonly note: (change: Partial<PartState>) => void
  /** What other parts have recorded; those named in `after` are up by now. */
  readonly part: (name: string) => PartState
}

/** One part of the lab: an engine, an emulator, a cluster, a tool. */
export interface Part {
  readonly name: string
  /** Parts that must be up before this one is started. */
  readonly after: readonly string[]
  /**
   * What this machine lacks for the part; empty when it has everything.
   * @throws Error with one sentence for the user when the part cannot be had on this machine.
   */
  readonly installs: (world: World) => Promise<readonly Install[]>
  /** Starts the part, or takes up the machine's own, and returns when it works. */
  readonly start: (starting: Starting) => Promise<void>
  /** Undefined when the part works, otherwise what is wrong with it. */
  readonly health: (world: World, state: PartState) => Promise<string | undefined>
  /** Takes away everything `start` made, also after a start that failed half-way. */
  readonly stop: (world: World, state: PartState) => Promise<void>
}

/** The words that put a command under root. @throws Error when there is no root to be had. */
export function asRoot(world: World, why: string): readonly string[] {
  if (world.root) return world.root
  throw new Error(`${why} needs root: run as root, or allow this user sudo without a password.`)
}
