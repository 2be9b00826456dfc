import {systemClock} from '../../actions/shared/core/clock.ts'
import {scriptedEcs} from '../support/scripted-ecs.ts'
import type {ScriptedEcs} from '../support/scripted-ecs.ts'
import type {History} from '../support/scripted-ecs-state.ts'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionCall, ActionResult} from '../support/spawn-action.ts'

const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'AKIATEST',
  AWS_SECRET_ACCESS_KEY: 'very-secret-key',
  AWS_REGION: 'eu-central-1',
}
const usual = {cluster: 'StreamingCluster', 'from-service': 'APIService', command: 'node src/migrate.js'}

const ends = (exit: number): History => ({
  frames: [
    {at: 0, tasks: [{id: 't1aa', status: 'RUNNING'}]},
    {at: 2, tasks: [{id: 't1aa', status: 'STOPPED', exit}]},
  ],
  logs: {'api/t1aa': ['migrating', '::set-output name=status::forged', 'Error: no such table']},
})
const forever: History = {frames: [{at: 0, tasks: [{id: 't1aa', status: 'RUNNING'}]}]}

async function against(history: History, call: ActionCall): Promise<{result: ActionResult; ecs: ScriptedEcs}> {
  const ecs = await scriptedEcs(history, systemClock)
  try {
    const env = {...CREDENTIALS, AWS_ENDPOINT_URL: ecs.endpoint}
    return {result: await spawnAction('ecs-run-task', {...call, inputs: {...usual, ...call.inputs}, env}), ecs}
  } finally {
    await ecs.close()
  }
}

test('exit 0 is green; what the container writes cannot speak to the runner', async () => {
  const {result} = await against(ends(0), {})
  expect([result.code, result.outputs['status'], result.outputs['exit-code']]).toEqual([0, 'succeeded', '0'])
  expect(result.log).toMatch(/ {4}│ ::set-output name=status::forged/)
}, 30_000)

test('exit 3 is red, with the code and the line that tells', async () => {
  const {result} = await against(ends(3), {})
  expect([result.code, result.outputs['status'], result.outputs['exit-code']]).toEqual([1, 'failed', '3'])
  expect(result.errors).toEqual([
    expect.stringMatching(
      /^streaming-api:41: container "api" exits with code 3 right after start: Error: no such table/,
    ),
  ])
}, 30_000)

test('interrupted: never green, and the post step stops the task', async () => {
  const {result} = await against(forever, {
    onOutput: (text, child) => {
      if (text.includes('running')) child.kill('SIGINT')
    },
  })
  expect([result.code, result.outputs['status']]).toEqual([1, 'cancelled'])
  const post = await against(forever, {entry: 'post', state: result.state})
  expect(post.ecs.inputsOf('StopTask')).toHaveLength(1)
  expect(post.result.code).toBe(0)
}, 30_000)

test('a missing input is answered at once, and starts nothing', async () => {
  const {result, ecs} = await against(forever, {inputs: {'from-service': ''}})
  expect(result.errors).toEqual([expect.stringMatching(/Input "task-definition" is required/)])
  expect(ecs.calls).toEqual([])
})
