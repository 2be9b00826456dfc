import {scriptedEcs} from '../../__tests__/support/scripted-ecs.ts'
import {OLD_DEFINITION} from '../../__tests__/support/scripted-ecs-answers.ts'
import type {ScriptedEcs} from '../../__tests__/support/scripted-ecs.ts'
import {systemClock} from '../../actions/shared/core/clock.ts'
import type {ActionFile} from '../core/action-file.ts'
import {besides} from '../core/other.ts'
import type {Bench, Case, Sample} from '../core/row.ts'
import {ourAction, runStep} from '../core/step.ts'

const PEER = 'aws-actions/amazon-ecs-deploy-task-definition'
const ONE = ['APIService']
const TEN = Array.from({length: 10}, (_, at) => `S${String(at)}Service`)
const SLOW = {frames: [{at: 0, ours: {pending: 2}, old: {running: 2}}]}

// From the change on for 55 s; what comes after a minute of patience is not watching any more.
function perMinute({calls}: ScriptedEcs): Sample {
  const start = calls.find(({operation}) => operation === 'UpdateService')?.at
  if (start === undefined) throw new Error('The scripted ECS saw no UpdateService.')
  const watching = calls.filter(({operation}) => operation !== 'UpdateService')
  const counted = watching.filter(({at}) => at > start && at <= start + 55_000).length
  return {'API calls': (counted / 55) * 60}
}

async function watch(action: ActionFile, services: readonly string[]): Promise<Sample> {
  const ecs = await scriptedEcs(SLOW, systemClock)
  try {
    const inputs = {
      cluster: 'StreamingCluster',
      service: services.join(','),
      'task-definition': 'task.json',
      'wait-for-service-stability': 'true',
      'wait-for-minutes': '1',
      'environment-variables': 'RUN=1',
    }
    const definition = JSON.stringify(OLD_DEFINITION)
    const env = {
      AWS_ENDPOINT_URL: ecs.endpoint,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIATEST',
      AWS_SECRET_ACCESS_KEY: 'secret',
    }
    await runStep(action, {exits: 1, inputs, env, files: {'task.json': definition}, limit: 200})
    return perMinute(ecs)
  } finally {
    await ecs.close()
  }
}

/** How many calls a minute of watching costs; each run takes that minute, so all runs wait side by side. */
export function watchCalls(bench: Bench): Case[] {
  const runs = 5
  const sideBySide = (action: ActionFile, services: readonly string[]): (() => Promise<Sample>) => {
    let started: Promise<Sample>[] | undefined
    let next = 0
    return () => {
      started ??= Array.from({length: runs}, () => watch(action, services))
      return started[next++ % runs] ?? watch(action, services)
    }
  }
  const ours = ourAction('ecs-deploy')
  const measures: Case['measures'] = [{name: 'API calls', unit: 'per minute', goal: {kind: 'at-most', max: 30}}]
  return [
    {
      name: 'watching a deployment that does not end, 1 service',
      measures,
      ours: sideBySide(ours, ONE),
      other: besides(bench, PEER, (peer) => sideBySide(peer, ONE)),
      runs,
    },
    {
      name: 'watching deployments that do not end, 10 services in one step',
      measures,
      ours: sideBySide(ours, TEN),
      other: {name: PEER, missing: 'it takes one service a step'},
      runs,
    },
  ]
}
