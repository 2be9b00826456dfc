import {readPlan} from '../../../actions/shared/terraform/read-plan.ts'
import {ApplyProgress, operationCount} from '../../../actions/shared/terraform/progress.ts'
import type {UiMessage} from '../../../actions/shared/terraform/ui.ts'
import {fakeWorld} from '../../support/world.ts'

const about = (type: string, address: string, action = 'create', seconds = 0): UiMessage => ({
  type,
  text: '',
  address,
  action,
  seconds,
})

test('what ended is counted, what failed is not done, and the slow ones are named after half a minute of silence', async () => {
  const world = fakeWorld()
  const progress = new ApplyProgress(world.log, world.clock, 12)
  const names = ['a.one', 'a.two', 'a.three', 'a.four']
  for (const name of names) progress.take(about('apply_start', name))
  await world.clock.sleep(10_000)
  progress.take(about('apply_progress', 'a.one'))
  progress.take(about('apply_complete', 'a.one', 'create', 10))
  await world.clock.sleep(31_000)
  progress.take(about('apply_start', 'a.five', 'delete'))
  progress.take(about('apply_progress', 'a.two'))
  progress.take(about('apply_progress', 'a.three'))
  progress.take(about('apply_errored', 'a.two', 'create', 41))
  progress.take({type: 'text', text: 'a provider speaks'})
  progress.take({type: 'planned_change', text: 'not news'})
  expect(world.logged().trimEnd().split('\n')).toEqual([
    '  00:10   1/12  a.one created after 10 s',
    '  00:41  still at work: a.two (create, 41 s), a.three (create, 41 s), a.four (create, 41 s) and 1 more',
    '  00:41   1/12  a.two FAILED after 41 s',
    '  00:41  a provider speaks',
  ])
  expect(progress.running()).toEqual(['a.three', 'a.four', 'a.five'])
})

test.each<[readonly string[], number]>([
  [['create'], 1],
  [['delete', 'create'], 2],
  [['create', 'delete'], 2],
  [['create', 'forget'], 1],
  [['read'], 1],
  [['forget'], 0],
  [['no-op'], 0],
])('%j makes %i operations', (actions, count) => {
  expect(operationCount(readPlan(JSON.stringify({resource_changes: [{address: 'a.b', change: {actions}}]})))).toBe(
    count,
  )
})
