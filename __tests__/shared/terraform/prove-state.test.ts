import {lastWords} from '../../../actions/shared/core/exec.ts'
import {ownLock} from '../../../actions/shared/terraform/free-lock.ts'
import type {Plan} from '../../../actions/shared/terraform/plan.ts'
import {lack} from '../../../actions/shared/terraform/prove-state.ts'
import type {Reported} from '../../../actions/shared/terraform/prove-state.ts'
import {readStateFile} from '../../../actions/shared/terraform/state-file.ts'

const state = (serial: number, id: string, outputs = {}): ReturnType<typeof readStateFile> =>
  readStateFile(
    JSON.stringify({
      version: 4,
      serial,
      lineage: 'l',
      outputs,
      resources: [{mode: 'managed', type: 'aws_thing', name: 'a', instances: [{attributes: {id}}]}],
    }),
  )

function reported(kind: string, action: string, id?: string, size = 1): Reported {
  const values = {before: {size: 1}, after: {size}, afterUnknown: {}, beforeSensitive: {}, afterSensitive: {}}
  const plan = {resources: [{address: 'aws_thing.a', type: 'aws_thing', mode: 'managed', kind, values}]}
  const operation = {address: 'aws_thing.a', action, seconds: 0, failed: false, ...(id !== undefined && {id})}
  return {plan: plan as unknown as Plan, operations: [operation], outputs: new Map()}
}

test('a state that knows what was made, with the same outputs, is the one that was written', () => {
  const said = {...reported('create', 'create', 'i-1'), outputs: new Map<string, unknown>([['url', 'x']])}
  expect(lack(state(1, 'i-1', {url: {value: 'x', type: 'string'}}), undefined, said)).toBeUndefined()
  expect(lack(undefined, undefined, said)).toBe('holds none')
  expect(lack(state(7, 'i-0'), state(6, 'i-0'), said)).toBe('does not know aws_thing.a (i-1)')
  expect(lack(state(7, 'i-1', {url: {value: 'y'}}), undefined, said)).toBe('holds another value of the output "url"')
})

test('a change in place is missed by the serial; what may leave the state as it was is not called lost', () => {
  const before = state(6, 'i-1')
  expect(lack(before, before, reported('update', 'update', undefined, 2))).toBe(
    'still holds the one from before (serial 6)',
  )
  expect(lack(state(7, 'i-1'), before, reported('update', 'update', undefined, 2))).toBeUndefined()
  expect(lack(before, before, reported('update', 'update'))).toBeUndefined()
  expect(lack(before, before, reported('replace', 'create', 'i-1'))).toBeUndefined()
})

const error = (summary: string, detail: string): Parameters<typeof ownLock>[0][0] => ({
  severity: 'error',
  summary,
  detail,
})
const RELEASE = 'Error releasing the state lock'

test('the lock of this run is known from what the tool says of it, and from nothing else', () => {
  const upload =
    'Error saving state: Failed to upload state: POST http://state/s?ID=6c1f-22 giving up after 3 attempt(s)'
  expect(ownLock([error('Failed to save state', upload), error(RELEASE, 'Error message: EOF')])).toBe('6c1f-22')
  const other = 'lock ID "ours" does not match existing lock ("theirs")\nLock Info:\n  ID:        theirs\n'
  expect(ownLock([error(RELEASE, other)])).toBe('ours')
  expect(ownLock([error(RELEASE, 'AccessDenied\nLock Info:\n  ID:        ours\n')])).toBe('ours')
  expect(ownLock([error(RELEASE, 'Error message: Failed to unlock: EOF')])).toBeUndefined()
})

test('"The outputs cannot be read: ╵" said nothing: the frame that a tool draws is none of its words', () => {
  const framed = '\u001b[31m╷\u001b[0m\n\u001b[31m│\u001b[0m Error: no state\n\u001b[31m╵\u001b[0m\n'
  expect(lastWords('terraform', {code: 1, stdout: '', stderr: framed})).toBe('│ Error: no state')
})
