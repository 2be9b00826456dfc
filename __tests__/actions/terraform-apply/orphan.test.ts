import {waitForOrphan} from '../../../actions/terraform-apply/src/orphan.ts'
import {fakeClock, fakeWorld} from '../../support/world.ts'

const state = JSON.stringify({pid: 4711, file: '/tmp/plan.tfplan'})

describe('an apply whose action was killed', () => {
  test('is waited for, and told of while that takes long', async () => {
    const clock = fakeClock()
    const world = fakeWorld({clock, env: {STATE_process: state}})
    let runs = true
    clock.at(45_000, () => (runs = false))
    expect(await waitForOrphan(world, () => runs)).toBe('ended')
    expect(world.logged().match(/its apply goes on \(process 4711\): waited .*/g)).toEqual([
      expect.stringContaining('waited 0 s'),
      expect.stringContaining('waited 30 s'),
    ])
  })

  test('is left to itself after ten minutes', async () => {
    const clock = fakeClock()
    const started = clock.now()
    const world = fakeWorld({clock, env: {STATE_process: state}})
    expect(await waitForOrphan(world, () => true)).toBe('running')
    expect(clock.now() - started).toBe(600_000)
  })

  test.each([[''], ['not JSON'], [state]])('is gone where there is no such process: %j', async (text) => {
    const world = fakeWorld({env: {STATE_process: text}})
    expect(await waitForOrphan(world, () => false)).toBe('gone')
  })

  test('is no other process that has its number now', async () => {
    const mine = JSON.stringify({pid: process.pid, file: '/tmp/plan.tfplan'})
    expect(await waitForOrphan(fakeWorld({env: {STATE_process: mine}}))).toBe(
      process.platform === 'linux' ? 'gone' : 'running',
    )
  })
})
