import {spawn} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals'
import {MARK} from './core/watcher.ts'
import {trendOf} from './soak/judge.ts'
import {processMeasures} from './soak/measures.ts'
import {sectionOf} from './soak/page.ts'
import {dice} from './soak/random.ts'
import {isSound, soak} from './soak/soak.ts'
import type {Soaked} from './soak/soak.ts'

const good = {fault: 'ecs: reset', end: 'ecs: succeeded', seconds: 1, wrong: []}
const DELIVERIES = 12

describe('what a delivery leaves behind is found', () => {
  const id = `soak-test-${String(process.pid)}`
  let folder = ''
  let children: ChildProcess[] = []
  let open: number[] = []

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-soak-test-'))
    for (const name of ['runner', 'tmp', 'home', 'checkout', 'root', 'docker']) mkdirSync(join(folder, name))
  })
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL')
    for (const descriptor of open) closeSync(descriptor)
    ;[children, open] = [[], []]
    rmSync(folder, {recursive: true, force: true})
  })

  // The daemons of a lab are no matter of this test.
  const measures = (peak: () => number) =>
    processMeasures(id, folder, peak).filter(({name}) => !name.includes('daemons'))

  async function after(leave: (number: number) => void, peak: () => number = () => 80): Promise<string[]> {
    const deliver = (number: number): Promise<typeof good> => {
      leave(number)
      return Promise.resolve(good)
    }
    const {trends} = await soak(DELIVERIES, deliver, measures(peak), () => undefined)
    return trends.filter(({grows}) => grows).map(({name}) => name)
  }

  test('nothing', async () => {
    expect(await after(() => undefined)).toEqual([])
  })
  test('a process', async () => {
    const left = await after(() => {
      children.push(spawn('sleep', ['600'], {env: {...process.env, [MARK]: id}, stdio: 'ignore'}))
    })
    expect(left).toContain('processes left')
  }, 60_000)
  test('a file in the home of the runner', async () => {
    const left = await after((number) => {
      writeFileSync(join(folder, 'home', String(number)), 'x')
    })
    expect(left).toEqual(['files in temp, home, checkout and the settings of Docker'])
  })
  test('a login in the settings of Docker, by one delivery in three', async () => {
    const left = await after((number) => {
      if (number % 3 === 0) writeFileSync(join(folder, 'docker', `config-${String(number)}`), '{"auth": "eA=="}')
    })
    expect(left).toContain('files with a login')
  })
  test('descriptors', async () => {
    const left = await after(() => {
      open.push(openSync('/dev/null', 'r'), openSync('/dev/null', 'r'))
    })
    expect(left).toEqual(['descriptors of this process'])
  })
  test('memory', async () => {
    let mib = 80
    expect(
      await after(
        () => undefined,
        () => (mib += 4),
      ),
    ).toEqual(['memory of an action at most, MiB'])
  })
})

describe('a trend', () => {
  const measure = {name: 'images', noise: 0}
  const made = (there: (at: number) => number, asked: (at: number) => number = () => 0, length = 40) =>
    trendOf(
      measure,
      Array.from({length}, (_, at) => ({there: there(at), asked: asked(at)})),
    )

  test('one for each delivery that was asked for is no growth, and two are', () => {
    expect(
      made(
        (at) => at + 3,
        (at) => at,
      ),
    ).toMatchObject({first: 3, last: 42, asked: 39, slope: 0, grows: false})
    expect(
      made(
        (at) => 2 * at,
        (at) => at,
      ),
    ).toMatchObject({slope: 1, grows: true})
  })
  test('one left behind in every tenth delivery is found', () => {
    expect(made((at) => Math.floor(at / 10)).grows).toBe(true)
  })
  test('what comes and goes is none', () => {
    expect(made((at) => at % 3).grows).toBe(false)
    expect(made((at) => (at === 39 ? 50 : 0)).grows).toBe(false)
  })
})

test('a delivery that did not arrive is told, whatever the counts say', async () => {
  const kept: Soaked[] = []
  const end = new AbortController()
  const deliver = (number: number) =>
    Promise.resolve(number === 2 ? {...good, wrong: ['ecs: the service runs app:7']} : good)
  const soaked = await soak(
    5,
    deliver,
    [],
    (so) => {
      kept.push(so)
      if (so.deliveries === 3) end.abort()
    },
    end.signal,
  )
  expect([isSound(soaked), soaked.wrong]).toEqual([false, ['delivery 2: ecs: the service runs app:7']])
  expect(kept.map(({deliveries}) => deliveries)).toEqual([1, 2, 3])
  const page = sectionOf({seed: 7, planned: 5, whole: true, ...soaked})
  expect(page).toContain('**3 deliveries in a row** in the lab (ended early: 5 were asked for), seed 7')
  expect(page).toContain('- delivery 2: ecs: the service runs app:7')
})

test('the same seed is the same chance', () => {
  const some = (seed: number): number[] => {
    const random = dice(seed)
    return Array.from({length: 20}, () => random.upTo(100))
  }
  expect(some(1)).toEqual(some(1))
  expect(some(1)).not.toEqual(some(2))
  expect(new Set(some(1)).size).toBeGreaterThan(10)
})
