import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {labPaths} from '../../lab/core/paths.ts'
import type {LabPaths} from '../../lab/core/paths.ts'
import {clockTime, lineProgress, readTimes} from '../../lab/core/progress.ts'
import {fingerprint, installAll, installFolder, isInstalled} from '../../lab/install/install.ts'
import type {Install} from '../../lab/install/install.ts'

let folder: string
let paths: LabPaths
let said: string[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-'))
  paths = labPaths({SLIPWAY_LAB_CACHE: folder})
  said = []
})
afterEach(() => {
  rmSync(folder, {recursive: true})
})

const thing = (name: string, recipe: string, build: (folder: string) => Promise<void>): Install => ({
  name,
  fingerprint: fingerprint(recipe),
  lane: 'cpu',
  build,
})

async function carryOut(...installs: Install[]): Promise<void> {
  const progress = lineProgress((line) => said.push(line))
  try {
    await installAll(paths, installs, progress)
  } finally {
    progress.close()
  }
}

const writes = (text: string) => (into: string) => {
  writeFileSync(join(into, 'made'), text)
  return Promise.resolve()
}

describe('installing', () => {
  it('carries a recipe out once, and again only when the recipe is another', async () => {
    await carryOut(thing('tool', 'one', writes('first')))
    await carryOut(thing('tool', 'one', () => Promise.reject(new Error('not again'))))
    expect(readFileSync(join(installFolder(paths, 'tool'), 'made'), 'utf8')).toBe('first')
    await carryOut(thing('tool', 'two', writes('second')))
    expect(readFileSync(join(installFolder(paths, 'tool'), 'made'), 'utf8')).toBe('second')
  })

  it('does not take what was interrupted for installed, and starts it over in an empty folder', async () => {
    const broken = thing('tool', 'one', (into) => {
      writeFileSync(join(into, 'half'), 'half')
      return Promise.reject(new Error('the network went away'))
    })
    await expect(carryOut(broken)).rejects.toThrow('the network went away')
    expect(isInstalled(paths, broken)).toBe(false)
    await carryOut(thing('tool', 'one', writes('whole')))
    expect(() => readFileSync(join(installFolder(paths, 'tool'), 'half'))).toThrow('ENOENT')
  })

  it('keeps what succeeded beside a failure, and names every failure', async () => {
    const fails = (name: string): Install => thing(name, 'r', () => Promise.reject(new Error(`${name} is gone`)))
    const good = thing('good', 'r', writes('good'))
    const failure: unknown = await carryOut(fails('a'), good, fails('b')).catch((error: unknown) => error)
    expect((failure as AggregateError).errors.map(String)).toEqual(['Error: a is gone', 'Error: b is gone'])
    expect(isInstalled(paths, good)).toBe(true)
  })

  it('says how long a thing took last time', async () => {
    await carryOut(thing('tool', 'one', writes('first')))
    expect(readTimes(paths)).toEqual({tool: 0})
    await carryOut(thing('tool', 'two', writes('second')))
    expect(said).toContain('  ▸ tool (0:00 last time)')
  })

  it.each([
    [0, '0:00'],
    [59.6, '1:00'],
    [95, '1:35'],
    [600, '10:00'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(clockTime(seconds)).toBe(text)
  })
})

it('refuses a cache folder in which no socket could be opened', () => {
  expect(() => labPaths({SLIPWAY_LAB_CACHE: `/${'deep/'.repeat(20)}`})).toThrow(
    'set SLIPWAY_LAB_CACHE to a shorter path',
  )
})
