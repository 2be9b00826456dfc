import {existsSync, rmSync} from 'node:fs'
import {delimiter} from 'node:path'
import {withLock} from './core/lock.ts'
import {rootPrefix} from './core/machine.ts'
import type {Part, World} from './core/part.ts'
import {labPaths} from './core/paths.ts'
import {lineProgress, type Progress} from './core/progress.ts'
import {attempt} from './core/run.ts'
import {emptyPart, readState, writeState, type LabState, type PartState} from './core/state.ts'
import {installAll, isInstalled, type Install} from './install/install.ts'
import {PARTS} from './parts/index.ts'

/** One row of the lab's table. */
export interface PartStatus {
  readonly name: string
  readonly version: string
  readonly address: string
  /** Undefined when the part works. */
  readonly trouble: string | undefined
}

/** Where the lab reports to, a line at a time. */
export interface LabOptions {
  readonly log?: (line: string) => void
  readonly env?: NodeJS.ProcessEnv
}

async function makeWorld(options: LabOptions): Promise<World> {
  const paths = labPaths(options.env)
  const env = withoutLab(options.env ?? process.env, paths.cache)
  const say = options.log ?? ((line: string) => process.stdout.write(`${line}\n`))
  if (process.platform !== 'linux') {
    throw new Error(
      `The lab needs Linux, and this is ${process.platform}: open the repository in its dev container (.devcontainer).`,
    )
  }
  return {paths, env, say, root: await rootPrefix()}
}

/** What the machine has must not be read off an environment that the lab itself has set up (`eval "$(… lab -- env)"`). */
function withoutLab(env: NodeJS.ProcessEnv, cache: string): NodeJS.ProcessEnv {
  const path = (env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.startsWith(cache))
  const others = Object.entries(env).filter(([, value]) => !value?.replace(/^unix:\/\//, '').startsWith(cache))
  return {...Object.fromEntries(others), PATH: path.join(delimiter), SLIPWAY_LAB_CACHE: cache}
}

/** Does something to the lab while nobody else does. */
async function alone<T>(world: World, work: () => Promise<T>): Promise<T> {
  const onWait = (pid: string): void => {
    world.say(`Another lab command (pid ${pid}) is at work; waiting for it.`)
  }
  return withLock(world.paths.cache, onWait, work)
}

/**
 * Brings every part up: installs what is missing, takes up what runs, starts the rest. Safe to repeat, also after a crash.
 * @throws Error naming the parts that cannot be had here or did not start; what did start stays up for a second try.
 */
export async function up(options: LabOptions = {}): Promise<PartStatus[]> {
  const world = await makeWorld(options)
  return alone(world, async () => {
    const progress = lineProgress(world.say)
    try {
      await prepare(world, progress)
      await startAll(world, progress)
    } finally {
      progress.close()
    }
    return statusOf(world)
  })
}

/** Everything the parts need here. @throws Error that names all that cannot be had, before anything is downloaded. */
async function wantedInstalls(world: World): Promise<Install[]> {
  const answers = await Promise.allSettled(PARTS.map(async (part) => await part.installs(world)))
  const refusals = answers.flatMap((answer) => (answer.status === 'rejected' ? [reasonOf(answer.reason)] : []))
  if (refusals.length > 0) throw new Error([...new Set(refusals)].join('\n'))
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
}

/** Why the lab cannot be had on this machine, one line for each thing that is missing; undefined where it can. Changes nothing. */
export async function labProblem(options: LabOptions = {}): Promise<string | undefined> {
  try {
    await wantedInstalls(await makeWorld(options))
    return undefined
  } catch (error) {
    return reasonOf(error)
  }
}

/** Installs what the machine lacks. */
async function prepare(world: World, progress: Progress): Promise<void> {
  const wanted = await wantedInstalls(world)
  const missing = wanted.filter((install) => !isInstalled(world.paths, install))
  if (missing.length > 0)
    world.say(`Preparing, once: ${missing.map(({name}) => name).join(', ')} -> ${world.paths.installs}`)
  await installAll(world.paths, wanted, progress)
}

const reasonOf = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason))

/** Starts parts side by side, each once those it builds upon are up. */
async function startAll(world: World, progress: Progress): Promise<void> {
  const state = readState(world.paths)
  const started = new Map<string, Promise<void>>()
  for (const part of PARTS) {
    const before = part.after.map((name) => started.get(name) ?? Promise.resolve())
    started.set(
      part.name,
      Promise.all(before).then(() => startPart(world, part, state, progress)),
    )
  }
  const ended = await Promise.allSettled([...started.values()])
  const failed = new Set(ended.flatMap((one) => (one.status === 'rejected' ? [reasonOf(one.reason)] : [])))
  if (failed.size > 0) throw new Error([...failed].join('\n'))
}

async function startPart(world: World, part: Part, state: LabState, progress: Progress): Promise<void> {
  const found = state.parts[part.name]
  if (found?.ready && (await part.health(world, found)) === undefined) return
  if (found) await part.stop(world, found) // a crash, or a part that ended: its remains must not stand in the way
  const draft = emptyPart()
  const note = (change: Partial<PartState>): void => {
    Object.assign(draft, change)
    state.parts[part.name] = draft
    writeState(world.paths, state)
  }
  const done = progress.begin(`start ${part.name}`)
  try {
    await part.start({...world, note, part: (name) => state.parts[name] ?? emptyPart()})
  } catch (error) {
    done('failed')
    throw new Error(`${part.name}: ${reasonOf(error)}`, {cause: error})
  }
  note({ready: true})
  done()
}

/** Stops what the lab started, in the opposite order, and removes what it left on this machine. Installs stay. */
export async function down(options: LabOptions = {}): Promise<void> {
  const world = await makeWorld(options)
  await alone(world, async () => {
    const state = readState(world.paths)
    for (const part of [...PARTS].reverse()) {
      const recorded = state.parts[part.name]
      if (!recorded) continue
      if (!recorded.borrowed && recorded.daemons.length > 0) world.say(`  ▾ ${part.name}`)
      await part.stop(world, recorded)
      state.parts = Object.fromEntries(Object.entries(state.parts).filter(([name]) => name !== part.name))
      writeState(world.paths, state)
    }
    if (existsSync(world.paths.run)) await removeRun(world)
  })
}

/** Files of the node belong to root, also when the lab was started through sudo. */
async function removeRun(world: World): Promise<void> {
  if (world.root && world.root.length > 0)
    await attempt([...world.root, 'rm', '-rf', '--one-file-system', world.paths.run])
  rmSync(world.paths.run, {recursive: true, force: true})
}

async function statusOf(world: World): Promise<PartStatus[]> {
  const state = readState(world.paths)
  return Promise.all(
    PARTS.map(async (part) => {
      const recorded = state.parts[part.name]
      if (!recorded) return {name: part.name, version: '', address: '', trouble: 'down'}
      const {version, address, ready} = recorded
      const trouble = ready ? await part.health(world, recorded) : 'did not finish starting'
      return {name: part.name, version, address, trouble}
    }),
  )
}

/** The state of every part, asked from the parts themselves. */
export async function status(options: LabOptions = {}): Promise<PartStatus[]> {
  return statusOf(await makeWorld(options))
}
