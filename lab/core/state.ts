import {mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {z} from 'zod'
import type {LabPaths} from './paths.ts'

const daemon = z.object({name: z.string(), pid: z.number(), born: z.string(), log: z.string()})

const partState = z.object({
  /** True once the part was seen healthy; a crash leaves false, and then `up` starts it anew. */
  ready: z.boolean(),
  version: z.string(),
  address: z.string(),
  /** Whether the part is the machine's own; such a part is never stopped. */
  borrowed: z.boolean(),
  daemons: z.array(daemon),
  /** What the part gives to the environment of everything that uses the lab. */
  vars: z.record(z.string(), z.string()),
  /** Folders the part puts before PATH. */
  path: z.array(z.string()),
  /** What the part must remember to stop itself. */
  notes: z.record(z.string(), z.string()),
})

const labState = z.object({version: z.literal(1), parts: z.record(z.string(), partState)})

/** What is recorded about one part. */
export type PartState = z.infer<typeof partState>
/** What is recorded about the running lab. */
export type LabState = z.infer<typeof labState>

/** The state of a part of which nothing runs yet. */
export function emptyPart(): PartState {
  return {ready: false, version: '', address: '', borrowed: false, daemons: [], vars: {}, path: [], notes: {}}
}

const fileOf = (paths: LabPaths): string => join(paths.run, 'state.json')

/** The recorded state, empty when nothing was started. A file that cannot be understood is an error, not an empty lab. */
export function readState(paths: LabPaths): LabState {
  let text: string
  try {
    text = readFileSync(fileOf(paths), 'utf8')
  } catch {
    return {version: 1, parts: {}}
  }
  const parsed = labState.safeParse(JSON.parse(text))
  if (!parsed.success)
    throw new Error(`${fileOf(paths)} is not a lab state of this version: remove it after stopping what it names.`)
  return parsed.data
}

/** Writes the state as a whole or not at all, so that a crash never leaves half of it. */
export function writeState(paths: LabPaths, state: LabState): void {
  mkdirSync(paths.run, {recursive: true})
  const file = fileOf(paths)
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`)
  renameSync(`${file}.new`, file)
}
