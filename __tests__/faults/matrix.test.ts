import {afterAll, beforeAll, expect, jest, test} from '@jest/globals'
import {nameOf} from './core/model.ts'
import type {CellResult} from './core/model.ts'
import {pool} from './core/pool.ts'
import {runCell} from './core/run-cell.ts'
import {Watcher} from './core/watcher.ts'
import {shortCells} from './short.ts'

jest.setTimeout(600_000)

// Most of a cell is waiting: for a service to settle, for a pause between two tries.
const LANES = 6
const cells = shortCells()
const watcher = new Watcher()
const results = new Map<string, CellResult | Error>()

beforeAll(async () => {
  await pool(cells, LANES, async (cell) => {
    results.set(nameOf(cell), await runCell(cell, watcher).catch((error: unknown) => error as Error))
  })
})
afterAll(() => {
  watcher.stop()
})

test('every action is among them', () => {
  expect(new Set(cells.map(({subject}) => subject.action)).size).toBe(9)
})

test.each(cells.map((cell) => [nameOf(cell)]))('%s', (name) => {
  const result = results.get(name)
  if (result instanceof Error) throw result
  expect({...result}).toMatchObject({broken: [], met: true})
})
