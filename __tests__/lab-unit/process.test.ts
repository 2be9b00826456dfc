import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {withLock} from '../../lab/core/lock.ts'
import {waitFor} from '../../lab/core/poll.ts'
import {isAlive, logTail, startDaemon, stopDaemon} from '../../lab/core/process.ts'
import {attempt, must, ToolError} from '../../lab/core/run.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-'))
})
afterEach(() => {
  rmSync(folder, {recursive: true})
})

const daemon = (...argv: string[]): ReturnType<typeof startDaemon> =>
  startDaemon({name: 'sleeper', argv, log: join(folder, 'logs/sleeper.log')})

describe('processes that outlive the command', () => {
  it('are stopped by the pid and the birth that were recorded', async () => {
    const sleeper = await daemon('sleep', '600')
    expect(isAlive(sleeper)).toBe(true)
    await stopDaemon(sleeper)
    expect(isAlive(sleeper)).toBe(false)
  })

  it('are left alone when the pid belongs to another by now', async () => {
    const sleeper = await daemon('sleep', '600')
    await stopDaemon({...sleeper, born: '1'})
    expect(isAlive(sleeper)).toBe(true)
    await stopDaemon(sleeper)
  })

  it('are killed when they do not go by themselves, with the children of their group', async () => {
    const stubborn = await daemon('sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 1; done')
    const ready = (): Promise<true | undefined> => Promise.resolve(logTail(stubborn.log) === 'ready' || undefined)
    await waitFor(ready, {seconds: 10, what: 'the shell'})
    await stopDaemon(stubborn, 0.3)
    expect(isAlive(stubborn)).toBe(false)
    const group = await attempt(['pgrep', '--runstates', 'DRST', '--pgroup', String(stubborn.pid)])
    expect(group.stdout).toBe('')
  })

  it('that cannot be started at all are an error', async () => {
    await expect(daemon('/no/such/program')).rejects.toThrow('ENOENT')
  })
})

describe('waiting', () => {
  it('ends as soon as what it waits for is doomed', async () => {
    const never = (): Promise<undefined> => Promise.resolve(undefined)
    const waiting = waitFor(never, {seconds: 60, what: 'The server', doomed: () => 'it ended'})
    await expect(waiting).rejects.toThrow('The server: it ended')
  })

  it('ends with what did not come', async () => {
    const never = (): Promise<undefined> => Promise.resolve(undefined)
    await expect(waitFor(never, {seconds: 0, what: 'The server'})).rejects.toThrow(
      'The server did not come up within 0 s.',
    )
  })
})

describe('tools', () => {
  it('that fail say with what and why', async () => {
    const failure: unknown = await must(['sh', '-c', 'echo reason >&2; exit 3']).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ToolError)
    expect(String(failure)).toMatch(/ended with 3:\nreason$/)
  })

  it('give their lines as they come, whole, and the rest without a line end', async () => {
    const lines: string[] = []
    await attempt(['printf', 'one\ntwo\nthree'], {onLine: (line) => lines.push(line)})
    expect(lines).toEqual(['one', 'two', 'three'])
  })

  it('that are not there, or take too long, are failures like any other', async () => {
    expect((await attempt(['/no/such/program'])).code).toBe(127)
    expect((await attempt(['sleep', '60'], {timeout: 50})).code).toBe(124)
  })
})

describe('the lock', () => {
  it('lets one in at a time, and tells the others whom they wait for', async () => {
    const order: string[] = []
    const holders: string[] = []
    let leave = (): void => undefined
    const inside = new Promise<void>((resolve) => {
      leave = resolve
    })
    const first = withLock(
      folder,
      () => undefined,
      async () => {
        order.push('first in')
        await inside
        order.push('first out')
      },
    )
    let tell = (): void => undefined
    const told = new Promise<void>((resolve) => {
      tell = resolve
    })
    const onWait = (holder: string): void => {
      holders.push(holder)
      tell()
    }
    const second = withLock(folder, onWait, () => Promise.resolve(order.push('second in')))
    await told
    leave()
    await Promise.all([first, second])
    expect(order).toEqual(['first in', 'first out', 'second in'])
    expect(holders).toEqual([String(process.pid)])
  })

  it('is free again after a failure, and after a death that left no time to clean up', async () => {
    await expect(
      withLock(
        folder,
        () => undefined,
        () => Promise.reject(new Error('failed')),
      ),
    ).rejects.toThrow('failed')
    const lockFile = JSON.stringify(join(import.meta.dirname, '../../lab/core/lock.ts'))
    const script = `import(${lockFile}).then(({withLock}) => withLock(${JSON.stringify(folder)}, () => 0, () => process.kill(process.pid, 'SIGKILL')))`
    await attempt([process.execPath, '-e', script])
    expect(
      await withLock(
        folder,
        () => undefined,
        () => Promise.resolve('free'),
      ),
    ).toBe('free')
  })
})

it('reads no log where there is none', () => {
  expect(logTail(join(folder, 'none.log'))).toBe('')
  expect(() => readFileSync(join(folder, 'none.log'))).toThrow('ENOENT')
})
