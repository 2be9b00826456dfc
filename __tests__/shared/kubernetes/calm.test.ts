import {Calm} from '../../../actions/shared/kubernetes/watch/calm.ts'
import type {Standing} from '../../../actions/shared/kubernetes/watch/standing.ts'
import type {ClusterView} from '../../../actions/shared/kubernetes/watch/view.ts'

const VIEW = {all: () => []} as unknown as ClusterView

interface Container {
  readonly name?: string
  readonly restartCount?: number
  readonly exit?: number
  /** Where the exit stands: in the state, or in the one before. */
  readonly now?: 'ended' | 'waiting' | 'running'
}

function container({name = 'api', restartCount = 0, exit, now = 'running'}: Container): object {
  const terminated = {exitCode: exit, startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:09Z'}
  const states = {ended: {terminated}, waiting: {waiting: {reason: 'CrashLoopBackOff'}}, running: {running: {}}}
  const lastState = exit === undefined || now === 'ended' ? {} : {terminated}
  return {name, image: 'app', imageID: '', ready: now === 'running', restartCount, state: states[now], lastState}
}

function pod(containers: readonly Container[], {name = 'api-1', status = {}, metadata = {}} = {}): object {
  return {
    metadata: {name, uid: name, namespace: 'default', ...metadata},
    status: {phase: 'Running', containerStatuses: containers.map(container), ...status},
  }
}

function standing(pods: readonly object[], kind = 'Deployment', state: Standing['state'] = 'done'): Standing {
  const object = {apiVersion: 'apps/v1', kind, metadata: {name: 'api'}}
  return {tracked: {object}, object, state, says: '1/1 available', pods, problems: []} as unknown as Standing
}

const states = (standings: readonly Standing[]): string[] => standings.map(({state}) => state)

test('without a time there is no calm to watch', () => {
  const calm = new Calm(0)
  const done = [standing([pod([{}])])]
  expect(calm.judge(done, VIEW, 0)).toBe(done)
  expect(calm.isWatching).toBe(false)
})

test('it begins when all is rolled out, not before, and is over after its time', () => {
  const calm = new Calm(30_000)
  calm.judge([standing([pod([{}])]), standing([], 'Deployment', 'waiting')], VIEW, 1_000)
  expect([calm.isWatching, calm.leftMs(1_000)]).toEqual([false, 30_000])
  const done = [standing([pod([{}])])]
  calm.judge(done, VIEW, 10_000)
  expect([calm.isWatching, calm.leftMs(10_000)]).toEqual([true, 30_000])
  calm.judge(done, VIEW, 25_000)
  expect(calm.leftMs(25_000)).toBe(15_000)
  expect(states(calm.judge(done, VIEW, 40_000))).toEqual(['done'])
  expect(calm.leftMs(40_000)).toBe(0)
})

test.each<Container>([
  {exit: 4, now: 'ended'},
  {exit: 4, now: 'waiting'},
  {exit: 4, restartCount: 1},
])('a container that ends in it has failed, also when it runs again: %j', (after) => {
  const calm = new Calm(30_000)
  calm.judge([standing([pod([{}])])], VIEW, 0)
  const [one] = calm.judge([standing([pod([after])])], VIEW, 9_000)
  expect(one).toMatchObject({
    state: 'failed',
    reason: 'container-exited',
    says: 'after the rollout was complete, container "api" exits with code 4 after 9 s',
    problems: [{pod: 'api-1', container: 'api', reason: 'container-exited'}],
  })
})

test('a restart from before it says nothing', () => {
  const calm = new Calm(30_000)
  const before = [standing([pod([{exit: 1, restartCount: 2}])])]
  calm.judge(before, VIEW, 0)
  expect(states(calm.judge(before, VIEW, 9_000))).toEqual(['done'])
  expect(states(calm.judge([standing([pod([{exit: 1, restartCount: 3}])])], VIEW, 9_000))).toEqual(['failed'])
})

test('a pod that came in it and crashes has failed too', () => {
  const calm = new Calm(30_000)
  calm.judge([standing([pod([{}])])], VIEW, 0)
  const more = pod([{exit: 3, now: 'ended'}], {name: 'api-2'})
  expect(states(calm.judge([standing([pod([{}]), more])], VIEW, 1_000))).toEqual(['failed'])
})

test('what a node, a person or an autoscaler takes away has not crashed, and neither has a Job that ended', () => {
  const ended = [{exit: 137, now: 'ended'}] as const
  const evicted = pod(ended, {status: {phase: 'Failed', reason: 'Evicted'}})
  const deleted = pod(ended, {metadata: {deletionTimestamp: '2026-01-01T00:00:00Z'}})
  for (const after of [standing([evicted]), standing([deleted]), standing([pod(ended)], 'Job')]) {
    const calm = new Calm(30_000)
    calm.judge([standing([pod([{}])], after.object.kind)], VIEW, 0)
    expect(states(calm.judge([after], VIEW, 1_000))).toEqual(['done'])
  }
})

test('a container that has ended already while its workload was still called available has failed, too', () => {
  const calm = new Calm(3_000)
  const ended = [standing([pod([{exit: 3, now: 'ended'}])])]
  calm.judge(ended, VIEW, 0)
  expect(states(calm.judge(ended, VIEW, 500))).toEqual(['failed'])
})
