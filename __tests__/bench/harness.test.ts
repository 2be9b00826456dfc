import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {jest} from '@jest/globals'
import {measureRow} from '../../bench/core/harness.ts'
import {peersIn} from '../../bench/core/peers.ts'
import {markdown} from '../../bench/core/report.ts'
import type {Machine} from '../../bench/core/report.ts'
import type {Bench, Case, Row} from '../../bench/core/row.ts'
import {runStep} from '../../bench/core/step.ts'
import {planText} from '../../bench/loopback/big-plan.ts'

jest.setTimeout(30_000)

const bench: Bench = {
  peers: peersIn(undefined),
  short: false,
  lab: () => {
    throw new Error('The lab is not up')
  },
}
const machine: Machine = {cpu: 'CPU', cores: 2, memoryGiB: 24, system: 'Linux', node: '24.0.0'}
const said: string[] = []
const print = (line: string): void => {
  said.push(line)
}
let closed = 0
const row = (cases: readonly Case[], open = (): void => undefined): Row => ({
  name: 'r',
  title: 'A row',
  how: 'How.',
  needsLab: false,
  open: () => {
    open()
    return Promise.resolve({
      cases,
      close: () => {
        closed++
        return Promise.resolve()
      },
    })
  },
})
const wall = {name: 'wall', unit: 's', goal: {kind: 'ratio', max: 0.6}} as const

beforeEach(() => {
  said.length = 0
  closed = 0
})

test('both sides run in turns, and each is first every second time', async () => {
  const order: string[] = []
  const side = (name: string, seconds: number) => () => {
    order.push(name)
    return Promise.resolve({wall: seconds})
  }
  const one: Case = {name: 'c', measures: [wall], ours: side('o', 1), other: {name: 'peer v1', run: side('t', 4)}}
  const result = await measureRow(row([one]), bench, 4, print)
  expect(order.join('')).toBe('ottootto')
  expect(result.lines).toEqual([expect.objectContaining({ratio: 0.25, reached: true, other: 'peer v1'})])
})

test('a peer that is not at hand is said aloud, and ours is still measured', async () => {
  const missing = bench.peers.find('docker/login-action')
  if (typeof missing !== 'string') throw new Error('It was found.')
  const one: Case = {name: 'c', measures: [wall], ours: () => Promise.resolve({wall: 1}), other: {name: 'p', missing}}
  const result = await measureRow(row([one]), bench, 2, print)
  expect(said[0]).toBe('! c: not measured: SLIPWAY_BENCH_PEERS names no folder of checkouts')
  expect(result.lines[0]).toMatchObject({ours: {n: 2}, theirs: undefined, reached: undefined})
})

test('a run that fails costs its case alone, is in the table, and the row is closed', async () => {
  const bad: Case = {name: 'bad', measures: [wall], ours: () => Promise.reject(new Error('ended with 1'))}
  const good: Case = {name: 'good', measures: [wall], ours: () => Promise.resolve({wall: 1})}
  const result = await measureRow(row([bad, good]), bench, 1, print)
  expect(result.lines.map((line) => line.case)).toEqual(['good'])
  expect(result.trouble).toEqual(['bad: ended with 1'])
  expect(closed).toBe(1)
})

test('a row that cannot be opened says why', async () => {
  const result = await measureRow(row([], bench.lab), bench, 1, print)
  expect(result.trouble).toEqual(['r: The lab is not up'])
})

test('the table: medians with their spread, the goal, the mark; what would break a cell is escaped', async () => {
  let at = 0
  const ours = (): Promise<{wall: number}> => Promise.resolve({wall: ++at})
  const other = {name: 'a|b', run: () => Promise.resolve({wall: 2})}
  const result = await measureRow(row([{name: 'c', measures: [wall], ours, other}]), bench, 3, print)
  const text = markdown({short: false, machine, rows: [{...result, load: [0.1, 0.2]}]})
  expect(text).toContain('| c | wall | 2.00 s (1.00..3.00) | 2.00 s | a\\|b | 1.00 | ≤ 0.6 of theirs | ✗ | 3 |')
  expect(text).toContain(
    'Of 1 figures to reach, 0 are reached, 1 are not (1 of them with no reason given), 0 could not be told.',
  )
  expect(text).toContain('load 0.1 at the start, 0.2 at the end.\n')
  const crowded = markdown({short: false, machine, rows: [{...result, load: [0.1, 3]}]})
  expect(crowded).toContain('load 0.1 at the start, 3.0 at the end. That is more work than processors')
})

describe('a figure that is not reached', () => {
  const shortfall = {why: 'Bare Node is most of it.', next: 'none.'}
  const one = (name: string, seconds: number, more: Partial<Case> = {}): Case => ({
    name,
    measures: [{...wall, shortfall}],
    ours: () => Promise.resolve({wall: seconds}),
    other: {name: 'peer', run: () => Promise.resolve({wall: 1})},
    ...more,
  })
  const table = async (cases: readonly Case[]): Promise<string> =>
    markdown({short: false, machine, rows: [await measureRow(row(cases), bench, 1, print)]})

  test('has its reason and the next idea below the table, once for all that are missed for it', async () => {
    const text = await table([one('slow', 1), one('slower', 2), one('fast', 0.1)])
    expect(text).toContain(
      'Not reached:\n\n- *slow* (wall) · *slower* (wall): Bare Node is most of it. Next idea: none.\n',
    )
    expect(text).not.toContain('*fast*')
    expect(text).not.toContain('no reason given')
  })

  test('may have words of its own in one case', async () => {
    const own = {wall: {why: 'It starts three processes.', next: 'start two.'}}
    expect(await table([one('slow', 1, {shortfalls: own})])).toContain(
      '- *slow* (wall): It starts three processes. Next idea: start two.',
    )
  })

  test('is shown as one that nobody explained, and counted, when there is no reason', async () => {
    const text = await table([one('slow', 1, {measures: [wall]}), one('slower', 2)])
    expect(text).toContain('2 are not (1 of them with no reason given)')
    expect(text).toContain('- *slow* (wall): **no reason given**.')
  })

  test('says nothing where all are reached', async () => {
    const text = await table([one('fast', 0.1)])
    expect(text).toContain('0 are not,')
    expect(text).not.toContain('Not reached')
  })
})

describe('a step as the runner starts it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-test-'))
  const main = join(folder, 'index.js')
  afterAll(() => {
    rmSync(folder, {recursive: true, force: true})
  })

  test('what a child used is counted with the step, and outputs are read', async () => {
    const burn = 'const end = Date.now() + 300; while (Date.now() < end);'
    writeFileSync(
      main,
      `require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(burn)}])
require('node:fs').appendFileSync(process.env.GITHUB_OUTPUT, 'mode=' + process.env.INPUT_MODE)`,
    )
    const cost = await runStep({main, defaults: {mode: 'deploy'}}, {exits: 0, says: /mode=deploy/})
    expect(cost.cpu).toBeGreaterThan(0.15)
    expect(cost.wall).toBeGreaterThan(0.3)
    expect(cost.peak).toBeGreaterThan(20)
  })

  test('a run that did something else is not counted', async () => {
    writeFileSync(main, "console.log('nothing to do')")
    await expect(runStep({main, defaults: {}}, {exits: 0, says: /deployed/})).rejects.toThrow(/ended with 0, not with/)
    await expect(runStep({main, defaults: {}}, {exits: 1})).rejects.toThrow('nothing to do')
  })

  test('a run over its limit is ended, the command with it', async () => {
    writeFileSync(main, 'setInterval(() => {}, 1000)')
    await expect(runStep({main, defaults: {}}, {exits: 0, limit: 1})).rejects.toThrow('ended with -9')
  })
})

test('a peer is found by its checkout, with the version that a file names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-peers-'))
  const checkout = join(folder, 'docker__login-action')
  mkdirSync(checkout)
  writeFileSync(
    join(checkout, 'action.yml'),
    'inputs: {token: {default: "${{ github.token }}"}}\nruns: {main: index.js}\n',
  )
  expect(peersIn(folder).find('docker/login-action')).toMatch(/no bundle committed/)
  writeFileSync(join(checkout, 'index.js'), '')
  writeFileSync(join(checkout, 'VERSION'), 'v4.1.0\n')
  expect(peersIn(folder).find('docker/login-action')).toMatchObject({
    title: 'docker/login-action v4.1.0',
    main: join(checkout, 'index.js'),
    defaults: {token: expect.stringMatching(/^ghs_/) as string},
  })
  expect(peersIn(folder).find('docker/other')).toMatch(/has no docker\/other/)
  rmSync(folder, {recursive: true, force: true})
})

test('a tool that is a program is found by its executable `run`, and says so when it is not there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-peers-'))
  const tool = join(folder, 'acme__tool')
  mkdirSync(tool)
  expect(peersIn(undefined).program('acme/tool')).toMatch(/names no folder of checkouts/)
  expect(peersIn(folder).program('acme/tool')).toBe('not measured: SLIPWAY_BENCH_PEERS has no acme/tool')
  writeFileSync(join(tool, 'run'), '')
  expect(peersIn(folder).program('acme/tool')).toEqual({path: join(tool, 'run')})
  rmSync(folder, {recursive: true, force: true})
})

test('the text of a big plan says of itself what it holds', () => {
  const text = planText(12)
  const said = (what: string): number => text.split(what).length - 1
  const [added, changed, destroyed, replaced] = [
    'will be created',
    'updated in-place',
    'will be destroyed',
    'must be replaced',
  ].map(said)
  expect([added, changed, destroyed, replaced]).toEqual([3, 3, 2, 2])
  expect(text).toContain('Plan: 5 to add, 3 to change, 4 to destroy.')
})
