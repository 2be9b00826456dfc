import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {basename, dirname, join} from 'node:path'
import {spawnAction} from '../../support/spawn-action.ts'
import type {ActionCall, ActionResult} from '../../support/spawn-action.ts'
import {arm} from './arm.ts'
import type {Armed} from './arm.ts'
import {START} from './cells.ts'
import type {SignalFault} from './faults.ts'
import {judged} from './invariants.ts'
import type {Evidence} from './invariants.ts'
import type {Cell, CellResult, Room, RoomWish} from './model.ts'
import {endProcessesOf, MARK, processesOf} from './watcher.ts'
import type {Watcher} from './watcher.ts'

let cells = 0

/** Runs an action under a fault, its post step as the runner does, and then once more without the fault. */
export async function runCell(cell: Cell, watcher: Watcher, show?: (text: string) => void): Promise<CellResult> {
  const id = `${String(process.pid)}-${String((cells += 1))}`
  const folder = mkdtempSync(join(tmpdir(), 'slipway-fault-'))
  const room = await cell.subject.room(noiseOf(cell))
  watcher.guard(id, room.secrets)
  try {
    const evidence = await play(cell, room, id, folder, watcher)
    if (show !== undefined) for (const run of [evidence.main, evidence.post, evidence.again]) show(run?.log ?? '')
    return resultOf(cell, evidence)
  } finally {
    endProcessesOf(id)
    await room.close()
    rmSync(folder, {recursive: true, force: true})
  }
}

function noiseOf({subject, phase, fault}: Cell): RoomWish {
  if (fault.family !== 'tool') return {}
  const {calls = []} = subject.phases.find(({name}) => name === phase) ?? {}
  return {noise: {what: fault.name.includes('UTF-8') ? 'broken-utf8' : 'flood', calls}}
}

async function play(cell: Cell, room: Room, id: string, folder: string, watcher: Watcher): Promise<Evidence> {
  const armed = await arm(cell, room, inFolder(room.call, id, folder), id, folder)
  try {
    return await playArmed(cell, armed, room, id, folder, watcher)
  } finally {
    armed.close?.()
  }
}

async function playArmed(
  cell: Cell,
  armed: Armed,
  room: Room,
  id: string,
  folder: string,
  watcher: Watcher,
): Promise<Evidence> {
  const {subject, fault} = cell
  const ended = await run(cell, armed.call, id)
  const main = armed.amended?.(ended) ?? ended
  const alone = (fault as Partial<SignalFault>).alone === true
  const post = subject.post && !alone ? await run(cell, afterwards(armed.call, main), id) : undefined
  await armed.disarm()
  const traces = await tracesOf(cell, main, room, id, folder)
  const became = await targetOf(room)
  endProcessesOf(id)
  const next = (await room.again?.()) ?? room.call
  const again = await run(cell, inFolder(next, id, folder), id)
  if (subject.post) await run(cell, afterwards(inFolder(next, id, folder), again), id)
  const seen = {secretInProcessList: watcher.sawSecretOf(id), shown: room.shown?.() ?? '', secrets: room.secrets}
  const standingAgain = await room.standing()
  return {cell, met: armed.met(), main, post, ...became, again, standingAgain, ...traces, ...seen}
}

/** What main and post left behind, and what they must have said. */
async function tracesOf(
  cell: Cell,
  main: ActionResult,
  room: Room,
  id: string,
  folder: string,
): Promise<Pick<Evidence, 'left' | 'toSay' | 'causes'>> {
  const causes = isSeen(cell, main, room) ? (room.causes?.() ?? []) : []
  // A runner that is gone as well takes its processes and its folder with it.
  if ((cell.fault as Partial<SignalFault>).alone === true) return {left: [], toSay: [], causes}
  const left = [...(await remaining(id)), ...room.left()]
  const files = secretFiles(room, folder)
  const toSay = room.toSay?.() ?? []
  // What cannot be removed must be told instead.
  if (cell.fault.name === 'RUNNER_TEMP read-only')
    return {left, toSay: [...toSay, ...files.map((path) => basename(dirname(path)))], causes}
  const secret = isLeftToRunner(cell, main) ? [] : files
  return {left: [...left, ...secret.map((path) => `a file with a login or a secret is left: ${path}`)], toSay, causes}
}

// What a run is cut off from, or is ended before, it cannot tell.
function isSeen({fault}: Cell, main: ActionResult, room: Room): boolean {
  if (room.changes() === 0 || main.outputs['failure-reason'] === 'cancelled') return false
  return fault.passes === true || (fault.family === 'machine' && !/^no (?:network|DNS)/.test(fault.name))
}

// The runner empties RUNNER_TEMP itself: where no post step comes after a kill, or one that does not know what for.
function isLeftToRunner({subject, phase, fault}: Cell, {signal}: ActionResult): boolean {
  return (signal === 'SIGKILL' && !subject.post) || (fault.name === 'GITHUB_STATE missing' && phase !== START)
}

async function targetOf(room: Room): Promise<Pick<Evidence, 'standing' | 'changes' | 'owing'>> {
  return {standing: await room.standing(), changes: room.changes(), owing: room.owing?.() ?? []}
}

function inFolder(call: ActionCall, id: string, folder: string): ActionCall {
  const [temp, home] = [join(folder, 'temp'), join(folder, 'home')]
  for (const path of [temp, home]) mkdirSync(path, {recursive: true})
  return {...call, env: {RUNNER_TEMP: temp, HOME: home, ...call.env, [MARK]: id}}
}

function afterwards(call: ActionCall, main: ActionResult): ActionCall {
  const {inputs = {}, env = {}, path = [], before = []} = call
  return {inputs, env, path, before, entry: 'post', state: main.state}
}

// A run that does not end is ended, with all that it started; the rule of bounded time then tells.
async function run({subject}: Cell, call: ActionCall, id: string): Promise<ActionResult> {
  let overdue: NodeJS.Timeout | undefined
  try {
    return await spawnAction(subject.action, {
      ...call,
      onStart: (child) => {
        call.onStart?.(child)
        overdue = setTimeout(() => {
          endProcessesOf(id)
        }, subject.limitMs + 2000)
      },
    })
  } finally {
    clearTimeout(overdue)
  }
}

const GRACE_MS = 1500

// Children that are ending get a moment for it.
async function remaining(id: string): Promise<string[]> {
  const until = Date.now() + GRACE_MS
  while (processesOf(id).length > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50))
  return processesOf(id).map(({command}) => `a process is left: ${command.slice(0, 120)}`)
}

function secretFiles({secrets, handedOn}: Room, folder: string): string[] {
  return filesBelow(folder)
    .filter((path) => handedOn?.test(path) !== true && statSync(path).size < 10_000_000)
    .filter((path) => {
      const text = readFileSync(path, 'latin1')
      return secrets.some((secret) => text.includes(secret)) || /"auth"\s*:|current-context:/.test(text)
    })
    .map((path) => path.slice(folder.length + 1))
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, {withFileTypes: true, recursive: true})
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

function resultOf(cell: Cell, evidence: Evidence): CellResult {
  const {main, again, met, standing, changes} = evidence
  const {broken, limits} = judged(evidence)
  const {subject, phase, fault} = cell
  return {
    action: subject.action,
    situation: subject.situation,
    phase: fault.whole === true ? 'from the start' : phase,
    fault: fault.name,
    family: fault.family,
    met,
    exit: main.signal ?? String(main.code),
    status: main.outputs['status'] ?? '',
    reason: main.outputs['failure-reason'] ?? '',
    standing,
    changes,
    again: `${String(again?.code)} ${again?.outputs['status'] ?? ''}`.trim(),
    seconds: Math.round(main.tookMs / 100) / 10,
    broken,
    ...(limits.length > 0 && {limits}),
    said: main.errors[0] ?? '',
  }
}
