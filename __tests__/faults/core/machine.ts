import {execFileSync} from 'node:child_process'
import {cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileCommands} from '../../support/spawn-action.ts'
import type {ActionCall, ActionResult} from '../../support/spawn-action.ts'
import type {Machine} from './faults.ts'
import type {Room} from './model.ts'
import {nameless} from './nameless.ts'

/** A machine that gets out of order in the middle of a run. */
export interface Trouble {
  /** The call, led to what can break. */
  readonly call: ActionCall
  strike(): void
  /** The machine is in order again. */
  mend(): void
  /** Takes away what was mounted. */
  close(): void
  /** Adds what the runner would have read of files that filled up later. */
  amended?(result: ActionResult): ActionResult
}

/** Prepares a trouble that strikes later. @param folder of the cell, with `temp` in it */
export function trouble(what: Machine, room: Room, call: ActionCall, folder: string): Trouble {
  switch (what) {
    case 'no-output-file':
      return vanishing('GITHUB_OUTPUT', call, folder)
    case 'no-summary-file':
      return vanishing('GITHUB_STEP_SUMMARY', call, folder)
    case 'no-state-file':
      return vanishing('GITHUB_STATE', call, folder)
    case 'full-output':
      return fullOutputs(call, folder)
    case 'full-temp':
      return filling(join(folder, 'temp'), call)
    case 'full-workspace':
      return filling(call.workspace ?? '', call)
    case 'read-only-temp':
      return readOnly(join(folder, 'temp'), call)
    case 'no-names':
      return forgottenNames(room, call, folder)
    case 'no-network':
      throw new Error('From a phase on, this is the fault "network gone".')
  }
}

const COMMAND_FILES = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_STEP_SUMMARY']

function commandFiles(
  names: readonly string[],
  call: ActionCall,
  folder: string,
): [ActionCall, (name: string) => string] {
  const file = (name: string): string => join(folder, 'commands', name, 'file')
  for (const name of names) {
    mkdirSync(join(file(name), '..'), {recursive: true})
    writeFileSync(file(name), '')
  }
  return [{...call, env: {...call.env, ...Object.fromEntries(names.map((name) => [name, file(name)]))}}, file]
}

// With its folder: a file that can be made anew is not missed.
function vanishing(name: string, call: ActionCall, folder: string): Trouble {
  const [led, file] = commandFiles([name], call, folder)
  const strike = (): void => {
    rmSync(join(file(name), '..'), {recursive: true, force: true})
  }
  return {call: led, strike, mend: nothing, close: nothing}
}

// What was written before the disk was full is there.
function fullOutputs(call: ActionCall, folder: string): Trouble {
  const [led, file] = commandFiles(COMMAND_FILES, call, folder)
  const kept = new Map<string, string>()
  const read = (name: string): string => kept.get(name) ?? readFileSync(file(name), 'utf8')
  return {
    call: led,
    strike: () => {
      for (const name of COMMAND_FILES) {
        kept.set(name, readFileSync(file(name), 'utf8'))
        rmSync(file(name))
        symlinkSync('/dev/full', file(name))
      }
    },
    mend: nothing,
    close: nothing,
    amended: (result) => ({
      ...result,
      outputs: fileCommands(read('GITHUB_OUTPUT')),
      state: fileCommands(read('GITHUB_STATE')),
      summary: read('GITHUB_STEP_SUMMARY'),
    }),
  }
}

/** In MiB: much more than a run of a test leaves there. */
const DISK = 64

function filling(path: string, call: ActionCall): Trouble {
  const [aside, ballast] = [`${path}-aside`, join(path, 'ballast')]
  cpSync(path, aside, {recursive: true})
  mount('-t', 'tmpfs', '-o', `size=${String(DISK)}m,mode=0755`, 'tmpfs', path)
  cpSync(aside, path, {recursive: true})
  rmSync(aside, {recursive: true})
  return {
    call,
    strike: () => {
      try {
        execFileSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=1M'], {stdio: 'ignore'})
      } catch {
        // dd ends so when the disk is full: that is what is wanted.
      }
    },
    mend: () => {
      rmSync(ballast, {force: true})
    },
    close: () => {
      unmount(path)
    },
  }
}

// What is open stays writable, as the mount comes over the folder: only what is opened from now on is refused.
function readOnly(path: string, call: ActionCall): Trouble {
  let mounted = false
  const mend = (): void => {
    if (mounted) unmount(path)
    mounted = false
  }
  const strike = (): void => {
    mount('--bind', path, path)
    mounted = true
    mount('-o', 'remount,bind,ro', path)
  }
  return {call, strike, mend, close: mend}
}

function forgottenNames(room: Room, call: ActionCall, folder: string): Trouble {
  const hosts = join(folder, 'hosts')
  const known = existsSync('/etc/hosts') ? readFileSync('/etc/hosts', 'utf8') : ''
  writeFileSync(hosts, `${known}\n127.0.0.1 service.invalid\n`)
  const before = ['unshare', '--mount', 'bash', '-c', `mount --bind '${hosts}' /etc/hosts && exec "$@"`, 'bash']
  return {
    call: {...nameless(room, call), before},
    strike: () => {
      writeFileSync(hosts, known)
      for (const proxy of room.proxies) proxy.drop()
    },
    mend: nothing,
    close: nothing,
  }
}

function mount(...argv: readonly string[]): void {
  execFileSync('mount', argv, {stdio: 'pipe'})
}

function unmount(path: string): void {
  execFileSync('umount', ['--lazy', path], {stdio: 'pipe'})
}

function nothing(): void {
  // There is nothing to do.
}
