import {deploy as run} from '../../support/ecs-actions.ts'
import {runAgainst} from '../../support/ecs-run.ts'
import type {History} from '../../support/scripted-ecs-state.ts'

const IMAGE =
  '111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api@sha256:51ab000000000000000000000000000000000000000000000000000000000000'
const usual = {cluster: 'StreamingCluster', service: 'APIService', 'task-definition': 'service', image: IMAGE}
const good: History = {
  revisions: [35, 36, 37, 38, 39, 40, 41],
  frames: [
    {at: 0, ours: {pending: 2}, old: {running: 2}, tasks: [{id: 't36', of: 'other', definition: 'streaming-api:36'}]},
    {at: 6, ours: {running: 2, rollout: 'COMPLETED'}, old: {gone: true}},
  ],
}

const names = (inputs: readonly Readonly<Record<string, unknown>>[]): unknown[] =>
  inputs.map(({taskDefinition}) => String(taskDefinition).split('/').at(-1))

test('keeps the newest, what ran before, and what a task still runs; the oldest go first', async () => {
  const {ecs, failure, world} = await runAgainst(run, good, {...usual, 'keep-revisions': '3'})
  expect(failure).toBeUndefined()
  expect(names(ecs.inputsOf('DeregisterTaskDefinition'))).toEqual([
    'streaming-api:39',
    'streaming-api:38',
    'streaming-api:37',
    'streaming-api:35',
  ])
  expect(world.logged()).toMatch(/deregistered 4 old revisions of streaming-api/)
})

test('not asked for: nothing is deregistered', async () => {
  const {ecs} = await runAgainst(run, good, usual)
  expect(ecs.inputsOf('DeregisterTaskDefinition')).toEqual([])
})

test('a deploy that fails deregisters nothing', async () => {
  const crash: History = {
    revisions: good.revisions ?? [],
    frames: [{at: 0, ours: {failed: 2}, old: {running: 2}, tasks: [{id: 't1', status: 'STOPPED', exit: 127}]}],
  }
  const {ecs, failure} = await runAgainst(run, crash, {...usual, 'keep-revisions': '1'})
  expect(failure?.status).toBe('rolled-back')
  expect(ecs.inputsOf('DeregisterTaskDefinition')).toEqual([])
})

test('not allowed: a warning, and the deploy is green', async () => {
  const denied: History = {
    ...good,
    frames: good.frames?.map((frame) => ({...frame, errors: {ListTaskDefinitions: 'AccessDeniedException'}})) ?? [],
  }
  const {world, failure} = await runAgainst(run, denied, {...usual, 'keep-revisions': '3'})
  expect(failure).toBeUndefined()
  expect(world.annotations.join()).toMatch(
    /warning: Old revisions of streaming-api were not deregistered: .*ListTaskDefinitions/,
  )
})
