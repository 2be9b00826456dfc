import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {rescueState} from '../../../actions/shared/terraform/rescue-state.ts'
import type {StateKeeper} from '../../../actions/shared/terraform/rescue-state.ts'
import type {Session} from '../../../actions/shared/terraform/session.ts'
import {leftAdvice} from '../../../actions/shared/terraform/state-left.ts'
import {fakeClock, fakeWorld} from '../../support/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-rescue-'))
const left = join(folder, 'errored.tfstate')
beforeEach(() => {
  writeFileSync(left, '{"version": 4, "serial": 1, "lineage": "l", "resources": []}')
})
afterAll(() => {
  rmSync(folder, {recursive: true, force: true})
})

/** A root whose backend takes the state at the given try; all that is done, in its order. */
function rootWhose(takesAt: number): {
  session: Session
  calls: string[]
  waited: () => number
  keeper: () => Promise<StateKeeper>
} {
  const clock = fakeClock()
  const calls: string[] = []
  const started = clock.now()
  const pushes = (): number => calls.filter((call) => call === 'push').length
  const session = {
    world: fakeWorld({clock, env: {RUNNER_TEMP: folder}}),
    tool: {name: 'terraform'},
    folder,
    root: 'infra',
    save: (_argv: readonly string[], file: string) => {
      writeFileSync(file, takesAt > 0 && pushes() >= takesAt ? readFileSync(left) : '')
      return Promise.resolve({code: 0, stdout: '', stderr: ''})
    },
    call: ([, what = '']: readonly string[]) => {
      calls.push(what)
      return Promise.resolve({code: pushes() === takesAt ? 0 : 1, stdout: '', stderr: ''})
    },
  } as unknown as Session
  const keeper: StateKeeper = {
    keep: () => {
      calls.push('keep')
      return Promise.resolve({place: 's3://plans/x', advice: 're-run'})
    },
    drop: () => {
      calls.push('drop')
      return Promise.resolve()
    },
  }
  return {session, calls, waited: () => clock.now() - started, keeper: () => Promise.resolve(keeper)}
}

test('a state is kept before it is tried again, and let go once it is written, with its file that holds secrets', async () => {
  const {session, calls, keeper} = rootWhose(2)
  expect(await rescueState(session, 'no plan', keeper)).toEqual({kind: 'written'})
  expect(calls).toEqual(['keep', 'push', 'push', 'drop'])
  expect(existsSync(left)).toBe(false)
})

test('a state that no backend takes within half a minute stays kept', async () => {
  const {session, calls, waited, keeper} = rootWhose(0)
  expect(await rescueState(session, 'no plan', keeper)).toMatchObject({kind: 'kept', place: 's3://plans/x'})
  expect([calls, waited()]).toEqual([['keep', 'push', 'push', 'push'], 30_000])
})

test('a state that cannot be kept is left where it lies, and why and the way to write it are said', async () => {
  const {session} = rootWhose(0)
  const rescue = await rescueState(session, 'no plan', () => Promise.reject(new Error('no such bucket')))
  expect(rescue).toEqual({kind: 'left', why: 'no such bucket'})
  expect(existsSync(left)).toBe(true)
  expect(leftAdvice(session, 'no such bucket')).toMatch(/^keep infra\/errored.tfstate before .*: no such bucket$/)
})
