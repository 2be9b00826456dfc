import {judge} from '../../../actions/shared/terraform/push-state.ts'
import type {LostState} from '../../../actions/shared/terraform/push-state.ts'
import {readStateFile, withSerial} from '../../../actions/shared/terraform/state-file.ts'

/** A state with objects of these ids. */
function state(serial: number, ids: readonly string[], lineage = 'ours'): string {
  const resources = ids.map((id) => ({
    mode: 'managed',
    type: 'aws_thing',
    name: id,
    instances: [{attributes: {id}}],
  }))
  return JSON.stringify({version: 4, serial, lineage, resources}, undefined, 2)
}

const lost = (serial: number, ids: readonly string[], before: readonly string[] = ['a']): LostState => ({
  state: state(serial, ids),
  before: state(5, before),
})
const onto = (there: string, given: LostState): unknown => judge(given, readStateFile(there))

test('it goes onto the state it came out of, onto what its own apply had written half way, and onto nothing', () => {
  expect(onto(state(5, ['a']), lost(6, ['a', 'b']))).toBe('push')
  expect(onto(state(6, ['a', 'b']), lost(8, ['b', 'c']))).toBe('push')
  expect(judge(lost(6, ['a']), undefined)).toBe('push')
})

test('what another run made meanwhile would have been lost under a state that was some serials ahead', () => {
  expect(onto(state(6, ['a', 'theirs']), lost(8, ['a', 'b']))).toEqual({
    kind: 'moved',
    there: 'serial 6',
    onlyThere: ['aws_thing.theirs (theirs)'],
    onlyLost: ['aws_thing.b (b)'],
  })
})

test('a state with a higher or the same serial is never written over; one that holds everything needs nothing', () => {
  expect(onto(state(6, ['a', 'b']), lost(6, ['a', 'b']))).toEqual({kind: 'there'})
  expect(onto(state(9, ['a', 'b', 'more']), lost(6, ['a', 'b']))).toEqual({kind: 'there'})
  expect(onto(state(6, ['a']), lost(6, ['a', 'b']))).toMatchObject({kind: 'moved', onlyLost: ['aws_thing.b (b)']})
})

test('a state of another lineage is another state, whatever its serial', () => {
  expect(onto(state(1, [], 'theirs'), lost(6, ['a']))).toMatchObject({kind: 'moved', there: 'serial 1'})
  expect(onto(state(1, ['b'], 'theirs'), lost(6, []))).toMatchObject({kind: 'moved'})
})

test('a first state that was written already is no other one, although the tool gave it a lineage of its own', () => {
  expect(onto(state(1, ['a', 'b'], 'pushed'), lost(1, ['a', 'b'], []))).toEqual({kind: 'there'})
  expect(onto(state(1, ['a'], 'pushed'), lost(1, ['a', 'b'], []))).toMatchObject({kind: 'moved'})
})

test('a state with another serial is otherwise the same text: numbers are not read and written again', () => {
  const text = '{"version": 4, "serial": 8, "resources": [{"serial": 8, "big": 12345678901234567890}]}'
  expect(withSerial(text, 6)).toBe(text.replace('"serial": 8', '"serial": 6'))
})

test('where there is no state the tool shows one without a lineage', () => {
  expect(readStateFile('{"version": 4, "serial": 0, "lineage": "", "resources": []}')).toBeUndefined()
  expect(readStateFile('')).toBeUndefined()
})
