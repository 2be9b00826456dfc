import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {rescueAdvice, rescueState} from '../../../actions/shared/terraform/rescue-state.ts'
import type {Session} from '../../../actions/shared/terraform/session.ts'
import {fakeClock, fakeWorld} from '../../support/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-rescue-'))
const left = join(folder, 'errored.tfstate')
afterAll(() => {
  rmSync(folder, {recursive: true, force: true})
})

/** A root whose backend takes the state at the given try. */
function rootWhose(takesAt: number): {session: Session; calls: string[]; waited: () => number} {
  const clock = fakeClock()
  const calls: string[] = []
  const started = clock.now()
  const session = {
    world: fakeWorld({clock}),
    tool: {name: 'terraform'},
    folder,
    root: 'infra',
    call: (argv: readonly string[]) => {
      calls.push(argv.join(' '))
      return Promise.resolve({code: calls.length === takesAt ? 0 : 1, stdout: '', stderr: ''})
    },
  } as unknown as Session
  return {session, calls, waited: () => clock.now() - started}
}

test('a state that was written needs no rescue', async () => {
  const {session, calls} = rootWhose(1)
  expect([await rescueState(session), calls]).toEqual(['not-needed', []])
})

test('a state that the backend takes a moment later is written, and its file with the secrets is gone', async () => {
  writeFileSync(left, '{}')
  const {session, calls} = rootWhose(2)
  expect(await rescueState(session)).toBe('written')
  expect(calls).toEqual(['state push errored.tfstate', 'state push errored.tfstate'])
  expect(existsSync(left)).toBe(false)
})

test('a state that no backend takes within half a minute is left where it lies, and the way to write it is said', async () => {
  writeFileSync(left, '{}')
  const {session, calls, waited} = rootWhose(0)
  expect([await rescueState(session), calls.length, waited()]).toEqual(['left', 3, 30_000])
  expect(existsSync(left)).toBe(true)
  expect(rescueAdvice(session)).toContain('keep infra/errored.tfstate before this runner is gone')
})
