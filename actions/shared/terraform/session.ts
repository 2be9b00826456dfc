import {readFile, rm} from 'node:fs/promises'
import {join, resolve} from 'node:path'
import type {Finished, LiveOptions} from '../core/exec.ts'
import type {World} from '../core/world.ts'
import {QUIET_ENVIRONMENT} from './tool.ts'
import type {Tool} from './tool.ts'

/** A tool at work in one root module. */
export interface Session {
  readonly world: World
  readonly tool: Tool
  /** The root module's folder, absolute. */
  readonly folder: string
  /** The root module's folder as the user wrote it, relative to the checkout: `terraform`. */
  readonly root: string
  /** Where the tool keeps its settings: `.terraform`, or TF_DATA_DIR. Absolute. */
  readonly dataFolder: string
  /** Runs a quick command to its end, quietly. */
  call(argv: readonly string[]): Promise<Finished>
  /** Runs a quick command whose output is large: it goes into a new private file. */
  save(argv: readonly string[], file: string): Promise<Finished>
  /**
   * Runs a long command, with workflow commands switched off while it talks; a cancelled run passes on exactly one
   * interrupt and waits for the tool to let go. When this process is killed the tool goes on: it holds a lock, and what it
   * has done must get into the state.
   */
  live(
    argv: readonly string[],
    onLine: NonNullable<LiveOptions['onLine']>,
    options?: Pick<LiveOptions, 'keep' | 'onStart'>,
  ): Promise<Finished>
}

/** Where a session works. */
export interface Place {
  readonly folder: string
  readonly root: string
  /** Added to the tool's environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * A state server of the kind `http` that is busy or away gets five tries within 15 s instead of three within 3 s, as many
 * as other backends give theirs; `retry_max` in the configuration wins
 * (https://developer.hashicorp.com/terraform/language/backend/http).
 */
const PATIENT_RETRIES = '4'

/** Opens a session; nothing is run yet. */
export function openSession(world: World, tool: Tool, place: Place): Session {
  const retries = world.env['TF_HTTP_RETRY_MAX'] || PATIENT_RETRIES
  const env = {...QUIET_ENVIRONMENT, TF_HTTP_RETRY_MAX: retries, ...place.env}
  const common = {cwd: place.folder, env}
  return {
    world,
    tool,
    folder: place.folder,
    root: place.root,
    dataFolder: resolve(place.folder, world.env['TF_DATA_DIR'] ?? '.terraform'),
    call: (argv) => world.processes.call(tool.path, argv, common),
    save: (argv, file) => world.processes.save(tool.path, argv, file, common),
    live: (argv, onLine, options) =>
      world.log.fenced(() =>
        world.processes.live(tool.path, argv, {
          ...common,
          onLine,
          cancel: world.cancel,
          outlives: true,
          ...options,
        }),
      ),
  }
}

/** The text of a file that the tool keeps in its data folder, or undefined when there is none. */
export async function dataFile(session: Session, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(session.dataFolder, name), 'utf8')
  } catch {
    return undefined
  }
}

/** Removes such a file. */
export async function forgetDataFile(session: Session, name: string): Promise<void> {
  await rm(join(session.dataFolder, name), {force: true})
}
